# The process that reads models, and what speaks to it.
ingle_unit_test(unit/worker/test_model_files USES worker_client
    SOURCES support/files.c support/folder.c support/no_files.c support/process.c support/refusal.c)
