# What the seal promises, seen from outside: seal/packets counts what leaves a machine of its own.
if(CMAKE_CROSSCOMPILING OR NOT INGLE_SEAL)
    return()
endif()
add_executable(seal_capture seal/capture.c)
foreach(size 50 1000)
    set(name seal/packets)
    if(size EQUAL 1000)
        set(name seal/packets_${size})
    endif()
    add_test(NAME ${name} COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/seal/packets.sh)
    set_tests_properties(${name} PROPERTIES LABELS cli TIMEOUT 600 SKIP_RETURN_CODE 77
        FIXTURES_REQUIRED cli_models ENVIRONMENT
        "INGLE=$<TARGET_FILE:ingle>;CAPTURE=$<TARGET_FILE:seal_capture>;MODELS=${cli_models};SHARED=${INGLE_SHARED_DIR};SANITIZED=${instrumented};PROMPTS=${size}")
endforeach()
set_tests_properties(seal/packets_1000 PROPERTIES LABELS "cli;slow")
