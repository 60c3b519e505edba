# The installed library, used by programs of others (tests/cli/consumer).
if(NOT CMAKE_CROSSCOMPILING AND NOT INGLE_SANITIZE AND NOT INGLE_COVERAGE)
    file(GLOB consumer_model ${INGLE_SHARED_DIR}/models/stories260K.gguf)
    add_test(NAME cli/consumer COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/cli/consumer/run.sh
        ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR} ${consumer_model})
    set_tests_properties(cli/consumer PROPERTIES LABELS cli TIMEOUT 1800)
endif()
