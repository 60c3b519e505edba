# Packs: classifiers, taggers and encoders.
ingle_unit_test(unit/pack/test_pack USES engine_api SOURCES support/refusal.c)
