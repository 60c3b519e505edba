/* Byte-pair encoding by ranked merges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "base/rng.h"
#include "engine/text/unicode.h"
#include "fuzz/tiny_vocab.h"
#include "unit/text/vocab_file.h"

/* Ids of the alphabet are bytes; what follows begins at 256. */
static void begin(struct vocab_file *f, const char *pre) {
    vocab_file_init(f, "gpt2", pre);
    vocab_file_add_alphabet(f);
}

/* "<0x00>" is token 0; what follows begins at 256. */
static void begin_gemma4(struct vocab_file *f) {
    vocab_file_init(f, "gemma4", NULL);
    vocab_file_add_byte_names(f);
}

static void check_ids(const struct tokenizer *t, const char *text, const char *wanted) {
    assert_string_equal(ids_plain(t, text), wanted);
}

static void merges_of_lower_rank_go_first(void **state) {
    (void)state;
    struct vocab_file f;
    begin(&f, "gpt-2");
    vocab_file_add_merged(&f, "b", "c");  /* 256 */
    vocab_file_add_merged(&f, "a", "b");  /* 257 */
    vocab_file_add_merged(&f, "a", "bc"); /* 258 */
    struct tokenizer_file file = tokenizer_file_open(&f);
    check_ids(file.t, "ab", "257");
    check_ids(file.t, "abc", "258");
    check_ids(file.t, "abd", "257 100");
    check_ids(file.t, "aab", "97 257");
    tokenizer_file_close(&file);
}

static void the_leftmost_of_equals_merges_first(void **state) {
    (void)state;
    struct vocab_file f;
    begin(&f, "gpt-2");
    vocab_file_add_merged(&f, "a", "a"); /* 256 */
    struct tokenizer_file file = tokenizer_file_open(&f);
    check_ids(file.t, "aaa", "256 97");
    check_ids(file.t, "aaaaa", "256 256 97");
    tokenizer_file_close(&file);
}

static void a_merge_is_of_a_pair_and_not_of_a_string(void **state) {
    (void)state;
    struct vocab_file f;
    begin(&f, "gpt-2");
    vocab_file_add_merged(&f, "b", "c");  /* 256 */
    vocab_file_add_merged(&f, "a", "b");  /* 257 */
    vocab_file_add_merged(&f, "ab", "c"); /* 258: no text leads there, "bc" comes before */
    struct tokenizer_file file = tokenizer_file_open(&f);
    check_ids(file.t, "abc", "97 256");
    tokenizer_file_close(&file);
}

static void of_two_merges_of_one_pair_the_first_counts(void **state) {
    (void)state;
    struct vocab_file f;
    begin(&f, "gpt-2");
    vocab_file_add_merged(&f, "a", "b"); /* 256 */
    vocab_file_add_merged(&f, "b", "c"); /* 257 */
    vocab_file_merge(&f, "a b");
    struct tokenizer_file file = tokenizer_file_open(&f);
    check_ids(file.t, "abc", "256 99");
    tokenizer_file_close(&file);
}

static void pieces_do_not_merge_with_each_other(void **state) {
    (void)state;
    struct vocab_file f;
    begin(&f, "gpt-2");
    vocab_file_add_merged(&f, "a", "Ġ");
    vocab_file_add_merged(&f, "Ġ", "b"); /* 257 */
    struct tokenizer_file file = tokenizer_file_open(&f);
    check_ids(file.t, "a b", "97 257");
    tokenizer_file_close(&file);
}

static void a_piece_that_is_a_token_stays_whole_only_where_the_name_says_so(void **state) {
    (void)state;
    static const struct {
        const char *pre, *ids;
    } some[] = {{"llama-bpe", "256"}, {"tekken", "256"}, {"dbrx", "97 98"}, {"gpt-2", "97 98"}};
    for (size_t i = 0; i < BASE_COUNT(some); i++) {
        struct vocab_file f;
        begin(&f, some[i].pre);
        vocab_file_add(&f, "ab", NORMAL); /* no merge leads there */
        struct tokenizer_file file = tokenizer_file_open(&f);
        check_ids(file.t, "ab", some[i].ids);
        check_ids(file.t, "abb", "97 98 98");
        tokenizer_file_close(&file);
    }
}

static void what_merges_into_no_token_is_its_bytes(void **state) {
    (void)state;
    struct vocab_file f;
    begin(&f, "gpt-2");
    vocab_file_merge(&f, "a b"); /* "ab" is no token */
    vocab_file_add_merged(&f, "b", "c");
    struct tokenizer_file file = tokenizer_file_open(&f);
    check_ids(file.t, "abc", "97 98 99");
    tokenizer_file_close(&file);
}

