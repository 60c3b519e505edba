# The interpreter of chat templates; beside jinja2 it stands in oracle/templates.cmake.
if(CMOCKA_FOUND)
    add_library(test_render STATIC unit/template/render.c)
    target_include_directories(test_render PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(test_render PUBLIC engine_template PRIVATE PkgConfig::CMOCKA)
endif()

foreach(test chars clock_text eval exec filters lexer methods parse predicates repr template)
    ingle_unit_test(unit/template/test_${test} USES test_render)
endforeach()
ingle_unit_test(unit/template/test_bounds USES test_render LABELS slow TIMEOUT 600)
