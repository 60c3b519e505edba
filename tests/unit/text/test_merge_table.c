/* The merges of a file, which are read a block at a time. */
#include "engine/text/merge_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "unit/text/vocab_file.h"

/* Ids of the alphabet are bytes; what follows begins at 256. */
static void begin(struct vocab_file *f) {
    vocab_file_init(f, "gpt2", "gpt-2");
    vocab_file_add_alphabet(f);
}

/* Merge k of many: all pairs of letters in turn. */
static void name_pair(int k, char left[2], char right[2]) {
    left[0] = (char)('A' + k / 26);
    right[0] = (char)('a' + k % 26);
    left[1] = right[1] = '\0';
}

static void add_pairs(struct vocab_file *f, int n) {
    for (int k = 0; k < n; k++) {
        char left[2], right[2];
        name_pair(k, left, right);
        (void)vocab_file_add_merged(f, left, right);
    }
}

struct table_in_file {
    struct vocab_in_file in;
    struct merge_table table;
};

static struct table_in_file open_table(struct vocab_file *f) {
    const struct vocab_defaults none = {VOCAB_NONE, VOCAB_NONE, VOCAB_NONE, false};
    struct table_in_file t = {.in = vocab_in_file_open(f, VOCAB_BYTES, none)};
    ingle_error err = {0};
    if (merge_table_init(&t.table, &t.in.vocab, t.in.gguf, &err) != INGLE_OK)
        fail_msg("%s", err.msg);
    return t;
}

static void close_table(struct table_in_file *t) {
    merge_table_clear(&t->table);
    vocab_in_file_close(&t->in);
}

static void check_merge(const struct table_in_file *t, int32_t left, int32_t right, int32_t rank,
                        int32_t id) {
    const struct merge_slot *slot = merge_table_find(&t->table, left, right);
    assert_true(slot->key == merge_key(left, right));
    assert_int_equal(slot->rank, rank);
    assert_int_equal(slot->id, id);
}

static void every_merge_of_many_blocks_is_found_and_no_other(void **state) {
    (void)state;
    for (int n = 0; n < 200; n += n < 100 ? 31 : 1 + n / 3) {
        struct vocab_file f;
        begin(&f);
        add_pairs(&f, n);
        struct table_in_file t = open_table(&f);
        for (int k = 0; k < 26 * 26; k++) {
            char left[2], right[2];
            name_pair(k, left, right);
            const struct merge_of_bytes *bytes = &t.table.bytes[left[0] << 8 | right[0]];
            assert_true(merge_table_find(&t.table, right[0], left[0])->key == 0);
            if (k < n) {
                check_merge(&t, left[0], right[0], k, 256 + k);
                assert_int_equal(bytes->rank1, k + 1);
                assert_int_equal(bytes->id, 256 + k);
            } else {
                assert_true(merge_table_find(&t.table, left[0], right[0])->key == 0);
                assert_int_equal(bytes->rank1, 0);
            }
        }
        close_table(&t);
    }
}

static void what_merges_make_is_found_in_any_order_of_the_tokens(void **state) {
    (void)state;
    struct vocab_file f;
    begin(&f);
    int32_t cd = vocab_file_add(&f, "cd", NORMAL), ab = vocab_file_add(&f, "ab", NORMAL);
    int32_t abcd = vocab_file_add(&f, "abcd", NORMAL), bc = vocab_file_add(&f, "bc", NORMAL);
    vocab_file_merge(&f, "a b");
    vocab_file_merge(&f, "b c");
    vocab_file_merge(&f, "c d");
    vocab_file_merge(&f, "ab cd");
    vocab_file_merge(&f, "x y");  /* no token */
    vocab_file_merge(&f, "a bc"); /* no token, between two that are */
    struct table_in_file t = open_table(&f);
    check_merge(&t, 'a', 'b', 0, ab);
    check_merge(&t, 'b', 'c', 1, bc);
    check_merge(&t, 'c', 'd', 2, cd);
    check_merge(&t, ab, cd, 3, abcd);
    check_merge(&t, 'x', 'y', 4, t.in.vocab.n + 4);
    check_merge(&t, 'a', bc, 5, t.in.vocab.n + 5);
    close_table(&t);
}

