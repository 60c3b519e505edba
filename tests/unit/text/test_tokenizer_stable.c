/* Ids that no continuation of a text can change, against the definition: every text that goes on
 * from it has them as its first ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/rng.h"
#include "fuzz/tiny_vocab.h"
#include "unit/text/vocab_file.h"

#define MAX_LEN 80
#define MAX_IDS (3 * MAX_LEN + 3)

struct ids {
    int32_t at[MAX_IDS];
    size_t n;
};

static void encode(const struct tokenizer *t, bool stable, const char *text, size_t len, int flags,
                   struct ids *out) {
    ingle_error err = {0};
    ingle_status status = stable ? tokenizer_encode_stable(t, text, len, flags & 1, flags & 2,
                                                           out->at, MAX_IDS, &out->n, &err)
                                 : tokenizer_encode(t, text, len, flags & 1, flags & 2, out->at,
                                                    MAX_IDS, &out->n, &err);
    if (status != INGLE_OK) fail_msg("%s", err.msg);
    assert_true(out->n <= MAX_IDS);
}

static void show(const char *what, const struct ids *ids) {
    fprintf(stderr, "%s", what);
    for (size_t i = 0; i < ids->n; i++) fprintf(stderr, " %d", ids->at[i]);
    fprintf(stderr, "\n");
}

/* Every beginning of the text with every longer one. Returns how many ids were stable in all. */
static size_t check_text(const struct tokenizer *t, const char *text, size_t len, int flags) {
    static struct ids whole[MAX_LEN + 1];
    size_t n_stable = 0;
    for (size_t n = 0; n <= len; n++) encode(t, false, text, n, flags, &whole[n]);
    for (size_t n = 0; n <= len; n++) {
        struct ids stable;
        encode(t, true, text, n, flags, &stable);
        n_stable += stable.n;
        for (size_t longer = n; longer <= len; longer++) {
            size_t size = stable.n * sizeof *stable.at;
            if (stable.n <= whole[longer].n && memcmp(stable.at, whole[longer].at, size) == 0) {
                continue;
            }
            show("stable:", &stable);
            show("longer:", &whole[longer]);
            for (size_t i = 0; i < longer; i++) fprintf(stderr, "%02x ", (unsigned char)text[i]);
            fail_msg("not stable: %zu of these %zu bytes, flags %d", n, longer, flags);
        }
    }
    return n_stable;
}

static const char *const bits[] = {"the",
                                   "a",
                                   "aaaa",
                                   "in",
                                   "ll",
                                   " ",
                                   " ",
                                   "  ",
                                   "\n",
                                   "\n\n",
                                   "\t",
                                   "\r\n",
                                   "1",
                                   "12",
                                   "345",
                                   "'s",
                                   "'LL",
                                   "'",
                                   "!",
                                   "..",
                                   "/",
                                   "T",
                                   "Ab",
                                   "é",
                                   "中",
                                   "あ",
                                   "い",
                                   "日本",
                                   "🙂",
                                   "\xcc\x81",
                                   "<tool>",
                                   "<tool",
                                   "<|",
                                   "|>",
                                   "<|end|>",
                                   "<|begin",
                                   "<|begin|>",
                                   "begin|",
                                   "<",
                                   "\xe2\x96\x81",
                                   "\xff",
                                   "\xc3",
                                   "\xe2",
                                   "\xf0\x9f",
                                   "\xe2\x96",
                                   "\x80",
                                   "ſ",
                                   "\xc2\xa0",
                                   "x",
                                   "</s>",
                                   "<s>",
                                   "<0x0A>",
                                   "\xf0\xe2\x96",
                                   "\xe3\x80\x80"};

static size_t random_text(struct rng *rng, char text[MAX_LEN]) {
    size_t len = 0;
    uint32_t first = rng_below(rng, BASE_COUNT(bits)), n = 1 + rng_below(rng, 50);
    for (uint32_t k = 1 + rng_below(rng, 20); k > 0; k--) {
        const char *bit = bits[(first + rng_below(rng, n)) % BASE_COUNT(bits)];
        size_t bit_len = strlen(bit);
        if (len + bit_len > MAX_LEN) break;
        for (size_t i = 0; i < bit_len; i++) text[len++] = bit[i];
    }
    return len;
}

