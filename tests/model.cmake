ingle_unit_test(unit/model/test_rope USES engine_model)
