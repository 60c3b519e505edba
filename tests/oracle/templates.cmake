# Chat templates beside jinja2 (Debian's python3-jinja2) and @huggingface/jinja.
add_executable(template_worker oracle/template_worker.c)
target_link_libraries(template_worker PRIVATE engine_template base)

add_test(NAME oracle/fetch-templates
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/oracle/fetch_templates ${oracle_dir})
set_tests_properties(oracle/fetch-templates PROPERTIES
    FIXTURES_SETUP templates SKIP_RETURN_CODE 77 TIMEOUT 1800 LABELS oracle)

set(templates_dir ${oracle_dir}/templates)
if(DEFINED ENV{INGLE_ORACLE_DIR})
    set(templates_dir $ENV{INGLE_ORACLE_DIR}/templates)
endif()
add_test(NAME oracle/templates
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/oracle/python template_compare.py
        $<TARGET_FILE:template_worker> --hf ${templates_dir}/package
        --table ${CMAKE_CURRENT_BINARY_DIR}/templates.md
        ${INGLE_SHARED_DIR}/data/templates ${templates_dir}/published)
set_tests_properties(oracle/templates PROPERTIES FIXTURES_REQUIRED templates
    SKIP_RETURN_CODE 77 TIMEOUT 1200 LABELS oracle)
add_test(NAME oracle/templates-random
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/oracle/python template_random.py
        $<TARGET_FILE:template_worker> 4000)
set_tests_properties(oracle/templates-random PROPERTIES
    SKIP_RETURN_CODE 77 TIMEOUT 1200 LABELS oracle)
