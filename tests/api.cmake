ingle_unit_test(unit/cpu/test_topology USES engine_cpu)
