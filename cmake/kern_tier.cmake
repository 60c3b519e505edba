# kern_tier(NAME SOURCES a.c b.c FLAGS -mfoo): one object library per kernel tier, so that the
# instruction set of a file is decided by its name and never leaks into another file.
#
# The address sanitizer stays out of them: their unrolled loops would take minutes to compile, and
# the guard pages of kerncheck find the same faults.
function(kern_tier name)
    cmake_parse_arguments(TIER "" "" "SOURCES;FLAGS" ${ARGN})
    add_library(kern_${name} OBJECT ${TIER_SOURCES})
    target_compile_options(kern_${name} PRIVATE $<IF:$<CONFIG:Debug>,-O2,-O3> ${TIER_FLAGS})
    if(INGLE_SANITIZE MATCHES "address")
        target_compile_options(kern_${name} PRIVATE -fno-sanitize=all)
    endif()
    target_include_directories(kern_${name} PRIVATE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
endfunction()
