/* constraint/trie: the tokens of a vocabulary in a tree. */
#include "engine/constraint/trie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "engine/constraint/machine.h"
#include "fuzz/tiny_vocab.h"
#include "support/refusal.h"
#include "support/torture.h"
#include "unit/text/vocab_file.h"

static struct trie *make(const struct tokenizer *t) {
    struct trie *trie;
    ingle_error err;
    if (trie_new(&trie, t, &err) != INGLE_OK) fail_msg("%s", err.msg);
    return trie;
}

/* Should the token have a path, and which? Returns its length; 0 = none. */
static size_t path_of(const struct tokenizer *t, int32_t id, uint8_t *path) {
    struct gguf_str text = tokenizer_piece(t, id, true);
    if (tokenizer_is_end(t, id) || tokenizer_is_unused(t, id) || text.len == 0) return 0;
    for (size_t i = 0; i < text.len; i++) {
        if ((uint8_t)text.data[i] >= 0xfe) return 0;
    }
    size_t around = tokenizer_is_control(t, id) ? 1 : 0;
    if (text.len + 2 * around > TRIE_MAX_LEN) return 0;
    memcpy(path + around, text.data, text.len);
    if (!around) return text.len;
    path[0] = MACHINE_CONTROL;
    path[text.len + 1] = MACHINE_CONTROL_END;
    return text.len + 2;
}

/* Walks one of the two trees: depths, sizes and order are right, and every token found has the path
 * that it should. Returns how many. */
static int check_tree(const struct trie *trie, uint32_t first, uint32_t end, bool plain) {
    uint8_t path[TRIE_MAX_LEN + 1] = {0}, want[TRIE_MAX_LEN + 2];
    int n_found = 0;
    for (uint32_t i = first; i < end; i++) {
        const struct trie_node *node = &trie->nodes[i];
        uint32_t before = i > first ? trie->nodes[i - 1].depth : 0;
        assert_true(node->depth >= 1 && node->depth <= before + 1);
        assert_true(i + node->size <= end);
        for (uint32_t k = i + 1; k < i + node->size; k++) {
            assert_true(trie->nodes[k].depth > node->depth);
        }
        uint32_t next = i + node->size;
        if (next < end && trie->nodes[next].depth == node->depth) {
            assert_true(trie->nodes[next].byte >= node->byte);
        } else if (next < end) {
            assert_true(trie->nodes[next].depth < node->depth);
        }
        path[node->depth - 1] = (uint8_t)node->byte;
        if (node->token == TRIE_NO_TOKEN) continue;
        size_t len = path_of(trie->tokenizer, (int32_t)node->token, want);
        assert_int_equal(len, node->depth);
        assert_memory_equal(path, want, len);
        size_t n_characters = 0;
        for (size_t k = 0; k < len; k++) n_characters += (path[k] & 0xc0) != 0x80;
        for (size_t n = 0; n <= LEXER_FAR; n++) {
            uint64_t word = trie->plain_bits[n * trie->n_words + node->token / 64];
            assert_int_equal(word >> node->token % 64 & 1, plain && n_characters <= n);
        }
        for (uint32_t k = i + 1; plain && k < next; k++) {
            uint8_t byte = (uint8_t)trie->nodes[k].byte;
            if (byte < 0x80) assert_true(trie->below[i] & trie_ascii_bit(byte));
        }
        for (size_t k = 0; plain && k < len; k++) assert_true(trie_is_plain(path[k]));
        n_found++;
    }
    return n_found;
}

static void check(const struct tokenizer *t) {
    struct trie *trie = make(t);
    uint8_t path[TRIE_MAX_LEN + 2];
    int n_wanted = 0, n_ends = 0;
    for (int32_t id = 0; id < tokenizer_n_vocab(t); id++) {
        n_wanted += path_of(t, id, path) > 0;
        n_ends += tokenizer_is_end(t, id);
    }
    int n_found = check_tree(trie, 0, trie->n_plain, true) +
                  check_tree(trie, trie->n_plain, trie->n_nodes, false);
    assert_int_equal(n_found, n_wanted);
    assert_int_equal(trie->n_ends, n_ends);
    trie_free(trie);
}

static void every_token_that_may_follow_has_its_path(void **state) {
    (void)state;
    for (int which = 0; which < TINY_VOCABS; which++) {
        struct tokenizer_file file = tokenizer_file_tiny(which);
        check(file.t);
        tokenizer_file_close(&file);
    }
}

/* A SentencePiece vocabulary with what is rare: equal tokens, tokens that are none, long ones. */
static struct tokenizer_file open_odd(void) {
    struct vocab_file f;
    char longest[TRIE_MAX_LEN + 2];
    memset(longest, 'x', sizeof longest);
    vocab_file_init(&f, "llama", NULL);
    vocab_file_add(&f, "<unk>", UNKNOWN);
    vocab_file_add(&f, "<s>", CONTROL);
    vocab_file_add(&f, "</s>", CONTROL);
    vocab_file_add_byte_names(&f);              /* 3.. */
    vocab_file_add(&f, "A", NORMAL);            /* 259: the same as byte 0x41 */
    vocab_file_add(&f, "AB", NORMAL);           /* 260 */
    vocab_file_add(&f, "[unused0]", UNUSED);    /* 261 */
    vocab_file_add(&f, "\xe2\x96\x81", NORMAL); /* 262: a space, as byte 0x20 */
    vocab_file_add(&f,
                   "\xe2\x96\x81"
                   "A\"",
                   NORMAL);                     /* 263 */
    vocab_file_add(&f, "<|tool|>", CONTROL);    /* 264 */
    vocab_file_add(&f, "<tool>", USER_DEFINED); /* 265 */
    longest[TRIE_MAX_LEN] = '\0';
    vocab_file_add(&f, longest, NORMAL); /* 266 */
    longest[TRIE_MAX_LEN] = 'x';
    longest[TRIE_MAX_LEN + 1] = '\0';
    vocab_file_add(&f, longest, NORMAL);                /* 267: too long */
    vocab_file_add(&f, "\xc3\xa9\xe2\x82\xac", NORMAL); /* 268 */
    vocab_file_add(&f, "\xed\xa0\x80z", NORMAL);        /* 269: a surrogate is no text */
    return tokenizer_file_open(&f);
}

