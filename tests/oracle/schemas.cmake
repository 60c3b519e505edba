# The schema compiler beside the public test suite, and beside other validators.
add_test(NAME oracle/fetch-json-schema
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/oracle/fetch_json_schema ${oracle_dir})
set_tests_properties(oracle/fetch-json-schema PROPERTIES
    FIXTURES_SETUP json-schema SKIP_RETURN_CODE 77 TIMEOUT 1800 LABELS oracle)

foreach(program schema_suite schema_random)
    add_executable(oracle_${program} oracle/${program}.c unit/constraint/shape_judge.c)
    target_include_directories(oracle_${program} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(oracle_${program} PRIVATE engine_constraint)
endforeach()
target_sources(oracle_schema_suite PRIVATE oracle/json_write.c)

# schema_test(NAME COMMAND...)
function(schema_test name)
    add_test(NAME oracle/${name} COMMAND ${ARGN})
    set_tests_properties(oracle/${name} PROPERTIES
        FIXTURES_REQUIRED json-schema TIMEOUT 1200 LABELS oracle)
endfunction()

schema_test(json-schema oracle_schema_suite ${oracle_dir} draft2020-12 92)
schema_test(json-schema-optional oracle_schema_suite ${oracle_dir} draft2020-12/optional 95)
schema_test(json-schema-2019 oracle_schema_suite ${oracle_dir} draft2019-09 90)
schema_test(json-schema-random ${CMAKE_CURRENT_SOURCE_DIR}/oracle/compare_schemas
    $<TARGET_FILE:oracle_schema_random> ${oracle_dir} 1 6000 16 80000)
