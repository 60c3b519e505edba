ingle_unit_test(unit/cpu/test_topology USES engine_cpu)
ingle_unit_test(unit/cpu/test_tier USES engine_cpu)
