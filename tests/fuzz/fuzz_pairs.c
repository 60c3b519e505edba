/* Any bytes as pairs of texts to learn from: refused with their line, or numbers that fit. */
#include <string.h>

#include "base/alloc.h"
#include "fuzz/fuzz.h"
#include "learn/encoder_pairs.h"

#define MAX_SIZE 65536

static void check(const struct encoder_pairs *p) {
    uint64_t n_counted = 0;
    for (size_t i = 0; i < 2 * p->n_pairs; i++) {
        FUZZ_REQUIRE(p->starts[i] < p->starts[i + 1]);
        FUZZ_REQUIRE(p->starts[i + 1] - p->starts[i] <= PAIR_MAX_WORDS);
    }
    FUZZ_REQUIRE(p->n_pairs == 0 || p->starts[2 * p->n_pairs] == p->n_words);
    for (size_t i = 0; i < p->n_words; i++) FUZZ_REQUIRE(p->words[i] < p->n_vocab);
    for (size_t i = 0; i < p->n_vocab; i++) {
        FUZZ_REQUIRE(p->vocab[i].n_pieces > 0 && p->vocab[i].count > 0);
        FUZZ_REQUIRE(p->vocab[i].first_piece + p->vocab[i].n_pieces <= p->n_pieces);
        n_counted += p->vocab[i].count;
    }
    FUZZ_REQUIRE(n_counted == p->n_words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > MAX_SIZE) return 0;
    uint64_t live = mem_live();
    struct encoder_pairs p = {0};
    ingle_error err = {0};
    ingle_status status = encoder_pairs_read(&p, (const char *)data, size, "fuzz", &err);
    if (status == INGLE_OK) {
        check(&p);
    } else {
        FUZZ_REQUIRE(status == INGLE_INVALID || status == INGLE_LIMIT);
        FUZZ_REQUIRE(err.code == status && err.msg[0]);
    }
    encoder_pairs_clear(&p);
    FUZZ_REQUIRE(mem_live() == live);
    return 0;
}
