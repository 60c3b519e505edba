# Texts under random schemas, judged by the ajv that oracle/fetch-json-schema brings.
add_executable(oracle_constrained oracle/constrained.c support/random_schema.c)
target_link_libraries(oracle_constrained PRIVATE oracle_support)
function(oracle_constrained name first n)
    add_test(NAME oracle/${name} COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/oracle/validate
        ${oracle_dir} $<TARGET_FILE:oracle_constrained> ${CMAKE_CURRENT_BINARY_DIR} ${first} ${n})
    set_tests_properties(oracle/${name} PROPERTIES FIXTURES_REQUIRED json-schema SKIP_RETURN_CODE 77
        TIMEOUT 1800 LABELS "oracle;${ARGN}")
endfunction()
oracle_constrained(constrained 1 300)
oracle_constrained(constrained-many 1000000 10000 slow)
