# Other presets as tests of this one (the release preset names asan and aarch64): the same suite
# under the sanitizers, and the arm64 build under qemu. Each takes all cores.
foreach(preset ${INGLE_PRESET_TESTS})
    add_test(NAME preset/${preset} COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/tools/preset.sh
        ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR} ${preset})
    set_tests_properties(preset/${preset} PROPERTIES LABELS preset TIMEOUT 9000 PROCESSORS 2
        SKIP_RETURN_CODE 77)
endforeach()
