# The checks of `make check` find what they look for.
if(NOT CMAKE_CROSSCOMPILING AND NOT INGLE_SANITIZE)
    add_test(NAME tools/checks
        COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/tools/checks.sh ${CMAKE_SOURCE_DIR})
    set_tests_properties(tools/checks PROPERTIES LABELS cli TIMEOUT 900)
endif()
