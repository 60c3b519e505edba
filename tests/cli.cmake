# The command, as a person or a script uses it: cli/NAME.sh is the test cli/NAME. They run on tiny
# models that a fixture writes; a machine that cannot run the binary itself (a cross build) has only
# emulated.cmake's.
add_executable(cli_make_models cli/make_models.c support/make_model.c support/gguf_stream.c
    support/gguf_writer.c support/split_model.c)
target_include_directories(cli_make_models PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(cli_make_models PRIVATE engine_format engine_kern base m)
set(cli_models ${CMAKE_CURRENT_BINARY_DIR}/cli_models)
file(MAKE_DIRECTORY ${cli_models})
add_test(NAME cli/models COMMAND cli_make_models ${cli_models})
set_tests_properties(cli/models PROPERTIES LABELS cli TIMEOUT 300 FIXTURES_SETUP cli_models)
if(CMAKE_CROSSCOMPILING)
    return()
endif()

ingle_unit_test(unit/cli/test_options USES cli)
ingle_unit_test(unit/cli/test_json USES cli)
ingle_unit_test(unit/cli/test_reader USES cli SOURCES support/refusal.c)
ingle_unit_test(unit/cli/test_chat_view USES cli)
ingle_unit_test(unit/cli/test_chat_messages USES cli SOURCES support/refusal.c)
ingle_unit_test(unit/cli/test_chat_record USES cli SOURCES support/refusal.c)
ingle_unit_test(unit/cli/test_notify_store USES cli)
ingle_unit_test(unit/cli/test_diff_view USES cli)
ingle_unit_test(unit/cli/test_doctor USES cli SOURCES support/folder.c support/machine.c)
ingle_unit_test(unit/cli/test_intent_labels USES cli)
ingle_unit_test(unit/cli/test_ignore_file USES cli SOURCES support/folder.c support/files.c)
# A test in the place of the worker.
set(lying support/lying.c support/folder.c support/files.c)
ingle_unit_test(unit/cli/test_lying_worker USES cli SOURCES ${lying}
    unit/worker/task_message_cases.c)
ingle_unit_test(unit/cli/test_lying_model USES cli SOURCES ${lying} support/messages.c)
foreach(test lying_worker lying_model)
    if(TARGET unit_cli_test_${test})
        foreach(call worker_new worker_free worker_do worker_started worker_tell_cache
                worker_is_dead worker_peak_memory worker_forget_cancel seal_front)
            target_link_options(unit_cli_test_${test} PRIVATE -Wl,--wrap=${call})
        endforeach()
    endif()
endforeach()

if(INGLE_EDIT)
    set(edited chat_terminal)
endif()
if(INGLE_SEAL)
    set(unsealed unsealed)
endif()
if(INGLE_DBUS)
    set(watched notify_watch)
endif()
set(patience 900)
if(instrumented)
    set(patience 1800)
endif()
foreach(script usage crash cpu tokens template logits bench show run constrain stories cache remember
        output terminal interrupt badinput chat
        complete
        intent_labels
        intent
        summarize
        draft
        rewrite
        notify
        learn_encoder
        learn_text
        redact
        builtin
        vault
        keep
        prove
        audit
        config
        doctor
        in_place
        ${unsealed}
        ${edited}
        ${watched}
        )
    add_test(NAME cli/${script} COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/cli/${script}.sh)
    set_tests_properties(cli/${script} PROPERTIES LABELS cli TIMEOUT ${patience} SKIP_RETURN_CODE 77
        FIXTURES_REQUIRED cli_models ENVIRONMENT
        "INGLE=$<TARGET_FILE:ingle>;MODELS=${cli_models};SHARED=${INGLE_SHARED_DIR};SANITIZED=${instrumented}")
endforeach()

set_tests_properties(cli/prove PROPERTIES TIMEOUT 1800) # some 20,000 processes

if(NOT instrumented)
    add_test(NAME cli/eval COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/cli/eval.sh)
    set_tests_properties(cli/eval PROPERTIES LABELS "cli;slow" TIMEOUT 900 SKIP_RETURN_CODE 77
        RUN_SERIAL ON ENVIRONMENT
        "INGLE=$<TARGET_FILE:ingle>;MODELS=${cli_models};SHARED=${INGLE_SHARED_DIR}")
endif()
