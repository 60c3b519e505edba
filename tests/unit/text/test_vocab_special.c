/* Tokens with a role: by the keys of a file, by their texts, by the name of the model. */
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

/* ---- tokens with a role ---- */

static void ids_come_from_keys_or_from_the_defaults(void **state) {
    (void)state;
    struct vocab_file f;
    vocab_file_init(&f, "llama", NULL);
    for (int i = 0; i < 4; i++) vocab_file_add(&f, (const char[]){(char)('a' + i), 0}, NORMAL);
    gguf_writer_u32(&f.w, "tokenizer.ggml.eos_token_id", 3);
    gguf_writer_u32(&f.w, "tokenizer.ggml.unknown_token_id", UINT32_MAX); /* -1: none */
    struct vocab_in_file o =
        vocab_in_file_open(&f, VOCAB_SPACES, (struct vocab_defaults){1, 2, 0, true});
    assert_int_equal(o.vocab.bos, 1);
    assert_int_equal(o.vocab.eos, 3);
    assert_int_equal(o.vocab.unk, VOCAB_NONE);
    assert_true(o.vocab.add_bos && !o.vocab.add_eos);
    assert_true(o.vocab.flags[3] & VOCAB_END);
    vocab_in_file_close(&o);
}

static void a_default_that_the_vocabulary_has_not_is_none(void **state) {
    (void)state;
    struct vocab_file f;
    vocab_file_init(&f, "llama", NULL);
    vocab_file_add(&f, "a", NORMAL);
    struct vocab_in_file o =
        vocab_in_file_open(&f, VOCAB_SPACES, (struct vocab_defaults){1, 2, 0, true});
    assert_int_equal(o.vocab.bos, VOCAB_NONE);
    assert_int_equal(o.vocab.eos, VOCAB_NONE);
    vocab_in_file_close(&o);
}

static void known_ends_are_control_tokens_whatever_their_type(void **state) {
    (void)state;
    static const char *const ends[] = {
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>", "<|endoftext|>", "</s>",
        "<|eom_id|>", "<turn|>",    "<eos>",   "[e~[",          "<|file_sep|>",  "<|fim_pad|>"};
    struct vocab_file f;
    vocab_file_init(&f, "gpt2", "gpt-2");
    for (size_t i = 0; i < BASE_COUNT(ends); i++)
        vocab_file_add(&f, ends[i], i % 2 ? NORMAL : USER_DEFINED);
    int32_t middle = vocab_file_add(&f, "<|fim_middle|>", NORMAL);
    int32_t plain = vocab_file_add(&f, "<|other|>", CONTROL);
    struct vocab_in_file o = vocab_in_file_open(&f, VOCAB_BYTES, no_defaults);
    for (size_t i = 0; i < BASE_COUNT(ends); i++) {
        if (o.vocab.flags[i] != (VOCAB_CONTROL | VOCAB_END))
            fail_msg("'%s' has the flags %u.", ends[i], o.vocab.flags[i]);
    }
    assert_int_equal(o.vocab.flags[middle], VOCAB_CONTROL); /* ends no answer */
    assert_int_equal(o.vocab.flags[plain], VOCAB_CONTROL);
    vocab_in_file_close(&o);
}

static void a_key_for_filling_in_wins_over_texts(void **state) {
    (void)state;
    struct vocab_file f;
    vocab_file_init(&f, "gpt2", "gpt-2");
    int32_t pad = vocab_file_add(&f, "<pad>", CONTROL), text = vocab_file_add(&f, "[PAD]", NORMAL),
            pre = vocab_file_add(&f, "<PRE>", NORMAL);
    gguf_writer_u32(&f.w, "tokenizer.ggml.fim_pad_token_id", (uint32_t)pad);
    gguf_writer_u32(&f.w, "tokenizer.ggml.prefix_token_id", (uint32_t)pad); /* an old name */
    struct vocab_in_file o = vocab_in_file_open(&f, VOCAB_BYTES, no_defaults);
    assert_true(o.vocab.flags[pad] & VOCAB_END);
    assert_int_equal(o.vocab.flags[text], VOCAB_TEXT);
    assert_int_equal(o.vocab.flags[pre], VOCAB_TEXT);
    assert_int_equal(o.vocab.fim[VOCAB_FIM_PREFIX], pad);
    assert_int_equal(o.vocab.fim[VOCAB_FIM_SUFFIX], VOCAB_NONE);
    vocab_in_file_close(&o);
}

