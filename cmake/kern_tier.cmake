# kern_tier(NAME SOURCES a.c b.c FLAGS -mfoo): one object library per kernel tier, so that the
# instruction set of a file is decided by its name and never leaks into another file.
function(kern_tier name)
    cmake_parse_arguments(TIER "" "" "SOURCES;FLAGS" ${ARGN})
    if(NOT TIER_SOURCES)
        file(WRITE ${CMAKE_BINARY_DIR}/empty.c "")
        set(TIER_SOURCES ${CMAKE_BINARY_DIR}/empty.c)
    endif()
    add_library(kern_${name} OBJECT ${TIER_SOURCES})
    target_compile_options(kern_${name} PRIVATE $<IF:$<CONFIG:Debug>,-O2,-O3> ${TIER_FLAGS})
    target_include_directories(kern_${name} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
endfunction()
