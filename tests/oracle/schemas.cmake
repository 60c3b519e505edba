# The schema compiler beside the public test suite and beside another validator.
add_executable(oracle_schema_suite oracle/schema_suite.c oracle/json_write.c
    unit/constraint/shape_judge.c)
target_include_directories(oracle_schema_suite PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(oracle_schema_suite PRIVATE engine_constraint)

add_executable(oracle_schema_random oracle/schema_random.c unit/constraint/shape_judge.c)
target_include_directories(oracle_schema_random PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(oracle_schema_random PRIVATE engine_constraint)

add_executable(oracle_schema_files oracle/schema_files.c unit/constraint/shape_judge.c)
target_include_directories(oracle_schema_files PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(oracle_schema_files PRIVATE engine_constraint)
