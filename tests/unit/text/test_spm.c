/* SentencePiece: merges by score, spaces, bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "unit/text/vocab_file.h"

/* 0 <unk>, 1 <s>, 2 </s>, then 256 bytes: byte b is 3 + b, and what follows begins at 259. */
#define FIRST 259

static void begin(struct vocab_file *f, bool space_first) {
    vocab_file_init(f, "llama", "default");
    vocab_file_add(f, "<unk>", UNKNOWN);
    vocab_file_add(f, "<s>", CONTROL);
    vocab_file_add(f, "</s>", CONTROL);
    vocab_file_add_byte_names(f);
    gguf_writer_key(&f->w, "tokenizer.ggml.add_space_prefix", GGUF_BOOL);
    put_u8(&f->w.kvs, space_first);
}

static struct tokenizer_file open_words(bool space_first) {
    static const struct {
        const char *text;
        float score;
    } words[] = {{"▁", -1},    {"a", -2},   {"b", -3},  {"c", -4},  {"ab", -10}, {"bc", -9},
                 {"abc", -20}, {"▁a", -30}, {"aa", -5}, {"▁▁", -6}, {"é", -7},   {"▁▁▁", -8}};
    struct vocab_file f;
    begin(&f, space_first);
    for (size_t i = 0; i < BASE_COUNT(words); i++)
        vocab_file_add_scored(&f, words[i].text, NORMAL, words[i].score);
    return tokenizer_file_open(&f);
}

/* Of open_words(). */
enum { SPACE = FIRST, A, B, C, AB, BC, ABC, SPACE_A, AA, SPACES_2, E_ACUTE, SPACES_3 };

static void check(const struct tokenizer *t, const char *text, size_t n, const int32_t *wanted) {
    char ids[256] = "";
    for (size_t i = 0, at = 0; i < n; i++)
        at += (size_t)snprintf(ids + at, sizeof ids - at, "%s%d", i ? " " : "", wanted[i]);
    assert_string_equal(ids_plain(t, text), ids);
}

#define CHECK(t, text, ...)                                                                        \
    check(t, text, sizeof((int32_t[]){__VA_ARGS__}) / 4, (const int32_t[]){__VA_ARGS__})

static void the_best_score_merges_first(void **state) {
    (void)state;
    struct tokenizer_file file = open_words(false);
    CHECK(file.t, "ab", AB);
    CHECK(file.t, "abc", ABC); /* bc, then a and bc: -9 beats -10 */
    CHECK(file.t, "abcb", ABC, B);
    CHECK(file.t, "aab", AA, B); /* -5 beats -10 */
    tokenizer_file_close(&file);
}

static void the_leftmost_of_equals_merges_first(void **state) {
    (void)state;
    struct tokenizer_file file = open_words(false);
    CHECK(file.t, "aaa", AA, A);
    CHECK(file.t, "     ", SPACES_2, SPACES_3); /* two and two and one */
    tokenizer_file_close(&file);
}

static void scores_of_any_size_and_sign_order_as_numbers(void **state) {
    (void)state;
    static const float pairs[][2] = {{1, 0.5f},         {0, -0.25f},       {3e38f, 1e38f},
                                     {-1e-38f, -1e38f}, {1e-40f, -1e-40f}, {2, -3}};
    for (size_t i = 0; i < BASE_COUNT(pairs); i++) {
        for (int swap = 0; swap < 2; swap++) {
            struct vocab_file f;
            begin(&f, false);
            vocab_file_add_scored(&f, "ab", NORMAL, pairs[i][swap]);
            vocab_file_add_scored(&f, "bc", NORMAL, pairs[i][!swap]);
            struct tokenizer_file file = tokenizer_file_open(&f);
            assert_string_equal(ids_plain(file.t, "abc"), swap ? "100 260" : "259 102");
            tokenizer_file_close(&file);
        }
    }
    /* Minus zero is zero: the left one goes first. */
    struct vocab_file f;
    begin(&f, false);
    vocab_file_add_scored(&f, "ab", NORMAL, -0.0f);
    vocab_file_add_scored(&f, "bc", NORMAL, 0.0f);
    struct tokenizer_file file = tokenizer_file_open(&f);
    assert_string_equal(ids_plain(file.t, "abc"), "259 102");
    tokenizer_file_close(&file);
}

static void a_text_begins_with_a_space_that_nobody_wrote(void **state) {
    (void)state;
    struct tokenizer_file file = open_words(true);
    CHECK(file.t, "a", SPACE_A);
    CHECK(file.t, " a", SPACES_2, A); /* -6 beats -30 */
    CHECK(file.t, "b", SPACE, B);
    assert_string_equal(ids_plain(file.t, ""), "");
    assert_true(tokenizer_strips_first_space(file.t));
    tokenizer_file_close(&file);
    file = open_words(false);
    CHECK(file.t, "a", A);
    assert_false(tokenizer_strips_first_space(file.t));
    tokenizer_file_close(&file);
}

static void text_after_a_special_token_begins_with_a_space_too(void **state) {
    (void)state;
    struct tokenizer_file file = open_words(true);
    char wanted[64];
    snprintf(wanted, sizeof wanted, "%d 2 %d", SPACE_A, SPACE_A);
    assert_string_equal(ids_parsed(file.t, "a</s>a"), wanted);
    tokenizer_file_close(&file);
}

