# The whole program under qemu-user: an old x86-64 processor in a native build, so that code of a
# higher tier outside its own files is caught; every arm64 tier in a cross build.
if(CMAKE_CROSSCOMPILING)
    set(emulator ${CMAKE_CROSSCOMPILING_EMULATOR})
    set(settings "TIERS=neon dotprod i8mm")
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64" AND NOT INGLE_SANITIZE)
    find_program(QEMU_X86_64 qemu-x86_64)
    set(emulator ${QEMU_X86_64} -cpu Penryn)
    set(settings "TIERS=ref;NATIVE=1")
endif()
if(NOT emulator OR emulator MATCHES "NOTFOUND")
    return()
endif()

list(JOIN emulator " " emulator)
add_test(NAME cli/emulated COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/cli/emulated.sh)
set_tests_properties(cli/emulated PROPERTIES LABELS cli TIMEOUT 1800 FIXTURES_REQUIRED cli_models
    ENVIRONMENT "INGLE=$<TARGET_FILE:ingle>;MODELS=${cli_models};EMULATOR=${emulator};${settings}")
