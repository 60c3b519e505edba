# The one place for global compiler flags.
add_compile_definitions(_GNU_SOURCE)
add_compile_options(
    -Wall -Wextra -Wshadow -Wconversion -Wvla
    -Wmissing-prototypes -Wredundant-decls -Wnested-externs -Wstrict-prototypes
    -fstack-protector-strong -ffp-contract=off)
if(INGLE_WERROR)
    add_compile_options(-Werror)
endif()
if(INGLE_SANITIZE)
    add_compile_options(-fsanitize=${INGLE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${INGLE_SANITIZE})
elseif(CMAKE_BUILD_TYPE MATCHES "Rel")
    add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
