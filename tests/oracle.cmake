# Comparisons with other people's software (label oracle): a prebuilt llama.cpp that oracle/fetch
# downloads through npm into the build folder, once. Several build folders may share one download:
# INGLE_ORACLE_DIR in the environment. Without npm they are skipped, unless INGLE_REQUIRE_ORACLE=1.
if(CMAKE_CROSSCOMPILING OR INGLE_SANITIZE OR INGLE_COVERAGE)
    return()
endif()

set(oracle_dir ${CMAKE_BINARY_DIR}/oracle)
add_test(NAME oracle/fetch COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/oracle/fetch ${oracle_dir})
set_tests_properties(oracle/fetch PROPERTIES
    FIXTURES_SETUP oracle SKIP_RETURN_CODE 77 TIMEOUT 1800 LABELS oracle)

add_library(oracle_support STATIC
    oracle/ask.c oracle/cases.c oracle/measure.c support/gguf_stream.c support/make_model.c)
target_include_directories(oracle_support PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(oracle_support PUBLIC engine_api engine_kern base m)

# oracle_test(NAME PROGRAM ARGUMENT...): a run of oracle/PROGRAM.c as the test oracle/NAME.
function(oracle_test name program)
    if(NOT TARGET oracle_${program})
        add_executable(oracle_${program} oracle/${program}.c)
        target_link_libraries(oracle_${program} PRIVATE oracle_support)
    endif()
    add_test(NAME oracle/${name} COMMAND oracle_${program} ${ARGN})
    # llama.cpp's threads wait by spinning: beside other tests it would take ten times as long.
    set_tests_properties(oracle/${name} PROPERTIES PROCESSORS 2
        FIXTURES_REQUIRED oracle SKIP_RETURN_CODE 77 TIMEOUT 3000 LABELS oracle)
endfunction()

oracle_test(blocks compare_blocks ${oracle_dir})
oracle_test(float compare_models float ${oracle_dir})
oracle_test(greedy compare_models greedy ${oracle_dir})
oracle_test(vectors compare_models vectors ${oracle_dir})
oracle_test(quantised compare_models quantised ${oracle_dir})
oracle_test(story compare_story ${oracle_dir} ${INGLE_SHARED_DIR}/models/stories260K.gguf)
oracle_test(trained compare_trained ${oracle_dir})
target_link_libraries(oracle_compare_trained PRIVATE learn)
target_sources(oracle_compare_trained PRIVATE support/made_language.c)
oracle_test(grammar compare_grammar ${oracle_dir} ${INGLE_SHARED_DIR})
target_link_libraries(oracle_compare_grammar PRIVATE engine_constraint)
oracle_test(regex compare_regex ${CMAKE_CURRENT_SOURCE_DIR}/oracle/regex.js)
target_link_libraries(oracle_compare_regex PRIVATE engine_constraint)
if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/oracle/tokens.cmake)
    include(oracle/tokens.cmake)
endif()
if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/oracle/schemas.cmake)
    include(oracle/schemas.cmake)
endif()
if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/oracle/constrained.cmake)
    include(oracle/constrained.cmake)
endif()
if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/oracle/templates.cmake)
    include(oracle/templates.cmake)
endif()
