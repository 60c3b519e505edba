# Build options; the presets set them by name.
option(INGLE_TESTS "Build the tests and benchmarks" ON)
option(INGLE_VAULT "Encrypt what is kept on disk, with libsodium; without, nothing is kept" ON)
option(INGLE_SEAL "Seal the processes that read models, with libseccomp; without, nothing starts sealed" ON)
option(INGLE_EDIT "Edit lines in ingle chat, with libedit; without, the terminal's own editing" ON)
option(INGLE_DBUS "Listen to the desktop's notifications, with sd-bus; without, they cannot" ON)
option(INGLE_WERROR "Treat warnings as errors (the default where CI is set)" "$ENV{CI}")
option(INGLE_SERVE "Serve over HTTP, with libevent and OpenSSL; without, there is no service" ON)
set(INGLE_SANITIZE "" CACHE STRING "Sanitizers for every target, e.g. address,undefined")
option(INGLE_FUZZ "Build the libFuzzer programs (clang only)" OFF)
option(INGLE_COVERAGE "Count executed lines (gcc)" OFF)
set(INGLE_PRESET_TESTS "" CACHE STRING "Presets that are built and tested as tests of this build")
set(INGLE_SHARED_DIR "${CMAKE_SOURCE_DIR}/../shared" CACHE PATH
    "Models and data of the developers; tests that need them skip where they are absent")

# Release is -O2 (kern_tier.cmake raises the kernels to -O3) and keeps its asserts: they state bugs
# of our own, none stands in an inner loop, and a wrong answer costs more than a stopped process.
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Release or Debug" FORCE)
endif()
set(CMAKE_C_FLAGS_RELEASE "-O2 -g")
set(CMAKE_C_FLAGS_DEBUG "-Og -g")

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