static void equal_tokens_each_have_a_node(void **state) {
    (void)state;
    struct tokenizer_file file = open_odd();
    check(file.t);
    struct trie *trie = make(file.t);
    int n_found = 0;
    for (uint32_t i = 0; i < trie->n_nodes; i++) {
        uint32_t token = trie->nodes[i].token;
        n_found += token == 3 + 'A' || token == 259;
        assert_true(token != 261 && token != 267 && token != 0 + 2);
        if (token == 269) assert_true(i >= trie->n_plain);
        if (token == 268) assert_true(i < trie->n_plain);
        if (token == 266) assert_true(i >= trie->n_plain); /* longer than a lexer key holds for */
    }
    assert_int_equal(n_found, 2);
    assert_int_equal(trie->n_ends, 1);
    assert_int_equal(trie->ends[0], 2);
    trie_free(trie);
    tokenizer_file_close(&file);
}

static void expect_longest(const struct trie *trie, const char *text, int32_t id, size_t len) {
    size_t used;
    assert_int_equal(trie_longest(trie, (const uint8_t *)text, strlen(text), &used), id);
    assert_int_equal(used, len);
}

static void the_longest_token_of_a_text_is_found(void **state) {
    (void)state;
    struct tokenizer_file file = open_odd();
    struct trie *trie = make(file.t);
    expect_longest(trie, "ABC", 260, 2);
    expect_longest(trie, "BA", 3 + 'B', 1);
    expect_longest(trie, " A\"", 263, 3);
    expect_longest(trie, "<tool>x", 265, 6);
    expect_longest(trie, "<tool", 3 + '<', 1);
    expect_longest(trie, "\xff<|tool|>\xfe", 264, 10);
    expect_longest(trie, "\xff<|tool|", TOKENIZER_NONE, 0);
    expect_longest(trie, "", TOKENIZER_NONE, 0);
    trie_free(trie);
    tokenizer_file_close(&file);
}

static bool spells(const struct trie *trie, const char *text, size_t len) {
    bool spelt;
    ingle_error err;
    if (trie_spells(trie, text, len, &spelt, &err) != INGLE_OK) fail_msg("%s", err.msg);
    return spelt;
}

/* "aab" is a text of "a", "ab" and "abc"; "abb" is none. */
static void texts_are_spelt_by_tokens_or_not(void **state) {
    (void)state;
    struct vocab_file f;
    vocab_file_init(&f, "llama", NULL);
    vocab_file_add(&f, "<unk>", UNKNOWN);
    vocab_file_add(&f, "<s>", CONTROL);
    vocab_file_add(&f, "</s>", CONTROL);
    vocab_file_add(&f, "a", NORMAL);
    vocab_file_add(&f, "ab", NORMAL);
    vocab_file_add(&f, "abc", NORMAL);
    vocab_file_add(&f, "cd\"", NORMAL);
    struct tokenizer_file file = tokenizer_file_open(&f);
    struct trie *trie = make(file.t);
    assert_true(spells(trie, "", 0));
    assert_true(spells(trie, "aab", 3));
    assert_true(spells(trie, "abca", 4));
    assert_true(spells(trie, "abcd\"", 5)); /* ab, cd": the longest is not the one */
    assert_false(spells(trie, "abb", 3));
    assert_false(spells(trie, "abcd", 4));
    assert_false(spells(trie, "b", 1));
    trie_free(trie);
    tokenizer_file_close(&file);
    file = open_odd();
    trie = make(file.t);
    assert_true(spells(trie, "\xc3\xa9 any \x01 bytes", 15));
    assert_false(spells(trie, "\xff", 1));
    trie_free(trie);
    tokenizer_file_close(&file);
}

static struct tokenizer_file tortured;

static ingle_status build(ingle_error *err) {
    struct trie *trie;
    ingle_status status = trie_new(&trie, tortured.t, err);
    if (status != INGLE_OK) assert_null(trie);
    trie_free(trie);
    return status;
}

static void running_out_of_memory_is_said_and_leaves_nothing_behind(void **state) {
    (void)state;
    tortured = open_odd();
    assert_true(torture(build) >= 6);
    tokenizer_file_close(&tortured);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_token_that_may_follow_has_its_path),
        cmocka_unit_test(equal_tokens_each_have_a_node),
        cmocka_unit_test(the_longest_token_of_a_text_is_found),
        cmocka_unit_test(texts_are_spelt_by_tokens_or_not),
        cmocka_unit_test(running_out_of_memory_is_said_and_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
