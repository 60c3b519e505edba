# The one place for global compiler flags.
#
# No link-time optimisation: it may move code of one instruction set into a function of another,
# and libingle.a is one relocatable object. No -march=native and no -ffast-math: binaries travel,
# and NaN, infinity and the order of additions mean what C says.
add_compile_definitions(_GNU_SOURCE)
add_compile_options(
    -Wall -Wextra -Wshadow -Wconversion -Wvla
    -Wmissing-prototypes -Wredundant-decls -Wnested-externs -Wstrict-prototypes
    -fstack-protector-strong -ffp-contract=off -fno-lto)
if(INGLE_WERROR)
    add_compile_options(-Werror)
endif()
if(INGLE_SANITIZE)
    add_compile_options(-fsanitize=${INGLE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${INGLE_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
if(INGLE_COVERAGE)
    add_compile_options(--coverage -fprofile-update=atomic)
    add_link_options(--coverage)
endif()
