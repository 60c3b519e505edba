/* Whole tokenizers: which are opened, what stands around a text, and the rules that hold for every
 * vocabulary and any text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/compiler.h"
#include "base/rng.h"
#include "engine/text/utf8_stream.h"
#include "fuzz/tiny_vocab.h"
#include "unit/text/vocab_file.h"

#define MAX_IDS 2048

/* ---- opening ---- */

static void models_that_are_not_supported_are_refused_by_name(void **state) {
    (void)state;
    static const char *const models[] = {"bert", "t5", "rwkv", "plamo2", "none", "GPT2"};
    for (size_t i = 0; i < BASE_COUNT(models); i++) {
        struct vocab_file f;
        char saying[32];
        vocab_file_init(&f, models[i], NULL);
        vocab_file_add(&f, "a", NORMAL);
        snprintf(saying, sizeof saying, "tokenizer '%s'", models[i]);
        expect_refused(vocab_file_open(&f), INGLE_UNSUPPORTED, saying);
    }
    struct vocab_file f;
    vocab_file_init(&f, "", NULL);
    expect_refused(vocab_file_open(&f), INGLE_UNSUPPORTED, "does not name its tokenizer");
}

static void pre_tokenizers_that_are_not_supported_are_refused_by_name(void **state) {
    (void)state;
    static const char *const pres[] = {"default", "falcon", "qwen35", "deepseek-llm"};
    for (size_t i = 0; i < BASE_COUNT(pres); i++) {
        struct vocab_file f;
        char saying[48];
        vocab_file_init(&f, "gpt2", pres[i]);
        vocab_file_add(&f, "a", NORMAL);
        snprintf(saying, sizeof saying, "pre-tokenizer '%s'", pres[i]);
        expect_refused(vocab_file_open(&f), INGLE_UNSUPPORTED, saying);
    }
    struct vocab_file f;
    vocab_file_init(&f, "gpt2", NULL);
    vocab_file_add(&f, "a", NORMAL);
    expect_refused(vocab_file_open(&f), INGLE_UNSUPPORTED, "does not name its pre-tokenizer");
}

/* Ids of a conversation: what lies outside the ranges is somebody's words. */
static void a_look_alike_outside_the_ranges_is_text_like_any_other(void **state) {
    (void)state;
    struct vocab_file f;
    vocab_file_init(&f, "gpt2", "gpt-2");
    vocab_file_add_alphabet(&f);
    int32_t ab = vocab_file_add_merged(&f, "a", "b");
    int32_t end = vocab_file_add(&f, "<e>", CONTROL);
    struct tokenizer_file file = tokenizer_file_open(&f);
    const char *text = "<e>a<e>b<e>ab";
    const struct text_range ranges[] = {{0, 3}, {8, 3}};
    int32_t ids[16];
    size_t n;
    assert_int_equal(
        tokenizer_encode_ranges(file.t, text, strlen(text), ranges, 2, ids, 16, &n, NULL),
        INGLE_OK);
    const int32_t wanted[] = {end, 'a', '<', 'e', '>', 'b', end, ab};
    assert_int_equal(n, BASE_COUNT(wanted));
    assert_memory_equal(ids, wanted, sizeof wanted);
    /* A piece of data does not cut the text around it. */
    assert_int_equal(
        tokenizer_encode_ranges(file.t, "ab", 2, &(struct text_range){0, 1}, 1, ids, 16, &n, NULL),
        INGLE_OK);
    assert_int_equal(n, 1);
    assert_int_equal(ids[0], ab);
    tokenizer_file_close(&file);
}

static void names_that_are_no_strings_are_refused(void **state) {
    (void)state;
    static const char *const keys[] = {"tokenizer.ggml.model", "tokenizer.ggml.pre"};
    for (int i = 0; i < 2; i++) {
        struct gguf_writer w;
        struct vocab_file f = {.no_merges = true};
        gguf_writer_init(&w);
        if (i == 1) gguf_writer_str(&w, keys[0], "gpt2");
        gguf_writer_u32(&w, keys[i], 1);
        f.w = w;
        expect_refused(vocab_file_open(&f), INGLE_INVALID, keys[i]);
    }
}

static void out_of_memory_while_opening_is_reported_and_leaks_nothing(void **state) {
    (void)state;
    for (int which = 0; which < TINY_VOCABS; which++) {
        struct tokenizer_file file = tokenizer_file_tiny(which);
        tokenizer_close(file.t);
        uint64_t live = mem_live(), n = 1;
        for (ingle_status status = INGLE_NO_MEMORY; status != INGLE_OK; n++) {
            ingle_error err = {0};
            mem_fail_at(n, 0);
            status = tokenizer_open(&file.t, file.gguf, &err);
            mem_fail_at(0, 0);
            if (status == INGLE_OK) break;
            assert_int_equal(status, INGLE_NO_MEMORY);
            assert_int_equal(err.code, INGLE_NO_MEMORY);
            assert_null(file.t);
            assert_int_equal(mem_live(), live);
        }
        assert_in_range(n, 6, 100);
        tokenizer_file_close(&file);
    }
}

