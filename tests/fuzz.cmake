# Broken inputs: a generator of malformed files; and the fuzz targets, whose saved inputs every
# build replays and which the preset `fuzz` links with libFuzzer.
add_executable(malformed fuzz/malformed.c support/gguf_writer.c support/gguf_stream.c
    support/make_model.c)
target_include_directories(malformed PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(malformed PRIVATE engine_api)
add_test(NAME fuzz/malformed COMMAND malformed ${CMAKE_CURRENT_BINARY_DIR})
set_tests_properties(fuzz/malformed PROPERTIES TIMEOUT 300 LABELS fuzz-replay)
