ingle_unit_test(unit/format/test_gguf USES engine_format
    SOURCES support/folder.c support/gguf_writer.c support/process.c)
ingle_unit_test(unit/format/test_name_index USES engine_format)
ingle_unit_test(unit/format/test_split USES engine_format
    SOURCES support/folder.c support/gguf_writer.c)
ingle_unit_test(unit/format/test_gguf_write USES engine_format SOURCES support/refusal.c)