/* ---- what stands around a text ---- */

static void bos_and_eos_stand_where_the_file_says(void **state) {
    (void)state;
    static const struct {
        const char *pre;
        int add_bos, add_eos; /* -1: the key is absent */
        const char *ids;
    } some[] = {{"gpt-2", -1, -1, "97"},    {"llama-bpe", -1, -1, "256 97"},
                {"gpt-2", 1, -1, "256 97"}, {"llama-bpe", 0, -1, "97"},
                {"gpt-2", -1, 1, "97 257"}, {"tekken", 1, 1, "256 97 257"},
                {"gpt-4o", 0, 0, "97"}};
    for (size_t i = 0; i < BASE_COUNT(some); i++) {
        struct vocab_file f;
        vocab_file_init(&f, "gpt2", some[i].pre);
        vocab_file_add_alphabet(&f);
        vocab_file_add(&f, "<bos>", CONTROL);
        vocab_file_add(&f, "<eos>", CONTROL);
        gguf_writer_u32(&f.w, "tokenizer.ggml.bos_token_id", 256);
        gguf_writer_u32(&f.w, "tokenizer.ggml.eos_token_id", 257);
        if (some[i].add_bos >= 0) {
            gguf_writer_key(&f.w, "tokenizer.ggml.add_bos_token", GGUF_BOOL);
            put_u8(&f.w.kvs, (uint8_t)some[i].add_bos);
        }
        if (some[i].add_eos >= 0) {
            gguf_writer_key(&f.w, "tokenizer.ggml.add_eos_token", GGUF_BOOL);
            put_u8(&f.w.kvs, (uint8_t)some[i].add_eos);
        }
        struct tokenizer_file file = tokenizer_file_open(&f);
        assert_string_equal(ids_whole(file.t, "a"), some[i].ids);
        assert_string_equal(ids_plain(file.t, "a"), "97");
        assert_int_equal(tokenizer_bos(file.t), 256);
        assert_int_equal(tokenizer_eos(file.t), 257);
        tokenizer_file_close(&file);
    }
}

static void no_bos_is_added_that_the_file_does_not_name(void **state) {
    (void)state;
    struct vocab_file f;
    vocab_file_init(&f, "gpt2", "llama-bpe");
    vocab_file_add_alphabet(&f);
    struct tokenizer_file file = tokenizer_file_open(&f);
    assert_string_equal(ids_whole(file.t, "a"), "97");
    assert_int_equal(tokenizer_bos(file.t), TOKENIZER_NONE);
    tokenizer_file_close(&file);
}

static void an_empty_text_has_no_tokens_of_its_own(void **state) {
    (void)state;
    for (int which = 0; which < TINY_VOCABS; which++) {
        struct tokenizer_file file = tokenizer_file_tiny(which);
        assert_string_equal(ids_plain(file.t, ""), "");
        tokenizer_file_close(&file);
    }
}

static void ids_past_the_room_are_counted_and_not_written(void **state) {
    (void)state;
    struct tokenizer_file file = tokenizer_file_tiny(0);
    int32_t ids[4] = {-7, -7, -7, -7};
    size_t n;
    assert_int_equal(tokenizer_encode(file.t, "zyxwv", 5, false, false, ids, 2, &n, NULL),
                     INGLE_OK);
    assert_int_equal(n, 5);
    assert_int_equal(ids[1], 'y');
    assert_int_equal(ids[2], -7);
    tokenizer_file_close(&file);
}

static void a_text_too_long_for_positions_is_refused(void **state) {
    (void)state;
    struct tokenizer_file file = tokenizer_file_tiny(0);
    size_t n = 99;
    ingle_error err = {0};
    assert_int_equal(tokenizer_encode(file.t, "", INT32_MAX / 3, false, false, NULL, 0, &n, &err),
                     INGLE_LIMIT);
    assert_int_equal(n, 0);
    assert_non_null(strstr(err.msg, "715827882 bytes"));
    tokenizer_file_close(&file);
}

