# test_fixture: the engine behind its public API, with what the unit tests of it share.
if(CMOCKA_FOUND)
    add_library(test_fixture STATIC support/answer.c support/fixture.c support/folder.c
        support/gguf_edit.c support/gguf_stream.c support/gguf_writer.c support/make_model.c
        support/process.c support/reference.c support/refusal.c support/torture.c)
    target_include_directories(test_fixture PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(test_fixture PUBLIC engine_api m PRIVATE PkgConfig::CMOCKA)
endif()
