/* What the tokens of a file stand for, and which arrays are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "engine/text/vocab.h"
#include "unit/text/vocab_file.h"

static const struct vocab_defaults no_defaults = {VOCAB_NONE, VOCAB_NONE, VOCAB_NONE, false};

static int32_t find(const struct vocab_in_file *o, const char *text) {
    return vocab_find(&o->vocab, text, strlen(text));
}

static int32_t find_text(const struct vocab_in_file *o, const char *text) {
    return vocab_find_text(&o->vocab, text, strlen(text));
}

/* ---- what tokens stand for ---- */

static void letters_of_the_byte_alphabet_stand_for_bytes(void **state) {
    (void)state;
    struct vocab_file f;
    vocab_file_init(&f, "gpt2", "gpt-2");
    vocab_file_add_alphabet(&f);
    int32_t hello = vocab_file_add(&f, "Ġhello", NORMAL), e = vocab_file_add(&f, "Ã©", NORMAL);
    struct vocab_in_file o = vocab_in_file_open(&f, VOCAB_BYTES, no_defaults);
    for (int32_t byte = 0; byte < 256; byte++) {
        assert_int_equal(o.vocab.text[byte].len, 1);
        assert_int_equal((uint8_t)o.vocab.text[byte].data[0], byte);
        assert_int_equal(o.vocab.byte_id[byte], byte);
    }
    assert_int_equal(find_text(&o, " hello"), hello);
    assert_int_equal(find_text(&o, "é"), e);
    assert_int_equal(find_text(&o, "Ġhello"), VOCAB_NONE);
    vocab_in_file_close(&o);
}

static void a_token_outside_the_alphabet_stands_for_itself_and_no_text_becomes_it(void **state) {
    (void)state;
    struct vocab_file f;
    vocab_file_init(&f, "gpt2", "gpt-2");
    int32_t odd = vocab_file_add(&f, "中 x", NORMAL);
    struct vocab_in_file o = vocab_in_file_open(&f, VOCAB_BYTES, no_defaults);
    assert_int_equal(o.vocab.text[odd].len, 5);
    assert_memory_equal(o.vocab.text[odd].data, "中 x", 5);
    assert_int_equal(find_text(&o, "中 x"), VOCAB_NONE);
    vocab_in_file_close(&o);
}

static void the_lower_block_is_a_space_in_sentencepiece(void **state) {
    (void)state;
    struct vocab_file f;
    vocab_file_init(&f, "llama", NULL);
    int32_t word = vocab_file_add(&f, "▁a▁▁b", NORMAL), space = vocab_file_add(&f, "▁", NORMAL);
    struct vocab_in_file o = vocab_in_file_open(&f, VOCAB_SPACES, no_defaults);
    assert_int_equal(find_text(&o, " a  b"), word);
    assert_int_equal(find_text(&o, " "), space);
    assert_int_equal(find(&o, "▁"), VOCAB_NONE);
    vocab_in_file_close(&o);
}

static void a_byte_has_its_named_token_or_else_that_of_its_letter(void **state) {
    (void)state;
    struct vocab_file f;
    vocab_file_init(&f, "llama", NULL);
    int32_t named = vocab_file_add(&f, "<0x41>", BYTE), letter = vocab_file_add(&f, "A", NORMAL),
            other = vocab_file_add(&f, "B", NORMAL), lower = vocab_file_add(&f, "<0x4a>", NORMAL);
    struct vocab_in_file o = vocab_in_file_open(&f, VOCAB_SPACES, no_defaults);
    assert_int_equal(o.vocab.byte_id['A'], named);
    assert_int_equal(o.vocab.byte_id['B'], other);
    assert_int_equal(o.vocab.byte_id['C'], VOCAB_NONE);
    assert_int_equal(o.vocab.text[named].len, 1);
    assert_int_equal(o.vocab.text[named].data[0], 'A');
    assert_int_equal(find_text(&o, "A"), letter);
    assert_int_equal(find_text(&o, "<0x41>"), VOCAB_NONE); /* no text becomes a byte token */
    assert_int_equal(find_text(&o, "<0x4a>"), lower);      /* hexadecimal in lower case is text */
    vocab_in_file_close(&o);
}

