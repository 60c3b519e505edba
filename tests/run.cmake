ingle_unit_test(unit/run/test_stop USES engine_run)
ingle_unit_test(unit/run/test_sampler USES engine_run)