static void out_of_memory_while_encoding_is_reported_and_leaks_nothing(void **state) {
    (void)state;
    static const char text[] = "the <tool> in <|begin|> hall \xff 123";
    for (int which = 0; which < TINY_VOCABS; which++) {
        struct tokenizer_file file = tokenizer_file_tiny(which);
        uint64_t live = mem_live(), n = 1;
        for (ingle_status status = INGLE_NO_MEMORY; status != INGLE_OK; n++) {
            size_t n_ids = 99;
            ingle_error err = {0};
            mem_fail_at(n, 0);
            status =
                tokenizer_encode(file.t, text, sizeof text - 1, true, true, NULL, 0, &n_ids, &err);
            mem_fail_at(0, 0);
            assert_int_equal(mem_live(), live);
            if (status == INGLE_OK) break;
            assert_int_equal(status, INGLE_NO_MEMORY);
            assert_int_equal(n_ids, 0);
        }
        assert_in_range(n, 4, 100);
        tokenizer_file_close(&file);
    }
}

/* ---- control tokens ---- */

static bool has_control(const struct tokenizer *t, const char *text, size_t len, bool parse,
                        int32_t *found) {
    static int32_t ids[MAX_IDS];
    size_t n;
    assert_int_equal(tokenizer_encode(t, text, len, false, parse, ids, MAX_IDS, &n, NULL),
                     INGLE_OK);
    assert_true(n <= MAX_IDS);
    for (size_t i = 0; i < n; i++) {
        *found = ids[i];
        if (tokenizer_is_control(t, ids[i])) return true;
    }
    return false;
}

/* Every control string alone, inside text, doubled, and nested in every other one. */
static void text_of_a_user_never_becomes_a_control_token(void **state) {
    (void)state;
    for (int which = 0; which < TINY_VOCABS; which++) {
        struct tokenizer_file file = tokenizer_file_tiny(which);
        int n_controls = 0;
        for (int32_t id = 0; id < tokenizer_n_vocab(file.t); id++) {
            struct gguf_str s = tokenizer_piece(file.t, id, true);
            if (!tokenizer_is_control(file.t, id)) continue;
            n_controls++;
            for (size_t cut = 0; cut <= s.len; cut++) {
                char text[256];
                int32_t found = -1;
                int len = snprintf(text, sizeof text, "a%.*s %.*s%.*s%.*s\n%.*s", (int)s.len,
                                   s.data, (int)cut, s.data, (int)s.len, s.data, (int)(s.len - cut),
                                   s.data + cut, (int)s.len, s.data);
                if (has_control(file.t, text, (size_t)len, false, &found))
                    fail_msg("vocabulary %d: '%s' becomes token %d.", which, text, found);
                assert_true(has_control(file.t, text, (size_t)len, true, &found));
            }
        }
        assert_true(n_controls >= 2);
        tokenizer_file_close(&file);
    }
}

static void control_tokens_have_no_text_unless_it_is_asked_for(void **state) {
    (void)state;
    for (int which = 0; which < TINY_VOCABS; which++) {
        struct tokenizer_file file = tokenizer_file_tiny(which);
        for (int32_t id = 0; id < tokenizer_n_vocab(file.t); id++) {
            bool is_control = tokenizer_is_control(file.t, id);
            assert_int_equal(tokenizer_piece(file.t, id, false).len == 0, is_control);
            assert_true(tokenizer_piece(file.t, id, true).len > 0);
            if (tokenizer_is_end(file.t, id)) assert_true(is_control);
        }
        assert_true(tokenizer_is_end(file.t, tokenizer_eos(file.t)));
        tokenizer_file_close(&file);
    }
}

static void phi3_drops_whitespace_after_its_tags(void **state) {
    (void)state;
    struct vocab_file f;
    vocab_file_init(&f, "llama", "default");
    static const char *const tags[] = {"<unk>",    "<s>",     "</s>",
                                       "<|user|>", "<|end|>", "<|assistant|>"};
    for (size_t i = 0; i < BASE_COUNT(tags); i++) vocab_file_add(&f, tags[i], CONTROL);
    vocab_file_add(&f, "▁", NORMAL);  /* 6 */
    vocab_file_add(&f, "a", NORMAL);  /* 7 */
    vocab_file_add(&f, "\n", NORMAL); /* 8 */
    struct tokenizer_file file = tokenizer_file_open(&f);
    assert_string_equal(ids_whole(file.t, "<|user|>\na<|end|>\n<|assistant|>\n"), "1 3 6 7 4 5");
    assert_string_equal(ids_parsed(file.t, "<s>\na"), "1 6 8 7"); /* <s> eats nothing */
    assert_string_equal(ids_plain(file.t, "a\n\na"), "6 7 8 8 7");
    tokenizer_file_close(&file);
}

/* ---- back to text ---- */

static void append(const char *text, size_t len, void *user) {
    assert_true(((uint8_t)text[0] & 0xc0) != 0x80); /* begins with a character */
    buf_add(user, text, len);
}

