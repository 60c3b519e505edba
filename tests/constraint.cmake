ingle_unit_test(unit/constraint/test_dfa USES engine_constraint)
ingle_unit_test(unit/constraint/test_dfa_regex USES engine_constraint)
