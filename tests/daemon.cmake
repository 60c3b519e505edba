# The local service.
ingle_unit_test(unit/daemon/test_activation USES daemon SOURCES support/folder.c)
# Debian's libevent is not instrumented: msan takes what it writes for never written.
set(runs_service FALSE)
if(INGLE_SERVE AND NOT CMAKE_CROSSCOMPILING AND NOT INGLE_SANITIZE STREQUAL "memory")
    set(runs_service TRUE)
endif()

if(INGLE_SERVE)
    ingle_unit_test(unit/daemon/api/test_response_store USES daemon_api)
    ingle_unit_test(unit/daemon/api/test_talk USES daemon_api)
    ingle_unit_test(unit/daemon/api/test_field USES daemon_api)
    ingle_unit_test(unit/daemon/api/test_access USES daemon_api)
    ingle_unit_test(unit/daemon/api/test_turn USES daemon_api)
    if(TARGET unit_daemon_api_test_turn)
        target_link_options(unit_daemon_api_test_turn PRIVATE -Wl,--wrap=service_find_model
            -Wl,--wrap=service_ask -Wl,--wrap=http_exchange_watch)
    endif()
    ingle_unit_test(unit/daemon/own/test_own_base64 USES daemon_own)
    ingle_unit_test(unit/daemon/own/test_own_sources USES daemon_own)
    ingle_unit_test(unit/daemon/service/test_pick USES daemon_service)
    ingle_unit_test(unit/daemon/service/test_service USES daemon_service event
        SOURCES unit/worker/peer.c support/files.c support/folder.c)
endif()

# The units of systemd: their words, what they leave open, and the one that is installed at work.
if(NOT CMAKE_CROSSCOMPILING AND NOT INGLE_SANITIZE)
    add_test(NAME systemd/units COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/cli/systemd.sh)
    set_tests_properties(systemd/units PROPERTIES LABELS cli TIMEOUT 300 SKIP_RETURN_CODE 77
        ENVIRONMENT "INGLE=$<TARGET_FILE:ingle>;UNITS=${CMAKE_SOURCE_DIR}/systemd;MODELS=;SHARED=")
endif()

if(INGLE_SERVE)
    ingle_unit_test(unit/daemon/llamacpp/test_llamacpp_cut USES daemon_llamacpp)
    ingle_unit_test(unit/daemon/llamacpp/test_llamacpp_sampling USES daemon_llamacpp task engine_api)
endif()

# The HTTP core with handlers that need no model, and what is sent to it.
if(INGLE_SERVE)
    foreach(part head body gate)
        ingle_unit_test(unit/daemon/http/test_http_${part} USES daemon_http)
    endforeach()
    ingle_unit_test(unit/daemon/http/test_http_server USES daemon_http event
        SOURCES support/process.c support/refusal.c)
    add_executable(echo_server daemon/http/echo_server.c)
    target_link_libraries(echo_server PRIVATE daemon_http event OpenSSL::SSL)
    find_program(INGLE_NODE node)
    # daemon/http-NAME: http/SCRIPT.js, with arguments.
    function(ingle_http_test name script label)
        add_test(NAME daemon/http-${name} COMMAND ${INGLE_NODE}
            ${CMAKE_CURRENT_SOURCE_DIR}/daemon/http/${script}.js $<TARGET_FILE:echo_server> ${ARGN})
        set_tests_properties(daemon/http-${name} PROPERTIES LABELS "${label}" TIMEOUT 900)
        if(INGLE_SANITIZE)
            set_tests_properties(daemon/http-${name} PROPERTIES ENVIRONMENT INGLE_SANITIZED=1)
        endif()
    endfunction()
    if(INGLE_NODE AND runs_service)
        ingle_http_test(strict strict daemon)
        ingle_http_test(life life daemon)
        ingle_http_test(browser browser daemon)
        ingle_http_test(hostile hostile daemon 100 300 3)
        ingle_http_test(hostile-many hostile "daemon;slow" 1000 10000 10)
    endif()