static void a_token_with_a_role_is_not_what_a_merge_makes(void **state) {
    (void)state;
    struct vocab_file f;
    begin(&f);
    (void)vocab_file_add(&f, "ab", CONTROL);
    int32_t bc = vocab_file_add(&f, "bc", NORMAL);
    (void)vocab_file_add(&f, "<|im_end|>", NORMAL); /* control by its name */
    int32_t end = vocab_file_add(&f, "<|im_end|", NORMAL);
    vocab_file_merge(&f, "a b");
    vocab_file_merge(&f, "b c");
    vocab_file_merge(&f, "<|im_end| >");
    struct table_in_file t = open_table(&f);
    check_merge(&t, 'a', 'b', 0, t.in.vocab.n);
    check_merge(&t, 'b', 'c', 1, bc);
    check_merge(&t, end, '>', 2, t.in.vocab.n + 2);
    close_table(&t);
}

static void tokens_and_merges_of_any_length_are_read(void **state) {
    (void)state;
    static const size_t lens[] = {7, 8, 9, 11, 12, 13, 4095, 4096, 4097, 20000};
    struct vocab_file f;
    static char text[20100], merge[20100];
    begin(&f);
    int32_t ids[BASE_COUNT(lens)];
    for (size_t i = 0; i < BASE_COUNT(lens); i++) {
        memset(text, 'q', lens[i]);
        text[lens[i]] = '\0';
        ids[i] = vocab_file_add(&f, text, NORMAL);
        memcpy(merge, text, lens[i]);
        memcpy(merge + lens[i], " w", sizeof " w");
        vocab_file_merge(&f, merge);
        vocab_file_merge(&f, "a b");
    }
    struct table_in_file t = open_table(&f);
    for (size_t i = 0; i < BASE_COUNT(lens); i++) {
        check_merge(&t, ids[i], 'w', 2 * (int32_t)i, t.in.vocab.n + 2 * (int32_t)i);
    }
    close_table(&t);
}

/* Merge `bad` of 100 is wrong, and one after it in the other way. */
static void check_refused(int bad, const char *merge, const char *later, const char *saying) {
    char words[80];
    struct vocab_file f;
    begin(&f);
    for (int k = 0; k < 100; k++) {
        char left[2], right[2];
        name_pair(k, left, right);
        if (k == bad) {
            vocab_file_merge(&f, merge);
        } else if (k == bad + 1) {
            vocab_file_merge(&f, later);
        } else {
            (void)vocab_file_add_merged(&f, left, right);
        }
    }
    snprintf(words, sizeof words, "Merge %d of tokenizer.ggml.merges%s", bad, saying);
    expect_refused(vocab_file_open(&f), INGLE_INVALID, words);
}

static void the_first_bad_merge_is_named(void **state) {
    (void)state;
    static const int places[] = {0, 1, 30, 31, 32, 33, 63, 64, 98, 99};
    for (size_t i = 0; i < BASE_COUNT(places); i++) {
        check_refused(places[i], "ab", "no token", " is not two strings and a space.");
        check_refused(places[i], "no token", "ab", ", 'no token', joins what is no token.");
        check_refused(places[i], "a ", "no token", " is not two strings and a space.");
        check_refused(places[i], " a", "no token", " is not two strings and a space.");
        check_refused(places[i], "", "no token", " is not two strings and a space.");
        check_refused(places[i], "  a", "ab", ", '  a', joins what is no token.");
        check_refused(places[i], "\xc2\x85 a", "ab", ", '\xc2\x85 a', joins what is no token.");
    }
}

static void every_failed_allocation_is_told(void **state) {
    (void)state;
    struct vocab_file f;
    begin(&f);
    add_pairs(&f, 50);
    const struct vocab_defaults none = {VOCAB_NONE, VOCAB_NONE, VOCAB_NONE, false};
    struct vocab_in_file in = vocab_in_file_open(&f, VOCAB_BYTES, none);
    ingle_status status = INGLE_NO_MEMORY;
    for (uint64_t n = 1; status != INGLE_OK; n++) {
        struct merge_table t = {0};
        ingle_error err = {0};
        uint64_t live = mem_live();
        mem_fail_at(n, 0);
        status = merge_table_init(&t, &in.vocab, in.gguf, &err);
        mem_fail_at(0, 0);
        assert_true(status == INGLE_OK ? n > 3 : status == INGLE_NO_MEMORY);
        merge_table_clear(&t);
        assert_int_equal(mem_live(), live);
    }
    vocab_in_file_close(&in);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_merge_of_many_blocks_is_found_and_no_other),
        cmocka_unit_test(what_merges_make_is_found_in_any_order_of_the_tokens),
        cmocka_unit_test(a_token_with_a_role_is_not_what_a_merge_makes),
        cmocka_unit_test(tokens_and_merges_of_any_length_are_read),
        cmocka_unit_test(the_first_bad_merge_is_named),
        cmocka_unit_test(every_failed_allocation_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
