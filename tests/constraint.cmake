ingle_unit_test(unit/constraint/test_dfa USES engine_constraint)