static void names_of_files_count_only_where_the_file_means_a_control_token(void **state) {
    (void)state;
    struct vocab_file f;
    vocab_file_init(&f, "gpt2", "gpt-2");
    vocab_file_add(&f, "<file_sep>", NORMAL);
    vocab_file_add(&f, "[PREFIX]", NORMAL);
    int32_t name = vocab_file_add(&f, "<filename>", CONTROL);
    int32_t repo = vocab_file_add(&f, "<repo_name>", USER_DEFINED);
    int32_t suffix = vocab_file_add(&f, "<fim_suffix>", USER_DEFINED);
    struct vocab_in_file o = vocab_in_file_open(&f, VOCAB_BYTES, no_defaults);
    assert_int_equal(o.vocab.fim[VOCAB_FIM_FILE], name);
    assert_int_equal(o.vocab.fim[VOCAB_FIM_PREFIX], VOCAB_NONE);
    assert_int_equal(o.vocab.fim[VOCAB_FIM_REPOSITORY], repo);
    assert_int_equal(o.vocab.fim[VOCAB_FIM_SUFFIX], suffix);
    assert_int_equal(o.vocab.flags[repo], VOCAB_CONTROL); /* text never becomes one */
    assert_int_equal(o.vocab.flags[suffix], VOCAB_CONTROL);
    assert_int_equal(o.vocab.flags[name], VOCAB_CONTROL); /* and ends no answer */
    vocab_in_file_close(&o);
}

static void channel_tags_are_literals_and_end_only_parts_messages(void **state) {
    (void)state;
    for (int own_ends = 0; own_ends < 2; own_ends++) {
        struct vocab_file f;
        vocab_file_init(&f, "gpt2", "gpt-4o");
        int32_t channel = vocab_file_add(&f, "<|channel|>", CONTROL);
        int32_t end = vocab_file_add(&f, "<|end|>", CONTROL);
        gguf_writer_u32(&f.w, "tokenizer.ggml.eot_token_id", (uint32_t)end);
        if (own_ends) {
            vocab_file_add(&f, "<|return|>", CONTROL);
            vocab_file_add(&f, "<|call|>", CONTROL);
        }
        struct vocab_in_file o = vocab_in_file_open(&f, VOCAB_BYTES, no_defaults);
        assert_int_equal(o.vocab.flags[channel], VOCAB_TEXT | VOCAB_LITERAL);
        assert_int_equal(o.vocab.flags[end],
                         own_ends ? VOCAB_TEXT | VOCAB_LITERAL : VOCAB_CONTROL | VOCAB_END);
        vocab_in_file_close(&o);
    }
}

static void a_tool_response_makes_s_an_ordinary_token(void **state) {
    (void)state;
    struct vocab_file f;
    vocab_file_init(&f, "gemma4", NULL);
    int32_t s = vocab_file_add(&f, "</s>", NORMAL);
    int32_t tool = vocab_file_add(&f, "<|tool_response>", USER_DEFINED);
    struct vocab_in_file o = vocab_in_file_open(&f, VOCAB_SPACES, no_defaults);
    assert_int_equal(o.vocab.flags[s], VOCAB_TEXT);
    assert_int_equal(o.vocab.flags[tool], VOCAB_CONTROL | VOCAB_END);
    vocab_in_file_close(&o);
}

/* ---- Phi-3 ---- */

static void add_phi3_tags(struct vocab_file *f) {
    static const struct {
        const char *text;
        uint32_t type;
    } tags[] = {{"<unk>", UNKNOWN},
                {"<s>", CONTROL},
                {"</s>", NORMAL},
                {"<|endoftext|>", CONTROL},
                {"<|user|>", CONTROL},
                {"<|end|>", CONTROL},
                {"<|assistant|>", USER_DEFINED},
                {"a", NORMAL}};
    for (size_t i = 0; i < BASE_COUNT(tags); i++) vocab_file_add(f, tags[i].text, tags[i].type);
}

static void expect_eats(const struct vocab_in_file *o, const bool wanted[8]) {
    for (int id = 0; id < 8; id++) {
        if (!!(o->vocab.flags[id] & VOCAB_EATS_SPACE) != wanted[id])
            fail_msg("Token %d eats or leaves the whitespace after it.", id);
    }
}