static void random_texts_keep_what_is_stable(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 9);
    for (int which = 0; which < TINY_VOCABS; which++) {
        struct tokenizer_file file = tokenizer_file_tiny(which);
        size_t n_stable = 0;
        for (int round = 0; round < 600; round++) {
            char text[MAX_LEN];
            size_t len = random_text(&rng, text);
            n_stable += check_text(file.t, text, len, (int)rng_below(&rng, 4));
        }
        assert_true(n_stable > 10000); /* it is not for nothing */
        tokenizer_file_close(&file);
    }
}

/* Overlapping tokens of many lengths, whose precedence a longer text turns around. */
static void tokens_that_overlap_at_the_end_hold_what_they_could_change(void **state) {
    (void)state;
    static const char *const specials[] = {"aa",   "ab",    "aba",    "bab",
                                           "abba", "babab", "bbaabb", "c"};
    struct vocab_file f;
    struct rng rng;
    rng_init(&rng, 10);
    vocab_file_init(&f, "gpt2", "gpt-2");
    vocab_file_add_alphabet(&f);
    for (size_t i = 0; i < BASE_COUNT(specials); i++) {
        vocab_file_add(&f, specials[i], i % 3 ? CONTROL : USER_DEFINED);
    }
    struct tokenizer_file file = tokenizer_file_open(&f);
    size_t n_stable = 0;
    for (int round = 0; round < 3000; round++) {
        char text[60];
        size_t len = rng_below(&rng, sizeof text);
        for (size_t i = 0; i < len; i++) text[i] = "aaabbbc d"[rng_below(&rng, 9)];
        n_stable += check_text(file.t, text, len, round & 3);
    }
    assert_true(n_stable > 100000);
    tokenizer_file_close(&file);
}

/* How many ids of the text are stable, and how many there are. */
static void expect(const struct tokenizer *t, const char *text, size_t n_stable, size_t n) {
    struct ids stable, whole;
    encode(t, true, text, strlen(text), 0, &stable);
    encode(t, false, text, strlen(text), 0, &whole);
    if (stable.n != n_stable) fail_msg("'%s': %zu stable, not %zu", text, stable.n, n_stable);
    assert_int_equal(whole.n, n);
}

static void a_word_is_stable_as_soon_as_the_next_begins(void **state) {
    (void)state;
    struct tokenizer_file file = tokenizer_file_tiny(0); /* gpt-2; "the" is a token */
    expect(file.t, "", 0, 0);
    expect(file.t, "the", 0, 1);
    expect(file.t, "the ", 1, 2);
    expect(file.t, "the the", 1, 3);
    expect(file.t, "the the.", 3, 4);
    expect(file.t, "the the. ", 4, 5);
    expect(file.t, "the   ", 1, 4); /* spaces: the last goes to the next word */
    expect(file.t, "the   t", 3, 4);
    expect(file.t, "the \xe3\x81", 1, 8); /* no character yet */
    tokenizer_file_close(&file);
}

static void the_first_token_is_stable_and_the_last_never(void **state) {
    (void)state;
    struct tokenizer_file file = tokenizer_file_tiny(0);
    struct ids stable, whole;
    encode(file.t, false, "the x", 5, 1, &whole);
    encode(file.t, true, "the x", 5, 1, &stable);
    assert_true(stable.n < whole.n);
    assert_memory_equal(stable.at, whole.at, stable.n * sizeof *stable.at);
    tokenizer_file_close(&file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_texts_keep_what_is_stable),
        cmocka_unit_test(tokens_that_overlap_at_the_end_hold_what_they_could_change),
        cmocka_unit_test(a_word_is_stable_as_soon_as_the_next_begins),
        cmocka_unit_test(the_first_token_is_stable_and_the_last_never),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
