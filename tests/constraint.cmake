ingle_unit_test(unit/constraint/test_compose USES engine_constraint)
ingle_unit_test(unit/constraint/test_dfa USES engine_constraint)
ingle_unit_test(unit/constraint/test_dfa_regex USES engine_constraint)
ingle_unit_test(unit/constraint/test_grammar USES engine_constraint)
ingle_unit_test(unit/constraint/test_json_machine USES engine_constraint
    SOURCES unit/constraint/shape_judge.c)
ingle_unit_test(unit/constraint/test_json_machine_random USES engine_constraint
    SOURCES unit/constraint/shape_build.c unit/constraint/shape_judge.c)
ingle_unit_test(unit/constraint/test_json_values USES engine_constraint)
ingle_unit_test(unit/constraint/test_number_lexer USES engine_constraint)
if(TARGET test_vocab_file)
    add_library(test_toy_machine STATIC support/toy_machine.c support/torture.c support/process.c
        support/refusal.c)
    target_link_libraries(test_toy_machine PUBLIC test_vocab_file engine_constraint
        PRIVATE PkgConfig::CMOCKA)
endif()
ingle_unit_test(unit/constraint/test_intern USES engine_constraint)
ingle_unit_test(unit/constraint/test_mask USES test_toy_machine SOURCES support/random_schema.c)
if(TARGET unit_constraint_test_mask)
    target_compile_definitions(unit_constraint_test_mask PRIVATE
        TEST_VOCAB="${INGLE_SHARED_DIR}/models/vocab/ggml-vocab-llama-bpe.gguf")
endif()
ingle_unit_test(unit/constraint/test_trie USES test_toy_machine)

ingle_unit_test(unit/constraint/test_decimal USES engine_constraint)
set(schema_case unit/constraint/schema_case.c unit/constraint/shape_judge.c)
ingle_unit_test(unit/constraint/test_schema USES engine_constraint SOURCES ${schema_case})
ingle_unit_test(unit/constraint/test_schema_refs USES engine_constraint SOURCES ${schema_case})
ingle_unit_test(unit/constraint/test_schema_refusals USES engine_constraint SOURCES ${schema_case})