static void types_decide_what_text_becomes(void **state) {
    (void)state;
    struct vocab_file f;
    vocab_file_init(&f, "llama", NULL);
    static const struct {
        const char *text;
        uint32_t type;
        uint8_t flags;
    } some[] = {{"undefined", UNDEFINED, VOCAB_TEXT},
                {"normal", NORMAL, VOCAB_TEXT},
                {"unknown", UNKNOWN, VOCAB_CONTROL},
                {"control", CONTROL, VOCAB_CONTROL},
                {"user", USER_DEFINED, VOCAB_TEXT | VOCAB_LITERAL},
                {"unused", UNUSED, VOCAB_TEXT | VOCAB_UNUSED},
                {"  ", USER_DEFINED, VOCAB_TEXT | VOCAB_LITERAL},
                {"▁▁", USER_DEFINED, VOCAB_TEXT}, /* as older files spell the one before */
                {"a b", NORMAL, 0}};
    for (size_t i = 0; i < BASE_COUNT(some); i++) vocab_file_add(&f, some[i].text, some[i].type);
    struct vocab_in_file o = vocab_in_file_open(&f, VOCAB_SPACES, no_defaults);
    for (size_t i = 0; i < BASE_COUNT(some); i++) {
        if (o.vocab.flags[i] != some[i].flags)
            fail_msg("'%s' has the flags %u.", some[i].text, o.vocab.flags[i]);
    }
    vocab_in_file_close(&o);
}

static void without_types_all_tokens_are_ordinary(void **state) {
    (void)state;
    struct vocab_file f;
    vocab_file_init(&f, "llama", NULL);
    f.no_types = true;
    vocab_file_add(&f, "<s>", CONTROL);
    vocab_file_add(&f, "<0x41>", BYTE);
    struct vocab_in_file o = vocab_in_file_open(&f, VOCAB_SPACES, no_defaults);
    assert_int_equal(o.vocab.flags[0], VOCAB_TEXT);
    assert_int_equal(o.vocab.byte_id['A'], 1);
    assert_int_equal(o.vocab.text[1].len, 1);
    vocab_in_file_close(&o);
}

static void an_ordinary_token_is_found_before_a_special_one_of_the_same_text(void **state) {
    (void)state;
    struct vocab_file f;
    vocab_file_init(&f, "gpt2", "gpt-2");
    int32_t user = vocab_file_add(&f, "  ", USER_DEFINED), two = vocab_file_add(&f, "ĠĠ", NORMAL);
    struct vocab_in_file o = vocab_in_file_open(&f, VOCAB_BYTES, no_defaults);
    assert_int_not_equal(user, two);
    assert_int_equal(find(&o, "  "), two);
    vocab_in_file_close(&o);
}

static void an_empty_token_stands_for_nothing_and_is_never_found(void **state) {
    (void)state;
    struct vocab_file f;
    vocab_file_init(&f, "gpt2", "gpt-2");
    vocab_file_add(&f, "", NORMAL);
    vocab_file_add(&f, "", CONTROL);
    vocab_file_add(&f, "a", NORMAL);
    struct vocab_in_file o = vocab_in_file_open(&f, VOCAB_BYTES, no_defaults);
    assert_int_equal(o.vocab.text[0].len, 0);
    assert_int_equal(find(&o, ""), VOCAB_NONE);
    vocab_in_file_close(&o);
}

static void whole_numbers_will_do_for_scores(void **state) {
    (void)state;
    struct vocab_file f;
    vocab_file_init(&f, "llama", NULL);
    f.no_scores = true;
    vocab_file_add(&f, "a", NORMAL);
    vocab_file_add(&f, "b", NORMAL);
    gguf_writer_array(&f.w, "tokenizer.ggml.scores", GGUF_I32, 3); /* more than tokens is fine */
    put_u32(&f.w.kvs, (uint32_t)-7), put_u32(&f.w.kvs, 2), put_u32(&f.w.kvs, 0);
    struct vocab_in_file o = vocab_in_file_open(&f, VOCAB_SPACES, no_defaults);
    assert_true(o.vocab.score[0] == -7.0f && o.vocab.score[1] == 2.0f);
    vocab_in_file_close(&o);
}

/* ---- refusals ---- */

