# Broken inputs: a generator of malformed files; and the fuzz targets, whose saved inputs every
# build replays and which the preset `fuzz` links with libFuzzer.
add_executable(malformed fuzz/malformed.c support/gguf_writer.c support/gguf_stream.c
    support/make_model.c)
target_include_directories(malformed PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(malformed PRIVATE engine_api)
add_test(NAME fuzz/malformed COMMAND malformed ${CMAKE_CURRENT_BINARY_DIR})
set_tests_properties(fuzz/malformed PROPERTIES TIMEOUT 300 LABELS fuzz-replay)

# ingle_fuzz_target(gguf USES ...): replay_gguf and its test; under INGLE_FUZZ fuzz_gguf as well.
function(ingle_fuzz_target name)
    cmake_parse_arguments(FUZZ "" "" "USES;SOURCES" ${ARGN})
    set(programs replay_${name})
    add_executable(replay_${name} fuzz/fuzz_${name}.c fuzz/replay.c ${FUZZ_SOURCES})
    add_test(NAME fuzz/replay-${name}
        COMMAND replay_${name} ${CMAKE_CURRENT_SOURCE_DIR}/fuzz/corpus/${name})
    set_tests_properties(fuzz/replay-${name} PROPERTIES TIMEOUT 120 LABELS fuzz-replay)
    if(INGLE_FUZZ)
        list(APPEND programs fuzz_${name})
        add_executable(fuzz_${name} fuzz/fuzz_${name}.c ${FUZZ_SOURCES})
        target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    endif()
    foreach(program ${programs})
        target_include_directories(${program} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
        target_link_libraries(${program} PRIVATE ${FUZZ_USES})
    endforeach()
endfunction()

ingle_fuzz_target(gguf USES engine_api)
ingle_fuzz_target(tokenizer USES engine_text SOURCES fuzz/tiny_vocab.c support/gguf_writer.c)
ingle_fuzz_target(sampler USES engine_run)
ingle_fuzz_target(json_machine USES engine_constraint
    SOURCES unit/constraint/shape_build.c unit/constraint/shape_judge.c)
ingle_fuzz_target(packed USES engine_model)
if(INGLE_VAULT)
    ingle_fuzz_target(sealed USES guard)
endif()
ingle_fuzz_target(prefix_snapshot USES engine_run)
ingle_fuzz_target(text_checkpoint USES learn)
ingle_fuzz_target(regex USES engine_constraint)
ingle_fuzz_target(grammar USES engine_constraint)
ingle_fuzz_target(schema USES engine_constraint SOURCES unit/constraint/shape_judge.c)
ingle_fuzz_target(tool_calls USES engine_chat)
ingle_fuzz_target(template USES engine_template)
ingle_fuzz_target(sentences USES task)
ingle_fuzz_target(encoder USES engine_api m)
ingle_fuzz_target(pairs USES learn)
ingle_fuzz_target(labels USES cli)
ingle_fuzz_target(digest USES task)

add_executable(make_corpus fuzz/make_corpus.c fuzz/tiny_vocab.c
    support/gguf_writer.c)
target_include_directories(make_corpus PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(make_corpus PRIVATE engine_format engine_model)
