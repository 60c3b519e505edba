# Token ids beside those of other tokenizers.
target_sources(oracle_support PRIVATE
    oracle/tokens_compare.c oracle/tokens_samples.c oracle/tokens_texts.c)
oracle_test(tokens compare_tokens ${oracle_dir} ${INGLE_SHARED_DIR})

add_test(NAME oracle/fetch-tiktoken
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/oracle/fetch_tiktoken ${oracle_dir})
set_tests_properties(oracle/fetch-tiktoken PROPERTIES
    FIXTURES_SETUP tiktoken SKIP_RETURN_CODE 77 TIMEOUT 1800 LABELS oracle)
oracle_test(tiktoken compare_tiktoken ${oracle_dir} ${INGLE_SHARED_DIR}
    ${CMAKE_CURRENT_SOURCE_DIR}/oracle/tiktoken.js)
set_tests_properties(oracle/tiktoken PROPERTIES FIXTURES_REQUIRED tiktoken)