static void the_lower_block_written_out_is_a_space(void **state) {
    (void)state;
    struct tokenizer_file file = open_words(false);
    CHECK(file.t, "▁a▁▁", SPACE_A, SPACES_2);
    CHECK(file.t, "b▁ ▁b", B, SPACES_3, B);
    tokenizer_file_close(&file);
}

static void what_no_token_stands_for_is_its_bytes(void **state) {
    (void)state;
    struct tokenizer_file file = open_words(false);
    CHECK(file.t, "é", E_ACUTE);
    CHECK(file.t, "aè", A, 3 + 0xc3, 3 + 0xa8);
    CHECK(file.t, "\n", 3 + '\n');
    CHECK(file.t, "😀b", 3 + 0xf0, 3 + 0x9f, 3 + 0x98, 3 + 0x80, B);
    tokenizer_file_close(&file);
}

static void ill_formed_text_is_kept_byte_by_byte(void **state) {
    (void)state;
    struct tokenizer_file file = open_words(false);
    CHECK(file.t, "\x80\xff", 3 + 0x80, 3 + 0xff);
    CHECK(file.t, "\xe2\x82", 3 + 0xe2, 3 + 0x82);
    CHECK(file.t, "\xed\xa0\x80", 3 + 0xed, 3 + 0xa0, 3 + 0x80);
    /* A lead byte claims the next one: this "a" is a byte, not the token "a". */
    CHECK(file.t,
          "\xc3"
          "ab",
          3 + 0xc3, 3 + 'a', B);
    assert_string_equal(ids_of(file.t, "a\0b", 3, false, false), "260 3 261");
    tokenizer_file_close(&file);
}

/* llama.cpp spells spaces out before it cuts characters, and so tear their three bytes apart. */
static void a_lead_byte_may_claim_a_space(void **state) {
    (void)state;
    struct tokenizer_file file = open_words(false);
    CHECK(file.t, "\xc3 a", 3 + 0xc3, 3 + 0xe2, 3 + 0x96, 3 + 0x81, A);
    CHECK(file.t, "\xf0 a", 3 + 0xf0, 3 + 0xe2, 3 + 0x96, 3 + 0x81, A);
    CHECK(file.t, "\xe4  ", 3 + 0xe4, 3 + 0xe2, 3 + 0x96, 3 + 0x81, SPACE);
    CHECK(file.t, "\xc3▁a", 3 + 0xc3, 3 + 0xe2, 3 + 0x96, 3 + 0x81, A);
    CHECK(file.t, "é a", E_ACUTE, SPACE_A);
    CHECK(file.t, "\xc3\xc3 a", 3 + 0xc3, 3 + 0xc3, SPACE_A);
    tokenizer_file_close(&file);
}

static void the_unknown_token_stands_for_bytes_that_have_none(void **state) {
    (void)state;
    struct vocab_file f;
    vocab_file_init(&f, "llama", "default");
    vocab_file_add(&f, "<unk>", UNKNOWN);
    vocab_file_add(&f, "<s>", CONTROL);
    vocab_file_add(&f, "</s>", CONTROL);
    vocab_file_add(&f, "▁", NORMAL);
    struct tokenizer_file file = tokenizer_file_open(&f);
    assert_string_equal(ids_plain(file.t, "é"), "3 0 0");
    tokenizer_file_close(&file);
}

static void a_vocabulary_without_even_that_cannot_take_every_text(void **state) {
    (void)state;
    struct vocab_file f;
    vocab_file_init(&f, "llama", "default");
    vocab_file_add(&f, "▁", NORMAL);
    vocab_file_add(&f, "a", NORMAL);
    gguf_writer_u32(&f.w, "tokenizer.ggml.unknown_token_id", UINT32_MAX);
    struct tokenizer_file file = tokenizer_file_open(&f);
    ingle_error err = {0};
    int32_t ids[4];
    size_t n = 99;
    assert_string_equal(ids_plain(file.t, "aa"), "0 1 1");
    assert_int_equal(tokenizer_encode(file.t, "b", 1, false, false, ids, 4, &n, &err),
                     INGLE_INVALID);
    assert_int_equal(n, 0);
    assert_string_equal(err.msg, "The model's vocabulary has no token for the byte 0x62.");
    tokenizer_file_close(&file);
}

static void scores_are_needed(void **state) {
    (void)state;
    struct vocab_file f;
    begin(&f, true);
    f.no_scores = true;
    expect_refused(vocab_file_open(&f), INGLE_INVALID, "tokenizer.ggml.scores");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_score_merges_first),
        cmocka_unit_test(the_leftmost_of_equals_merges_first),
        cmocka_unit_test(scores_of_any_size_and_sign_order_as_numbers),
        cmocka_unit_test(a_text_begins_with_a_space_that_nobody_wrote),
        cmocka_unit_test(text_after_a_special_token_begins_with_a_space_too),
        cmocka_unit_test(the_lower_block_written_out_is_a_space),
        cmocka_unit_test(what_no_token_stands_for_is_its_bytes),
        cmocka_unit_test(ill_formed_text_is_kept_byte_by_byte),
        cmocka_unit_test(a_lead_byte_may_claim_a_space),
        cmocka_unit_test(the_unknown_token_stands_for_bytes_that_have_none),
        cmocka_unit_test(a_vocabulary_without_even_that_cannot_take_every_text),
        cmocka_unit_test(scores_are_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