/* A vocabulary of two tokens but for the array `key`, which the caller writes. */
static void begin_without(struct vocab_file *f, const char *key) {
    vocab_file_init(f, "llama", NULL);
    if (strcmp(key, "tokenizer.ggml.tokens") == 0) {
        f->no_types = f->no_scores = true;
        return;
    }
    vocab_file_add(f, "a", NORMAL);
    vocab_file_add(f, "b", NORMAL);
    f->no_types = strcmp(key, "tokenizer.ggml.token_type") == 0;
    f->no_scores = strcmp(key, "tokenizer.ggml.scores") == 0;
}

static const uint8_t value_size[] = {1, 1, 2, 2, 4, 4, 4, 1, 8, 0, 8, 8, 8}; /* of every type */

/* As an array of two and as a single value. */
static void expect_type_refused(const char *key, uint32_t type, bool is_array) {
    struct vocab_file f;
    begin_without(&f, key);
    if (is_array)
        gguf_writer_array(&f.w, key, type, 2);
    else
        gguf_writer_key(&f.w, key, type);
    put_zeros(&f.w.kvs, value_size[type] * (is_array ? 2u : 1u));
    expect_refused(vocab_file_open(&f), INGLE_INVALID, key);
}

static void arrays_of_a_wrong_type_are_refused_by_name(void **state) {
    (void)state;
    for (uint32_t type = 0; type < GGUF_N_VALUE_TYPES; type++) {
        if (type == GGUF_ARRAY) continue; /* nested: refused by gguf_open() */
        bool is_number = type != GGUF_STRING && type != GGUF_BOOL;
        if (type != GGUF_STRING) expect_type_refused("tokenizer.ggml.tokens", type, true);
        expect_type_refused("tokenizer.ggml.tokens", type, false);
        if (!is_number) expect_type_refused("tokenizer.ggml.token_type", type, true);
        expect_type_refused("tokenizer.ggml.token_type", type, false);
        if (!is_number) expect_type_refused("tokenizer.ggml.scores", type, true);
        expect_type_refused("tokenizer.ggml.scores", type, false);
    }
}

static void no_tokens_are_refused(void **state) {
    (void)state;
    struct vocab_file f;
    vocab_file_init(&f, "llama", NULL);
    expect_refused(vocab_file_open(&f), INGLE_INVALID, "tokenizer.ggml.tokens");
    vocab_file_init(&f, "llama", NULL);
    gguf_writer_array(&f.w, "tokenizer.ggml.tokens", GGUF_STRING, 0);
    expect_refused(vocab_file_open(&f), INGLE_INVALID, "tokenizer.ggml.tokens");
}

static void arrays_shorter_than_the_tokens_are_refused(void **state) {
    (void)state;
    static const char *const keys[] = {"tokenizer.ggml.scores", "tokenizer.ggml.token_type"};
    for (size_t i = 0; i < BASE_COUNT(keys); i++) {
        for (uint64_t n = 0; n < 2; n++) {
            struct vocab_file f;
            char saying[64];
            begin_without(&f, keys[i]);
            gguf_writer_array(&f.w, keys[i], GGUF_I32, n);
            put_zeros(&f.w.kvs, 4 * n);
            snprintf(saying, sizeof saying, "%s has %d elements for 2", keys[i], (int)n);
            expect_refused(vocab_file_open(&f), INGLE_INVALID, saying);
        }
    }
}

static void numbers_that_are_no_type_or_no_score_are_refused(void **state) {
    (void)state;
    static const int32_t types[] = {-1, 7, 1000};
    struct vocab_file f;
    for (size_t i = 0; i < BASE_COUNT(types); i++) {
        begin_without(&f, "tokenizer.ggml.token_type");
        gguf_writer_array(&f.w, "tokenizer.ggml.token_type", GGUF_I32, 2);
        put_u32(&f.w.kvs, NORMAL), put_u32(&f.w.kvs, (uint32_t)types[i]);
        expect_refused(vocab_file_open(&f), INGLE_INVALID,
                       "Element 1 of tokenizer.ggml.token_type");
    }
    static const uint32_t scores[] = {0x7fc00000, 0x7f800000, 0xff800000}; /* NaN, infinities */
    for (size_t i = 0; i < BASE_COUNT(scores); i++) {
        begin_without(&f, "tokenizer.ggml.scores");
        gguf_writer_array(&f.w, "tokenizer.ggml.scores", GGUF_F32, 2);
        put_u32(&f.w.kvs, 0), put_u32(&f.w.kvs, scores[i]);
        expect_refused(vocab_file_open(&f), INGLE_INVALID, "Element 1 of tokenizer.ggml.scores");
    }
}

