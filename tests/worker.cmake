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
ingle_unit_test(unit/worker/test_hostile USES worker_client SOURCES unit/worker/hostile.c
    support/no_files.c support/process.c support/rounds.c)
ingle_unit_test(unit/worker/test_worker_turn USES worker_client SOURCES unit/worker/asking.c
    unit/worker/peer.c support/process.c)
ingle_unit_test(unit/worker/test_worker_requests USES worker_client SOURCES unit/worker/asking.c
    unit/worker/peer.c)
if(INGLE_SEAL)
    ingle_unit_test(unit/worker/test_crash USES worker_client worker_serve test_fixture
        SOURCES support/rounds.c)
    ingle_unit_test(unit/worker/test_memory USES worker_client worker_serve test_fixture)
endif()
ingle_unit_test(unit/worker/test_quarantine USES worker_client
    SOURCES support/folder.c support/files.c support/process.c support/refusal.c)
# The loader's late binding keeps what is in vector registers, such as a copied text, on the stack.
if(TARGET unit_worker_test_memory)
    target_link_options(unit_worker_test_memory PRIVATE -Wl,-z,now)
endif()
# The same at many more moments, and in many more ways.
foreach(many "crash;1000" "hostile;5000")
    list(GET many 0 name)
    list(GET many 1 n)
    if(TARGET unit_worker_test_${name})
        add_test(NAME unit/worker/${name}-many COMMAND unit_worker_test_${name} ${n} 1000)
        set_tests_properties(unit/worker/${name}-many PROPERTIES LABELS "unit;slow" TIMEOUT 1800)
    endif()
endforeach()
if(INGLE_SEAL)
    foreach(test serve_chat serve_describe serve_numbers serve_prompt serve_slots
            worker_served)
        ingle_unit_test(unit/worker/test_${test} USES worker_client worker_serve engine_api engine_format engine_kern
            SOURCES support/served_model.c support/make_model.c support/gguf_stream.c support/folder.c
            support/refusal.c)
    endforeach()
endif()
ingle_unit_test(unit/worker/test_serve_cancel USES worker_serve engine_format engine_kern m
    SOURCES support/serving.c support/make_model.c support/gguf_stream.c)
ingle_unit_test(unit/worker/test_serve_many USES worker_serve engine_format engine_kern m
    SOURCES support/many.c support/serving.c support/make_model.c support/gguf_stream.c)
ingle_unit_test(unit/worker/test_serve_service USES worker_serve engine_format engine_kern m
    SOURCES support/many.c support/serving.c support/make_model.c support/gguf_stream.c)
foreach(test cancel many service)
    if(TARGET unit_worker_test_serve_${test})
        target_link_options(unit_worker_test_serve_${test} PRIVATE -Wl,--wrap=_exit)
    endif()
endforeach()
ingle_unit_test(unit/worker/test_chat_messages USES worker_wire)
ingle_unit_test(unit/worker/test_task_messages USES worker_wire
    SOURCES unit/worker/task_message_cases.c)
ingle_unit_test(unit/worker/test_serve_tasks USES worker_client worker_serve)
