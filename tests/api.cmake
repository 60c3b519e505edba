# The public functions, argument by argument.
ingle_unit_test(unit/api/test_constraint USES test_fixture)
ingle_unit_test(unit/api/test_group USES test_fixture)
ingle_unit_test(unit/api/test_options USES test_fixture)
ingle_unit_test(unit/api/test_chat_guards USES test_fixture)
ingle_unit_test(unit/api/test_model USES test_fixture)
ingle_unit_test(unit/api/test_model_files USES test_fixture SOURCES support/files.c)
if(TARGET unit_api_test_model_files)
    target_link_options(unit_api_test_model_files PRIVATE -Wl,--wrap=clock_date_ns)
endif()
ingle_unit_test(unit/api/test_tokenizer USES test_fixture)
ingle_unit_test(unit/api/test_sampling USES test_fixture)
ingle_unit_test(unit/api/test_session USES test_fixture)
ingle_unit_test(unit/api/test_file USES test_fixture)
ingle_unit_test(unit/api/test_template USES test_fixture SOURCES fuzz/tiny_vocab.c)
ingle_unit_test(unit/api/test_tune USES test_fixture SOURCES support/process.c)
ingle_unit_test(unit/api/test_prefix_cache USES test_fixture)
ingle_unit_test(unit/api/test_chat USES test_fixture test_vocab_file
    SOURCES support/chat_model.c)
ingle_unit_test(unit/api/test_chat_reply USES test_fixture test_vocab_file
    SOURCES support/chat_model.c TIMEOUT 300)
if(EXISTS ${INGLE_SHARED_DIR}/data/templates AND CMOCKA_FOUND)
    ingle_unit_test(unit/api/test_chat_published USES test_fixture test_vocab_file
        SOURCES support/chat_model.c)
    target_compile_definitions(unit_api_test_chat_published PRIVATE
        TEMPLATES="${INGLE_SHARED_DIR}/data/templates")
endif()