static void tokens_of_the_same_text_are_refused(void **state) {
    (void)state;
    static const uint32_t types[][2] = {
        {NORMAL, NORMAL}, {NORMAL, UNUSED}, {CONTROL, CONTROL}, {CONTROL, USER_DEFINED}};
    for (size_t i = 0; i < BASE_COUNT(types); i++) {
        struct vocab_file f;
        vocab_file_init(&f, "llama", NULL);
        vocab_file_add(&f, "x", NORMAL);
        vocab_file_add(&f, "same", types[i][0]);
        vocab_file_add(&f, "same", types[i][1]);
        expect_refused(vocab_file_open(&f), INGLE_INVALID,
                       "Tokens 1 and 2 of tokenizer.ggml.tokens");
    }
}

static void two_tokens_of_one_byte_are_refused(void **state) {
    (void)state;
    struct vocab_file f;
    vocab_file_init(&f, "llama", NULL);
    vocab_file_add_byte_names(&f);
    vocab_file_add(&f, "<0x41>", NORMAL);
    expect_refused(vocab_file_open(&f), INGLE_INVALID,
                   "Tokens 65 and 256 of tokenizer.ggml.tokens");
}

static void a_nul_in_a_token_is_refused(void **state) {
    (void)state;
    for (uint32_t type = UNDEFINED; type <= BYTE; type++) {
        struct vocab_file f;
        vocab_file_init(&f, "llama", NULL);
        vocab_file_add(&f, "a", NORMAL);
        put_u64(&f.tokens, 3);
        buf_add(&f.tokens, "b\0c", 3);
        put_u32(&f.types, type);
        put_f32(&f.scores, 0);
        f.n_tokens++;
        expect_refused(vocab_file_open(&f), INGLE_INVALID, "Token 1 of tokenizer.ggml.tokens");
    }
}

static void a_byte_token_of_another_name_is_refused(void **state) {
    (void)state;
    static const char *const names[] = {"<0x4>", "<0x041>", "<0X41>", "<0x4g>", "<0x41", "A", ""};
    for (size_t i = 0; i < BASE_COUNT(names); i++) {
        struct vocab_file f;
        vocab_file_init(&f, "llama", NULL);
        vocab_file_add(&f, names[i], BYTE);
        expect_refused(vocab_file_open(&f), INGLE_INVALID, "Token 0 of tokenizer.ggml.tokens");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_of_the_byte_alphabet_stand_for_bytes),
        cmocka_unit_test(a_token_outside_the_alphabet_stands_for_itself_and_no_text_becomes_it),
        cmocka_unit_test(the_lower_block_is_a_space_in_sentencepiece),
        cmocka_unit_test(a_byte_has_its_named_token_or_else_that_of_its_letter),
        cmocka_unit_test(types_decide_what_text_becomes),
        cmocka_unit_test(without_types_all_tokens_are_ordinary),
        cmocka_unit_test(an_ordinary_token_is_found_before_a_special_one_of_the_same_text),
        cmocka_unit_test(an_empty_token_stands_for_nothing_and_is_never_found),
        cmocka_unit_test(whole_numbers_will_do_for_scores),
        cmocka_unit_test(arrays_of_a_wrong_type_are_refused_by_name),
        cmocka_unit_test(no_tokens_are_refused),
        cmocka_unit_test(arrays_shorter_than_the_tokens_are_refused),
        cmocka_unit_test(numbers_that_are_no_type_or_no_score_are_refused),
        cmocka_unit_test(tokens_of_the_same_text_are_refused),
        cmocka_unit_test(two_tokens_of_one_byte_are_refused),
        cmocka_unit_test(a_nul_in_a_token_is_refused),
        cmocka_unit_test(a_byte_token_of_another_name_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