static void no_merge_makes_a_control_token_of_a_text(void **state) {
    (void)state;
    struct vocab_file f;
    begin(&f, "llama-bpe");
    vocab_file_merge(&f, "a b");
    int32_t control = vocab_file_add(&f, "ab", CONTROL);
    struct tokenizer_file file = tokenizer_file_open(&f);
    assert_int_equal(control, 256);
    check_ids(file.t, "ab", "97 98");
    assert_string_equal(ids_parsed(file.t, "ab"), "256");
    tokenizer_file_close(&file);
}

static void a_byte_without_a_token_is_left_out(void **state) {
    (void)state;
    struct vocab_file f;
    vocab_file_init(&f, "gpt2", "gpt-2");
    int32_t unk = vocab_file_add(&f, "<|endoftext|>", CONTROL);
    vocab_file_add(&f, "a", NORMAL);
    gguf_writer_u32(&f.w, "tokenizer.ggml.unknown_token_id", (uint32_t)unk);
    struct tokenizer_file file = tokenizer_file_open(&f);
    check_ids(file.t, "abc a", "1 1");
    tokenizer_file_close(&file);
}

/* ---- bytes ---- */

static void bytes_that_are_no_character_count_as_the_replacement(void **state) {
    (void)state;
    struct vocab_file f;
    begin(&f, "gpt-2");
    struct tokenizer_file file = tokenizer_file_open(&f);
    static const struct {
        const char *text, *ids;
    } some[] = {{"\x80", "239 191 189"},
                {"a\xff", "97 239 191 189"},
                {"\xc3(", "239 191 189 40"},
                {"\xe2\x82", "239 191 189 239 191 189"},
                {"\xf4\x90\x80\x80", "239 191 189 239 191 189 239 191 189 239 191 189"}};
    for (size_t i = 0; i < BASE_COUNT(some); i++) check_ids(file.t, some[i].text, some[i].ids);
    assert_string_equal(ids_of(file.t, "a\0b", 3, false, false), "97 0 98");
    tokenizer_file_close(&file);
}

static void longer_forms_count_as_their_shortest(void **state) {
    (void)state;
    struct vocab_file f;
    begin(&f, "gpt-2");
    vocab_file_add_merged(&f, "a", "/"); /* pieces part before the slash, in any form */
    struct tokenizer_file file = tokenizer_file_open(&f);
    check_ids(file.t, "a\xc0\xaf", "97 47");
    check_ids(file.t, "\xe0\x80\xaf", "47");
    check_ids(file.t, "\xed\xa0\x80", "237 160 128");
    tokenizer_file_close(&file);
}

static size_t random_utf8(struct rng *rng, char *text, size_t max) {
    size_t len = 0, n = rng_below(rng, (uint32_t)max / 4);
    for (size_t i = 0; i < n; i++) {
        uint32_t cp = rng_below(rng, 3) ? rng_below(rng, 0x250) : rng_below(rng, 0x110000);
        if (cp >= 0xd800 && cp < 0xe000) cp = ' ';
        len += unicode_encode(cp, (uint8_t *)text + len);
    }
    return len;
}

static void well_formed_text_comes_back_as_it_was(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 9);
    for (int which = 0; which < TINY_VOCABS; which++) {
        if (!tiny_vocab_is_bytes(which)) continue;
        struct tokenizer_file file = tokenizer_file_tiny(which);
        for (int round = 0; round < 400; round++) {
            char text[400];
            int32_t ids[400];
            size_t n, at = 0, len = random_utf8(&rng, text, sizeof text);
            assert_int_equal(tokenizer_encode(file.t, text, len, false, true, ids, 400, &n, NULL),
                             INGLE_OK);
            assert_true(n <= len);
            for (size_t i = 0; i < n; i++) {
                struct gguf_str piece = tokenizer_piece(file.t, ids[i], true);
                assert_true(piece.len <= len - at);
                assert_memory_equal(piece.data, text + at, piece.len);
                at += piece.len;
            }
            assert_int_equal(at, len);
        }
        tokenizer_file_close(&file);
    }
}

/* ---- Gemma 4: characters, and spaces spelt with U+2581 ---- */

static void gemma4_merges_characters_over_spaces(void **state) {
    (void)state;
    struct vocab_file f;
    begin_gemma4(&f);
    vocab_file_add(&f, "a", NORMAL);      /* 256 */
    vocab_file_add(&f, "▁", NORMAL);      /* 257 */
    vocab_file_add(&f, "é", NORMAL);      /* 258 */
    vocab_file_add_merged(&f, "a", "▁");  /* 259 */
    vocab_file_add_merged(&f, "a▁", "é"); /* 260 */
    struct tokenizer_file file = tokenizer_file_open(&f);
    check_ids(file.t, "a é", "260");
    check_ids(file.t, "a▁é", "260"); /* written out it is a space as well */
    check_ids(file.t, " a", "257 256");
    check_ids(file.t, "b中", "98 228 184 173"); /* bytes by their names */
    tokenizer_file_close(&file);
}

