# The local service.
ingle_unit_test(unit/daemon/test_activation USES daemon SOURCES support/folder.c)

# The units of systemd: their words, what they leave open, and the one that is installed at work.
if(NOT CMAKE_CROSSCOMPILING AND NOT INGLE_SANITIZE)
    add_test(NAME systemd/units COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/cli/systemd.sh)
    set_tests_properties(systemd/units PROPERTIES LABELS cli TIMEOUT 60 SKIP_RETURN_CODE 77
        ENVIRONMENT "INGLE=$<TARGET_FILE:ingle>;UNITS=${CMAKE_SOURCE_DIR}/systemd;MODELS=;SHARED=")
endif()

# The HTTP core with handlers that need no model, and what is sent to it.
if(INGLE_SERVE)
    add_executable(echo_server daemon/echo_server.c)
    target_link_libraries(echo_server PRIVATE daemon_http event OpenSSL::SSL)
endif()
