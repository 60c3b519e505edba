ingle_unit_test(unit/cpu/test_cgroup USES engine_cpu SOURCES support/folder.c support/machine.c)
ingle_unit_test(unit/cpu/test_slots USES engine_cpu SOURCES support/folder.c support/machine.c)
ingle_unit_test(unit/cpu/test_topology USES engine_cpu SOURCES support/folder.c support/machine.c)
ingle_unit_test(unit/cpu/test_tier USES engine_cpu)
