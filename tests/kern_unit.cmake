# Block formats, packing and activations; the operations themselves are checked by kerncheck.
ingle_unit_test(unit/kern/test_half USES engine_kern m)
ingle_unit_test(unit/kern/test_block USES engine_kern m SOURCES support/blocks.c)
ingle_unit_test(unit/kern/test_dequant USES engine_kern m SOURCES support/blocks.c)
ingle_unit_test(unit/kern/test_pack USES engine_kern m SOURCES support/blocks.c)
ingle_unit_test(unit/kern/test_act USES engine_kern m)
ingle_unit_test(unit/kern/test_quant USES engine_kern m SOURCES support/blocks.c)
