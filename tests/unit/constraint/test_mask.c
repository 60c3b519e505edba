/* constraint/mask: which tokens may follow, against trying each of them. */
#include "engine/constraint/mask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "fuzz/tiny_vocab.h"
#include "support/refusal.h"
#include "support/torture.h"
#include "support/toy_machine.h"
#include "unit/text/vocab_file.h"

struct subject {
    struct trie *trie;
    struct machine *m;
    struct mask *mask;
    int n_rows;
};

static struct subject open_subject(const struct tokenizer *t, enum toy_kind kind, uint64_t seed) {
    struct subject s = {.m = toy_machine_new(kind, seed), .n_rows = tokenizer_n_vocab(t) + 3};
    ingle_error err;
    assert_non_null(s.m);
    if (trie_new(&s.trie, t, &err) != INGLE_OK) fail_msg("%s", err.msg);
    if (mask_new(&s.mask, s.trie, s.m, s.n_rows, &err) != INGLE_OK) fail_msg("%s", err.msg);
    return s;
}

static void close_subject(struct subject *s) {
    mask_free(s->mask);
    trie_free(s->trie);
    machine_free(s->m);
}

/* The definition. */
static bool may_follow(struct subject *s, machine_state state, int32_t id) {
    const struct tokenizer *t = s->trie->tokenizer;
    if (id >= tokenizer_n_vocab(t)) return false;
    if (tokenizer_is_end(t, id)) return s->m->ops->accepts(s->m, state);
    if (tokenizer_is_unused(t, id)) return false;
    struct gguf_str text = tokenizer_piece(t, id, true);
    if (text.len == 0 || text.len > 200) return false;
    if (memchr(text.data, 0xff, text.len) || memchr(text.data, 0xfe, text.len)) return false;
    if (!tokenizer_is_control(t, id)) {
        return machine_steps(s->m, state, text.data, text.len) != MACHINE_DEAD;
    }
    state = machine_steps(s->m, state, "\xff", 1);
    state = machine_steps(s->m, state, text.data, text.len);
    return machine_steps(s->m, state, "\xfe", 1) != MACHINE_DEAD;
}

static bool bit(const struct mask_row *row, int32_t id) {
    return row->bits[id / 64] >> id % 64 & 1;
}

/* Compares the mask of a state and draws a token of it; -1 if there is none but the end. */
static int32_t check_state(struct subject *s, machine_state state, struct rng *rng) {
    struct mask_row row;
    ingle_error err;
    int n = 0;
    int32_t drawn = -1;
    uint32_t n_seen = 0;
    ingle_status status = mask_of(s->mask, &state, false, &row, &err);
    for (int32_t id = 0; id < s->n_rows; id++) {
        bool may = may_follow(s, state, id);
        n += may;
        if (status == INGLE_OK && may != bit(&row, id)) {
            fail_msg("token %d is %s, state %u", id, may ? "missing" : "let through", state);
        }
        if (!may || tokenizer_is_end(s->trie->tokenizer, id)) continue;
        if (rng_below(rng, ++n_seen) == 0) drawn = id;
    }
    bool accepts = s->m->ops->accepts(s->m, state);
    if (n == 0 && !accepts) {
        expect_refusal(status, INGLE_REFUSED, &err, "no token for any byte");
        return -1;
    }
    assert_int_equal(status, INGLE_OK);
    assert_int_equal(row.n_allowed, n);
    assert_int_equal(row.accepts, accepts);
    return drawn;
}

static void check_walks(struct subject *s, int n_walks, int n_steps, struct rng *rng) {
    for (int walk = 0; walk < n_walks; walk++) {
        machine_state state = s->m->start;
        for (int i = 0; i < n_steps; i++) {
            int32_t id = check_state(s, state, rng);
            if (id < 0) break;
            state = mask_step(s->mask, state, id, false);
            assert_int_not_equal(state, MACHINE_DEAD);
        }
    }
}

static void masks_are_what_trying_every_token_says(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 1);
    for (int which = 0; which < TINY_VOCABS; which++) {
        struct tokenizer_file file = tokenizer_file_tiny(which);
        for (int kind = 0; kind < TOY_KINDS; kind++) {
            for (uint64_t seed = 0; seed < (kind == TOY_RANDOM ? 8 : 1); seed++) {
                struct subject s = open_subject(file.t, (enum toy_kind)kind, seed);
                check_walks(&s, 10, 40, &rng);
                close_subject(&s);
            }
        }
        tokenizer_file_close(&file);
    }
}

/* Byte-level BPE with all kinds of tokens that strings may be made of. */
static struct tokenizer_file open_rich(void) {
    static const char *const letters = "na\"bx, ";
    struct vocab_file f;
    struct rng rng;
    static char texts[600][48];
    int n_texts = 0;
    rng_init(&rng, 7);
    vocab_file_init(&f, "gpt2", "gpt-2");
    vocab_file_add_alphabet(&f);
    for (int i = 0; i < 600; i++) {
        char text[48] = "";
        size_t n = 2 + rng_below(&rng, i % 10 == 0 ? 40 : 6), len = 0;
        for (size_t k = 0; k < n; k++) {
            uint32_t kind = rng_below(&rng, 24);
            const char *next = kind == 0   ? "\xc3\x83\xc2\xa9" /* e with acute, as two stand-ins */
                               : kind == 1 ? "\xc3\xa9" /* the byte e9: begins a character */
                               : kind == 2 ? "\xc4\x80" /* NUL */
                               : kind == 3 ? "\\"
                                           : NULL;
            char one[3] = {letters[rng_below(&rng, 7)]};
            if (one[0] == ' ') memcpy(one, "\xc4\xa0", 3);
            if (!next) next = one;
            if (len + strlen(next) >= sizeof text) break;
            strcpy(text + len, next);
            len += strlen(next);
        }
        bool is_new = len > 1;
        for (int k = 0; k < n_texts; k++) is_new = is_new && strcmp(texts[k], text) != 0;
        if (!is_new) continue;
        memcpy(texts[n_texts++], text, sizeof text);
        vocab_file_add(&f, text, NORMAL);
    }
    vocab_file_add(&f, "<|end|>", CONTROL);
    return tokenizer_file_open(&f);
}

static void masks_inside_strings_are_shared_by_states_and_still_right(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 3);
    struct tokenizer_file file = open_rich();
    struct subject s = open_subject(file.t, TOY_STRINGS, 0);
    check_walks(&s, 200, 60, &rng);
    close_subject(&s);
    tokenizer_file_close(&file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masks_are_what_trying_every_token_says),
        cmocka_unit_test(masks_inside_strings_are_shared_by_states_and_still_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
