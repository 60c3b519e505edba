# Training on this machine.
ingle_unit_test(unit/learn/test_learn USES learn SOURCES support/refusal.c)
ingle_unit_test(unit/learn/test_matmul USES learn m)
ingle_unit_test(unit/learn/test_nn USES learn m SOURCES support/gradient.c)
ingle_unit_test(unit/learn/test_transformer USES learn m
    SOURCES support/gradient.c support/refusal.c TIMEOUT 600)
ingle_unit_test(unit/learn/test_encoder USES learn engine_api m SOURCES support/refusal.c
    support/torture.c support/process.c)
ingle_unit_test(unit/learn/test_text_run USES learn engine_api m
    SOURCES support/files.c support/folder.c support/made_language.c support/refusal.c TIMEOUT 600)
ingle_unit_test(unit/learn/test_bpe_learn USES learn)
ingle_unit_test(unit/learn/test_text_data USES learn SOURCES support/refusal.c)
ingle_unit_test(unit/learn/test_examples USES learn
    SOURCES support/refusal.c support/torture.c support/process.c)
ingle_unit_test(unit/learn/test_intents USES learn engine_api m
    SOURCES support/refusal.c support/torture.c support/process.c)
ingle_unit_test(unit/learn/test_tagger USES learn m SOURCES support/refusal.c support/torture.c
    support/process.c)
