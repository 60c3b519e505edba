# The schema compiler beside the public test suite and beside another validator.
add_executable(oracle_schema_suite oracle/schema_suite.c oracle/json_write.c
    unit/constraint/shape_judge.c)
target_include_directories(oracle_schema_suite PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(oracle_schema_suite PRIVATE engine_constraint)
