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
ingle_unit_test(unit/task/test_extract USES task)
