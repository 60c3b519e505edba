/* The text of a run: what is learnt from and what is held out, and what a window looks like. */
#include "learn/text/text_data.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "learn/nn/loss.h"
#include "support/refusal.h"

#define N_CTX 16

/* Letters that never repeat as a run of N_CTX: the base 26 digits of a counter. */
static void write_text(struct buf *text, int n_words) {
    buf_init(text, 1 << 20);
    for (int i = 0; i < n_words; i++) {
        char word[] = {(char)('a' + i / 676 % 26), (char)('a' + i / 26 % 26), (char)('a' + i % 26),
                       ' ', '\0'};
        assert_true(buf_add_str(text, word));
    }
}

/* With a vocabulary of bytes: token i is byte i - 1 of the text. */
static void open_data(struct text_data *d, const struct buf *text) {
    struct text_source source = {"made", text->data, text->size};
    assert_int_equal(text_data_init(d, &source, 1, BPE_MIN_VOCAB, N_CTX, NULL), INGLE_OK);
    assert_int_equal(d->n_tokens, text->size + 1);
}

static void windows_keep_off_what_is_held_out(void **state) {
    (void)state;
    struct buf text;
    struct text_data d;
    int32_t ids[N_CTX], targets[N_CTX];
    size_t n_bytes, n_held_out = 0;
    write_text(&text, 2000);
    open_data(&d, &text);
    uint8_t *seen = mem_calloc(d.n_tokens, 1);
    assert_non_null(seen);
    for (uint64_t i = 0; i < 20000; i++) {
        text_data_window(&d, 7, i, ids, targets);
        assert_int_equal(ids[0], d.end);
        if (targets[0] == NN_IGNORE) { /* the first window of all */
            assert_int_equal(ids[1], d.end);
            memset(seen, 1, N_CTX);
            continue;
        }
        assert_memory_equal(ids + 1, targets, (N_CTX - 1) * sizeof *ids);
        char window[N_CTX + 1] = {0};
        for (int k = 0; k < N_CTX; k++) window[k] = (char)targets[k];
        const char *at = strstr(text.data, window);
        assert_non_null(at);
        memset(seen + (at - text.data) + 1, 1, N_CTX);
    }
    for (size_t i = 0; i < text_data_n_held_out(&d); i++) {
        int n = text_data_held_out(&d, i, ids, targets, &n_bytes);
        assert_int_equal(n_bytes, n);
        char window[N_CTX + 1] = {0};
        for (int k = 0; k < n; k++) window[k] = (char)targets[k];
        if (n < N_CTX) continue;
        const char *at = strstr(text.data, window);
        assert_non_null(at);
        for (int k = 0; k < n; k++) assert_int_equal(seen[at - text.data + 1 + k]++, 0);
        n_held_out += (size_t)n;
    }
    assert_in_range(n_held_out, d.n_tokens / 25, d.n_tokens / 18);
    size_t n_seen = 0;
    for (size_t i = 0; i < d.n_tokens; i++) n_seen += seen[i];
    assert_true(n_seen > d.n_tokens * 98 / 100); /* everything else has its turn */
    mem_free(seen);
    text_data_clear(&d);
    buf_clear(&text);
}

static void windows_follow_from_seed_and_number(void **state) {
    (void)state;
    struct buf text;
    struct text_data d;
    int32_t ids[N_CTX], a[N_CTX], b[N_CTX];
    int n_same_number = 0, n_same_seed = 0;
    write_text(&text, 2000);
    open_data(&d, &text);
    for (uint64_t i = 0; i < 100; i++) {
        text_data_window(&d, 7, i, ids, a);
        text_data_window(&d, 7, i, ids, b);
        assert_memory_equal(a, b, sizeof a);
        text_data_window(&d, 8, i, ids, b);
        n_same_number += memcmp(a, b, sizeof a) == 0;
        text_data_window(&d, 7, i + 1, ids, b);
        n_same_seed += memcmp(a, b, sizeof a) == 0;
    }
    assert_true(n_same_number < 5 && n_same_seed < 5);
    text_data_clear(&d);
    buf_clear(&text);
}

static void texts_are_parted_by_the_end_token(void **state) {
    (void)state;
    struct text_data d;
    char text[2000];
    for (size_t i = 0; i < sizeof text; i++) text[i] = (char)('a' + i % 7);
    for (size_t i = 0; i < strlen(BPE_END); i++) text[100 + i] = BPE_END[i];
    struct text_source sources[] = {{"a", text, 1000}, {"b", text + 1000, 1000}};
    assert_int_equal(text_data_init(&d, sources, 2, BPE_MIN_VOCAB, N_CTX, NULL), INGLE_OK);
    int n = 0;
    for (size_t i = 0; i < d.n_tokens; i++) n += d.tokens[i] == d.end;
    assert_int_equal(n, 3); /* before each file, and where the text says so */
    assert_int_equal(d.tokens[0], d.end);
    assert_int_equal(d.tokens[101], d.end);
    text_data_clear(&d);
}

static void what_is_no_text_is_refused(void **state) {
    (void)state;
    struct text_data d;
    ingle_error err = {0};
    char text[400];
    memset(text, 'x', sizeof text);
    struct text_source source = {"it", text, sizeof text};
    text[300] = (char)0xff;
    expect_refusal(text_data_init(&d, &source, 1, 300, N_CTX, &err), INGLE_INVALID, &err,
                   "byte 300 begins no character");
    assert_int_equal(err.where, 300);
    text_data_clear(&d);
    text[300] = '\0';
    expect_refusal(text_data_init(&d, &source, 1, 300, N_CTX, &err), INGLE_INVALID, &err,
                   "byte 300 is 0");
    text_data_clear(&d);
    source.len = 100;
    expect_refusal(text_data_init(&d, &source, 1, 300, N_CTX, &err), INGLE_BAD_ARGUMENT, &err,
                   "too short");
    text_data_clear(&d);
    expect_refusal(text_data_init(&d, &source, 1, 256, N_CTX, &err), INGLE_BAD_ARGUMENT, &err,
                   "not 256");
    text_data_clear(&d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_keep_off_what_is_held_out),
        cmocka_unit_test(windows_follow_from_seed_and_number),
        cmocka_unit_test(texts_are_parted_by_the_end_token),
        cmocka_unit_test(what_is_no_text_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