/* Tokens that split characters, one by one and in two goes at every place. */
static void streamed_text_never_splits_a_character(void **state) {
    (void)state;
    static const char text[] = "the caf\xc3\xa9 \xe4\xb8\xad\xe6\x96\x87 \xf0\x9f\x98\x80 "
                               "na\xc3\xafve \xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa9 12";
    for (int which = 0; which < TINY_VOCABS; which++) {
        struct tokenizer_file file = tokenizer_file_tiny(which);
        int32_t ids[MAX_IDS];
        size_t n;
        assert_int_equal(
            tokenizer_encode(file.t, text, sizeof text - 1, false, false, ids, MAX_IDS, &n, NULL),
            INGLE_OK);
        for (size_t split = 0; split <= n; split++) {
            struct utf8_stream stream = {0};
            struct buf out;
            buf_init(&out, 4096);
            for (size_t from = 0, to = split; from <= n; from = to, to = n) {
                struct buf bytes;
                buf_init(&bytes, 4096);
                for (size_t i = from; i < to; i++) {
                    struct gguf_str piece = tokenizer_piece(file.t, ids[i], false);
                    buf_add(&bytes, piece.data, piece.len);
                }
                if (bytes.size) utf8_stream_push(&stream, bytes.data, bytes.size, append, &out);
                buf_clear(&bytes);
                if (to == n) break;
            }
            utf8_stream_flush(&stream, append, &out);
            const char *start = tokenizer_strips_first_space(file.t) ? out.data + 1 : out.data;
            assert_string_equal(start, text);
            buf_clear(&out);
        }
        tokenizer_file_close(&file);
    }
}

static void sentencepiece_gives_back_any_bytes_after_its_first_space(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 4);
    for (int which = 0; which < TINY_VOCABS; which++) {
        if (tiny_vocab_is_bytes(which)) continue;
        struct tokenizer_file file = tokenizer_file_tiny(which);
        size_t skip = tokenizer_strips_first_space(file.t) ? 1 : 0;
        for (int round = 0; round < 500; round++) {
            char text[40], back[200];
            int32_t ids[200];
            size_t n, len = 1 + rng_below(&rng, sizeof text - 1), at = 0;
            for (size_t i = 0; i < len; i++) text[i] = (char)(1 + rng_below(&rng, 0x7f));
            assert_int_equal(tokenizer_encode(file.t, text, len, false, false, ids, 200, &n, NULL),
                             INGLE_OK);
            for (size_t i = 0; i < n; i++) {
                struct gguf_str piece = tokenizer_piece(file.t, ids[i], false);
                memcpy(back + at, piece.data, piece.len);
                at += piece.len;
            }
            assert_int_equal(at, len + skip);
            assert_memory_equal(back + skip, text, len);
        }
        tokenizer_file_close(&file);
    }
}

static void hostile_texts_need_little_stack(void **state) {
    (void)state;
    for (int which = 0; which < TINY_VOCABS; which++) {
        struct tokenizer_file file = tokenizer_file_tiny(which);
        for (size_t i = 0; hostile_unit(i); i++)
            (void)encode_on_a_small_stack(file.t, hostile_unit(i), (size_t)100 << 10);
        tokenizer_file_close(&file);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_that_are_not_supported_are_refused_by_name),
        cmocka_unit_test(pre_tokenizers_that_are_not_supported_are_refused_by_name),
        cmocka_unit_test(names_that_are_no_strings_are_refused),
        cmocka_unit_test(a_look_alike_outside_the_ranges_is_text_like_any_other),
        cmocka_unit_test(out_of_memory_while_opening_is_reported_and_leaks_nothing),
        cmocka_unit_test(bos_and_eos_stand_where_the_file_says),
        cmocka_unit_test(no_bos_is_added_that_the_file_does_not_name),
        cmocka_unit_test(an_empty_text_has_no_tokens_of_its_own),
        cmocka_unit_test(ids_past_the_room_are_counted_and_not_written),
        cmocka_unit_test(a_text_too_long_for_positions_is_refused),
        cmocka_unit_test(out_of_memory_while_encoding_is_reported_and_leaks_nothing),
        cmocka_unit_test(text_of_a_user_never_becomes_a_control_token),
        cmocka_unit_test(control_tokens_have_no_text_unless_it_is_asked_for),
        cmocka_unit_test(phi3_drops_whitespace_after_its_tags),
        cmocka_unit_test(streamed_text_never_splits_a_character),
        cmocka_unit_test(sentencepiece_gives_back_any_bytes_after_its_first_space),
        cmocka_unit_test(hostile_texts_need_little_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
