# The process that reads models, and what speaks to it.
ingle_unit_test(unit/worker/test_model_files USES worker_client
    SOURCES support/files.c support/folder.c support/no_files.c support/process.c support/refusal.c)
# Front and worker: the protocol, and what becomes of each when the other dies, hangs or lies.
ingle_unit_test(unit/worker/test_ring USES worker_wire
    SOURCES support/refusal.c support/process.c)
ingle_unit_test(unit/worker/test_link USES worker_wire
    SOURCES support/link_pair.c support/refusal.c)
ingle_unit_test(unit/worker/test_wire USES worker_wire SOURCES support/refusal.c)
ingle_unit_test(unit/worker/test_life USES worker_client)
ingle_unit_test(unit/worker/test_messages USES worker_wire
    SOURCES support/messages.c support/refusal.c)
