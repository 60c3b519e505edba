# What happens when memory or threads run out.
ingle_unit_test(unit/torture/test_torture USES test_fixture)
ingle_unit_test(unit/torture/test_threads USES test_fixture)
ingle_unit_test(unit/torture/test_documents USES task test_fixture)
if(TARGET unit_torture_test_torture)
    target_link_options(unit_torture_test_torture PRIVATE -Wl,--wrap=clock_date_ns)
    target_compile_definitions(unit_torture_test_torture PRIVATE
        TEST_STORIES="${INGLE_SHARED_DIR}/models/stories260K.gguf")
endif()
if(INGLE_SERVE)
    ingle_unit_test(unit/torture/test_daemon USES daemon_api daemon_http daemon_service event
        test_fixture)
endif()
