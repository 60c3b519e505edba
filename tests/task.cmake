# Everyday tasks.
ingle_unit_test(unit/task/test_ask USES task test_fixture test_vocab_file
    SOURCES support/chat_model.c)
ingle_unit_test(unit/task/test_sentences USES task)
ingle_unit_test(unit/task/test_faithful USES task SOURCES unit/task/faithful_cases.c)
