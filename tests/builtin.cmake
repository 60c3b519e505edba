# The models that are part of the program.
ingle_unit_test(unit/builtin/test_builtin USES builtin engine_api)