static void gemma4_cuts_at_newlines_and_keeps_runs_that_are_tokens(void **state) {
    (void)state;
    struct vocab_file f;
    begin_gemma4(&f);
    vocab_file_add(&f, "a", NORMAL);       /* 256 */
    vocab_file_add(&f, "\n", NORMAL);      /* 257 */
    vocab_file_add_merged(&f, "a", "\n");  /* 258: never */
    vocab_file_add(&f, "\n\n\n", NORMAL);  /* 259: no merge leads there */
    vocab_file_add_merged(&f, "\n", "\n"); /* 260 */
    struct tokenizer_file file = tokenizer_file_open(&f);
    check_ids(file.t, "a\na", "256 257 256");
    check_ids(file.t, "a\n\n\na", "256 259 256");
    check_ids(file.t, "\n\n\n\n", "260 260");
    tokenizer_file_close(&file);
}

static void gemma4_begins_with_bos_even_if_the_file_says_no(void **state) {
    (void)state;
    struct vocab_file f;
    begin_gemma4(&f);
    int32_t bos = vocab_file_add(&f, "<bos>", CONTROL);
    gguf_writer_u32(&f.w, "tokenizer.ggml.bos_token_id", (uint32_t)bos);
    gguf_writer_key(&f.w, "tokenizer.ggml.add_bos_token", GGUF_BOOL);
    put_u8(&f.w.kvs, 0);
    struct tokenizer_file file = tokenizer_file_open(&f);
    assert_string_equal(ids_whole(file.t, "x"), "256 120");
    tokenizer_file_close(&file);
}

/* ---- refusals ---- */

static void merges_that_are_no_pair_of_tokens_are_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {"",       " ",      "a",     "ab",   "a ",
                                        " b",     "a xyz",  "xyz a", "a  b", "a b c",
                                        "a \xff", "\xff a", "a 中"};
    for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
        struct vocab_file f;
        begin(&f, "gpt-2");
        vocab_file_add_merged(&f, "a", "b");
        vocab_file_merge(&f, wrong[i]);
        expect_refused(vocab_file_open(&f), INGLE_INVALID, "Merge 1 of tokenizer.ggml.merges");
    }
}

static void missing_merges_and_other_types_are_refused_by_name(void **state) {
    (void)state;
    static const uint8_t sizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 8, 0, 8, 8, 8};
    struct vocab_file f;
    begin(&f, "gpt-2");
    f.no_merges = true;
    expect_refused(vocab_file_open(&f), INGLE_INVALID, "tokenizer.ggml.merges");
    for (uint32_t type = 0; type < GGUF_N_VALUE_TYPES; type++) {
        for (unsigned is_array = 0; is_array < 2; is_array++) {
            if (type == GGUF_ARRAY || (type == GGUF_STRING && is_array)) continue;
            begin(&f, "gpt-2");
            f.no_merges = true;
            if (is_array)
                gguf_writer_array(&f.w, "tokenizer.ggml.merges", type, 1);
            else
                gguf_writer_key(&f.w, "tokenizer.ggml.merges", type);
            put_zeros(&f.w.kvs, sizes[type]);
            expect_refused(vocab_file_open(&f), INGLE_INVALID, "tokenizer.ggml.merges");
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merges_of_lower_rank_go_first),
        cmocka_unit_test(the_leftmost_of_equals_merges_first),
        cmocka_unit_test(a_merge_is_of_a_pair_and_not_of_a_string),
        cmocka_unit_test(of_two_merges_of_one_pair_the_first_counts),
        cmocka_unit_test(pieces_do_not_merge_with_each_other),
        cmocka_unit_test(a_piece_that_is_a_token_stays_whole_only_where_the_name_says_so),
        cmocka_unit_test(what_merges_into_no_token_is_its_bytes),
        cmocka_unit_test(no_merge_makes_a_control_token_of_a_text),
        cmocka_unit_test(a_byte_without_a_token_is_left_out),
        cmocka_unit_test(bytes_that_are_no_character_count_as_the_replacement),
        cmocka_unit_test(longer_forms_count_as_their_shortest),
        cmocka_unit_test(well_formed_text_comes_back_as_it_was),
        cmocka_unit_test(gemma4_merges_characters_over_spaces),
        cmocka_unit_test(gemma4_cuts_at_newlines_and_keeps_runs_that_are_tokens),
        cmocka_unit_test(gemma4_begins_with_bos_even_if_the_file_says_no),
        cmocka_unit_test(merges_that_are_no_pair_of_tokens_are_refused),
        cmocka_unit_test(missing_merges_and_other_types_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
