# Everyday tasks.
ingle_unit_test(unit/task/test_ask USES task test_fixture test_vocab_file
    SOURCES support/chat_model.c)
ingle_unit_test(unit/task/test_sentences USES task)
ingle_unit_test(unit/task/test_faithful USES task SOURCES unit/task/faithful_cases.c)
ingle_unit_test(unit/task/test_faithful_summaries USES task)
if(TARGET unit_task_test_faithful_summaries)
    target_compile_definitions(unit_task_test_faithful_summaries PRIVATE
        TEST_SHARED="${INGLE_SHARED_DIR}")
endif()
ingle_unit_test(unit/task/test_complete_end USES task)
ingle_unit_test(unit/task/test_complete_budget USES task)
ingle_unit_test(unit/task/test_complete_prompt USES task test_fixture)
ingle_unit_test(unit/task/test_complete USES task test_fixture)
ingle_unit_test(unit/task/test_fill_prompt USES task test_fixture SOURCES support/refusal.c)
if(EXISTS ${INGLE_SHARED_DIR}/models/vocab AND CMOCKA_FOUND)
    target_compile_definitions(unit_task_test_complete_prompt PRIVATE
        VOCABS="${INGLE_SHARED_DIR}/models/vocab")
endif()
ingle_unit_test(unit/task/test_extract USES task engine_pack engine_format)
foreach(kind document html markdown mail)
    ingle_unit_test(unit/task/document/test_${kind} USES task
        SOURCES unit/task/document/cases.c)
endforeach()
ingle_unit_test(unit/task/test_label_trie USES task test_fixture)
ingle_unit_test(unit/task/test_word_diff USES task)
ingle_unit_test(unit/task/test_rewrite USES task test_fixture test_vocab_file
    SOURCES support/chat_model.c support/golden.c)
if(TARGET unit_task_test_rewrite)
    target_compile_definitions(unit_task_test_rewrite PRIVATE TEST_SOURCE="${CMAKE_SOURCE_DIR}"
        TEST_SHARED="${INGLE_SHARED_DIR}" TEST_GOLDEN="${CMAKE_CURRENT_SOURCE_DIR}/golden/task")
endif()
ingle_unit_test(unit/task/test_draft USES task test_fixture test_vocab_file
    SOURCES support/chat_model.c support/golden.c)
if(TARGET unit_task_test_draft)
    target_compile_definitions(unit_task_test_draft PRIVATE
        TEST_GOLDEN="${CMAKE_CURRENT_SOURCE_DIR}/golden/task")
endif()
ingle_unit_test(unit/task/test_intent USES task test_fixture test_vocab_file SOURCES support/chat_model.c)
ingle_unit_test(unit/task/test_secrets USES task SOURCES unit/task/secret_cases.c)
ingle_unit_test(unit/task/test_digest USES task test_fixture test_vocab_file
    SOURCES support/chat_model.c)
ingle_unit_test(unit/task/test_digest_rules USES task)
ingle_unit_test(unit/task/test_summarize_plan USES task)
ingle_unit_test(unit/task/test_summarize USES task test_fixture test_vocab_file
    SOURCES support/chat_model.c support/files.c)
if(TARGET unit_task_test_summarize)
    target_compile_definitions(unit_task_test_summarize PRIVATE
        TEST_GOLDEN="${CMAKE_CURRENT_SOURCE_DIR}/golden/summarize.txt")
endif()
ingle_unit_test(unit/task/test_intent_packs USES task learn engine_api m
    SOURCES support/torture.c support/process.c support/refusal.c)
ingle_unit_test(unit/task/test_digest_ask USES task test_fixture test_vocab_file
    SOURCES support/chat_model.c)
if(TARGET unit_task_test_digest_ask)
    target_link_options(unit_task_test_digest_ask PRIVATE -Wl,--wrap=ask_model)
endif()
ingle_unit_test(unit/task/test_opens_nothing USES task builtin test_fixture test_vocab_file
    SOURCES support/chat_model.c support/no_files.c)
if(TARGET unit_task_test_opens_nothing)
    set_tests_properties(unit/task/opens_nothing PROPERTIES SKIP_RETURN_CODE 77)
endif()