static void tokens_of_phi3_eat_space_but_for_three(void **state) {
    (void)state;
    static const bool eats[8] = {[2] = true, [4] = true, [5] = true, [6] = true};
    static const bool none[8] = {0};
    static const struct {
        const char *name;
        bool spm, is_phi3;
    } some[] = {{NULL, true, true},    {"Phi 3.5 mini", true, true}, {"my PHI-3 tune", false, true},
                {"Phi3", false, true}, {"Phi 4 mini", false, false}, {"ph", false, false}};
    for (size_t i = 0; i < BASE_COUNT(some); i++) {
        struct vocab_file f;
        vocab_file_init(&f, some[i].spm ? "llama" : "gpt2", NULL);
        if (some[i].name) gguf_writer_str(&f.w, "general.name", some[i].name);
        add_phi3_tags(&f);
        struct vocab_in_file o =
            vocab_in_file_open(&f, some[i].spm ? VOCAB_SPACES : VOCAB_BYTES, no_defaults);
        expect_eats(&o, some[i].is_phi3 ? eats : none);
        vocab_in_file_close(&o);
    }
}

/* ---- refusals ---- */

static void begin_two(struct vocab_file *f) {
    vocab_file_init(f, "llama", NULL);
    vocab_file_add(f, "a", NORMAL);
    vocab_file_add(f, "b", NORMAL);
}

static void ids_outside_the_vocabulary_are_refused_by_name(void **state) {
    (void)state;
    static const char *const names[] = {"bos",     "eos",     "unknown", "eot",
                                        "eom",     "fim_pre", "fim_suf", "fim_mid",
                                        "fim_pad", "fim_rep", "fim_sep", "prefix"};
    static const int64_t ids[] = {2, 4294967294, 1LL << 40, -2};
    for (size_t i = 0; i < BASE_COUNT(names) * BASE_COUNT(ids); i++) {
        struct vocab_file f;
        char key[64];
        snprintf(key, sizeof key, "tokenizer.ggml.%s_token_id", names[i / BASE_COUNT(ids)]);
        begin_two(&f);
        gguf_writer_key(&f.w, key, GGUF_I64);
        put_u64(&f.w.kvs, (uint64_t)ids[i % BASE_COUNT(ids)]);
        expect_refused(vocab_file_open(&f), INGLE_INVALID, key);
    }
}

static void keys_of_a_wrong_type_are_refused_by_name(void **state) {
    (void)state;
    static const char *const keys[] = {
        "tokenizer.ggml.bos_token_id", "tokenizer.ggml.add_bos_token",
        "tokenizer.ggml.add_eos_token", "tokenizer.ggml.add_space_prefix"};
    for (size_t i = 0; i < BASE_COUNT(keys); i++) {
        struct vocab_file f;
        begin_two(&f);
        gguf_writer_str(&f.w, keys[i], "yes");
        expect_refused(vocab_file_open(&f), INGLE_INVALID, keys[i]);
        begin_two(&f);
        gguf_writer_array(&f.w, keys[i], GGUF_U8, 1);
        put_u8(&f.w.kvs, 1);
        expect_refused(vocab_file_open(&f), INGLE_INVALID, keys[i]);
        begin_two(&f);
        gguf_writer_u32(&f.w, keys[i], 2);
        expect_refused(vocab_file_open(&f), INGLE_INVALID, keys[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_come_from_keys_or_from_the_defaults),
        cmocka_unit_test(a_default_that_the_vocabulary_has_not_is_none),
        cmocka_unit_test(known_ends_are_control_tokens_whatever_their_type),
        cmocka_unit_test(a_key_for_filling_in_wins_over_texts),
        cmocka_unit_test(names_of_files_count_only_where_the_file_means_a_control_token),
        cmocka_unit_test(channel_tags_are_literals_and_end_only_parts_messages),
        cmocka_unit_test(a_tool_response_makes_s_an_ordinary_token),
        cmocka_unit_test(tokens_of_phi3_eat_space_but_for_three),
        cmocka_unit_test(ids_outside_the_vocabulary_are_refused_by_name),
        cmocka_unit_test(keys_of_a_wrong_type_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
