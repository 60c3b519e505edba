# Packs: classifiers, taggers and encoders.
ingle_unit_test(unit/pack/test_pack USES engine_api SOURCES support/refusal.c)
ingle_unit_test(unit/pack/test_encoder USES engine_api m SOURCES support/refusal.c
    support/torture.c support/process.c)
ingle_unit_test(unit/pack/test_tagger USES engine_api m SOURCES support/refusal.c
    support/torture.c support/process.c)
ingle_unit_test(unit/pack/test_classifier USES engine_api m SOURCES support/classifier_pack.c
    support/refusal.c support/torture.c support/process.c)
