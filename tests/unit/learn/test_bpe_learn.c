/* Vocabularies: which pairs become tokens, in which order, and that the tokenizer reads them. */
#include "learn/text/bpe_learn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "engine/text/tokenizer.h"
#include "learn/text/bpe_pairs.h"

static void learn_from(struct bpe_learn *b, const char *text, int n_vocab) {
    bpe_learn_init(b);
    bpe_learn_add(b, text, strlen(text));
    assert_int_equal(bpe_learn_run(b, n_vocab, NULL), INGLE_OK);
}

static void expect_merge(const struct bpe_learn *b, int i, int left, int right) {
    assert_true(i < b->n_merges);
    assert_int_equal(b->merges[i].left, left);
    assert_int_equal(b->merges[i].right, right);
}

static void the_most_frequent_pair_becomes_a_token_first(void **state) {
    (void)state;
    struct bpe_learn b;
    /* Pieces: "low" once, " low" twice, " lower" twice: l o and o w five times each. */
    learn_from(&b, "low low low lower lower", 400);
    expect_merge(&b, 0, 'l', 'o'); /* of equals, the smaller left one */
    expect_merge(&b, 1, 256, 'w');
    expect_merge(&b, 2, ' ', 257);
    expect_merge(&b, 3, 'e', 'r');
    expect_merge(&b, 4, 258, 259);
    assert_int_equal(b.n_merges, 5); /* no pair is left that occurs twice */
    assert_int_equal(bpe_learn_n_vocab(&b), 262);
    bpe_learn_clear(&b);
}

static void a_pair_that_overlaps_itself_is_counted_as_it_merges(void **state) {
    (void)state;
    struct bpe_learn b;
    learn_from(&b, "aaaaa aaaaa", 300);
    expect_merge(&b, 0, 'a', 'a');
    expect_merge(&b, 1, 256, 'a'); /* aa aa a: either pair twice, the smaller key first */
    expect_merge(&b, 2, 256, 257);
    assert_int_equal(b.n_merges, 3);
    bpe_learn_clear(&b);
}

static void a_vocabulary_ends_at_its_size(void **state) {
    (void)state;
    struct bpe_learn b;
    learn_from(&b, "the cat and the hat and the cat", 259);
    assert_int_equal(bpe_learn_n_vocab(&b), 259);
    bpe_learn_clear(&b);
    learn_from(&b, "the cat and the hat and the cat", 257);
    assert_int_equal(bpe_learn_n_vocab(&b), 257);
    bpe_learn_clear(&b);
    learn_from(&b, "", 300);
    assert_int_equal(bpe_learn_n_vocab(&b), 257);
    bpe_learn_clear(&b);
}

/* The tokenizer that the keys make; all of it lies in *bytes. */
static struct tokenizer *open_tokenizer(const struct bpe_learn *b, struct buf *bytes,
                                        struct gguf **file) {
    struct gguf_write w;
    struct tokenizer *t = NULL;
    ingle_error err = {0};
    gguf_write_init(&w, 1 << 20);
    assert_int_equal(bpe_learn_write(b, &w, NULL), INGLE_OK);
    buf_init(bytes, 1 << 20);
    assert_int_equal(gguf_write_finish(&w, bytes, NULL), INGLE_OK);
    if (gguf_open_memory(file, bytes->data, bytes->size, "made", &err) != INGLE_OK ||
        tokenizer_open(&t, *file, &err) != INGLE_OK)
        fail_msg("%s", err.msg);
    assert_non_null(t);
    return t;
}

static void every_text_comes_back_from_its_tokens(void **state) {
    (void)state;
    static const char *const texts[] = {
        "the cat sat on the mat, and the cat was fat",
        "caf\xc3\xa9 \xe2\x82\xac 5 \xf0\x9f\x90\x88 the  cat\n\n\tsat",
        "\x01\x7f !~ \xc2\xa0\xc2\xad\xc3\xbf"};
    struct bpe_learn b;
    struct buf bytes;
    struct gguf *file;
    learn_from(&b, "the cat sat on the mat, and the cat was fat. caf\xc3\xa9 caf\xc3\xa9", 300);
    struct tokenizer *t = open_tokenizer(&b, &bytes, &file);
    assert_int_equal(tokenizer_n_vocab(t), bpe_learn_n_vocab(&b));
    assert_int_equal(tokenizer_bos(t), bpe_learn_n_vocab(&b) - 1);
    assert_true(tokenizer_is_end(t, tokenizer_bos(t)) && tokenizer_adds_bos(t));
    for (size_t i = 0; i < BASE_COUNT(texts); i++) {
        int32_t ids[100];
        char back[200];
        size_t n, len = 0, size = strlen(texts[i]);
        assert_int_equal(tokenizer_encode(t, texts[i], size, false, false, ids, 100, &n, NULL),
                         INGLE_OK);
        for (size_t k = 0; k < n; k++) {
            struct gguf_str piece = tokenizer_piece(t, ids[k], false);
            memcpy(back + len, piece.data, piece.len);
            len += piece.len;
        }
        assert_int_equal(len, size);
        assert_memory_equal(back, texts[i], size);
        if (i == 0) assert_true(n < size * 3 / 4);
    }
    tokenizer_close(t);
    gguf_close(file);
    buf_clear(&bytes);
    bpe_learn_clear(&b);
}

static void running_out_of_memory_is_said_at_every_step(void **state) {
    (void)state;
    uint64_t live = mem_live();
    bool failed = true;
    for (uint64_t n = 1; failed; n++) {
        struct bpe_learn b;
        mem_fail_at(n, 0);
        bpe_learn_init(&b);
        bpe_learn_add(&b, "the cat sat on the mat", 22);
        ingle_status status = bpe_learn_run(&b, 300, NULL);
        failed = status == INGLE_NO_MEMORY;
        assert_true(failed || status == INGLE_OK);
        mem_fail_at(0, 0);
        bpe_learn_clear(&b);
        assert_int_equal(mem_live(), live);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_most_frequent_pair_becomes_a_token_first),
        cmocka_unit_test(a_pair_that_overlaps_itself_is_counted_as_it_merges),
        cmocka_unit_test(a_vocabulary_ends_at_its_size),
        cmocka_unit_test(every_text_comes_back_from_its_tokens),
        cmocka_unit_test(running_out_of_memory_is_said_at_every_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
