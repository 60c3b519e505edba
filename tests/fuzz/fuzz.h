/* What every fuzz target has: libFuzzer's entry, which replay.c calls as well. */
#ifndef INGLE_TESTS_FUZZ_FUZZ_H
#define INGLE_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* States a rule; a breach ends the process, which is how a fuzzer learns of it. */
#define FUZZ_REQUIRE(rule)                                                                         \
    do {                                                                                           \
        if (!(rule)) {                                                                             \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #rule);                     \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