endif()

# Real clients, from npm: daemon/NAME.mjs is the test daemon/NAME, with a service of its own.
if(runs_service)
    set(clients_dir ${CMAKE_BINARY_DIR}/oracle)
    add_test(NAME daemon/fetch COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/daemon/fetch ${clients_dir})
    set_tests_properties(daemon/fetch PROPERTIES
        FIXTURES_SETUP clients SKIP_RETURN_CODE 77 TIMEOUT 1800 LABELS daemon)
    foreach(client
            ai_anthropic
            anthropic
            confine
            llamacpp
            editors_ollama
            langchain_ollama
            ollama
            openai
            openai_edges
            ai_openai
            langchain_openai
            queue
            faults
            page
            page_chat
            page_looks
            page_tasks
            serve
            rebinding
            responses
            tasks
            )
        add_test(NAME daemon/${client} COMMAND node ${CMAKE_CURRENT_SOURCE_DIR}/daemon/${client}.mjs)
        set_tests_properties(daemon/${client} PROPERTIES LABELS daemon TIMEOUT 900
            FIXTURES_REQUIRED "clients;cli_models" SKIP_RETURN_CODE 77 ENVIRONMENT
            "INGLE=$<TARGET_FILE:ingle>;MODELS=${CMAKE_CURRENT_BINARY_DIR}/cli_models;SHARED=${INGLE_SHARED_DIR};CLIENTS=${clients_dir}/clients")
    endforeach()
    # What means no good, and for how long; with "slow" for longer.
    foreach(attack
            bombs
            crash
            cut
            numbers
            soak
            )
        foreach(kind "" -many)
            set(name daemon/hostile-${attack}${kind})
            add_test(NAME ${name} COMMAND node ${CMAKE_CURRENT_SOURCE_DIR}/daemon/${attack}.mjs)
            set_tests_properties(${name} PROPERTIES LABELS daemon TIMEOUT 900
                FIXTURES_REQUIRED "clients;cli_models" SKIP_RETURN_CODE 77 ENVIRONMENT
                "INGLE=$<TARGET_FILE:ingle>;MODELS=${CMAKE_CURRENT_BINARY_DIR}/cli_models;SHARED=${INGLE_SHARED_DIR};CLIENTS=${clients_dir}/clients;SANITIZED=${instrumented}")
        endforeach()
        set_property(TEST daemon/hostile-${attack}-many APPEND PROPERTY ENVIRONMENT HOSTILE_LONG=1)
        set_tests_properties(daemon/hostile-${attack}-many PROPERTIES LABELS "daemon;slow" TIMEOUT 1800)
    endforeach()
    # A browser takes longer; what it saw is kept.
    foreach(part page page_chat page_looks page_tasks)
        set_property(TEST daemon/${part} APPEND PROPERTY ENVIRONMENT "SCREENSHOTS=${CMAKE_BINARY_DIR}/screenshots")
        set_tests_properties(daemon/${part} PROPERTIES TIMEOUT 900)
    endforeach()
    if(INGLE_NODE)
        add_test(NAME daemon/page_text COMMAND ${INGLE_NODE} ${CMAKE_CURRENT_SOURCE_DIR}/daemon/page_text.mjs)
        set_tests_properties(daemon/page_text PROPERTIES LABELS daemon TIMEOUT 300)
    endif()
endif()

# Vim from Debian, set up as docs/editors.md says.
if(runs_service)
    add_test(NAME daemon/vim COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/daemon/vim.sh)
    set_tests_properties(daemon/vim PROPERTIES LABELS daemon TIMEOUT 900
        FIXTURES_REQUIRED cli_models SKIP_RETURN_CODE 77 ENVIRONMENT
        "INGLE=$<TARGET_FILE:ingle>;MODELS=${CMAKE_CURRENT_BINARY_DIR}/cli_models;SHARED=;EDITORS=${CMAKE_SOURCE_DIR}/docs/editors.md")
endif()
