/* Long texts in parts: nothing is left out, nothing is too long. */
#include "task/summarize_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/compiler.h"
#include "base/rng.h"
#include "base/utf8.h"

/* Every byte is a token. */
static ingle_status count_bytes(const char *text, size_t len, size_t *n, void *user,
                                ingle_error *err) {
    (void)text, (void)user, (void)err;
    *n = len;
    return INGLE_OK;
}

/* Every four bytes begun, and more where many come together: what is counted piece by piece is not
 * the count of the whole. */
static ingle_status count_oddly(const char *text, size_t len, size_t *n, void *user,
                                ingle_error *err) {
    (void)text, (void)user, (void)err;
    *n = (len + 3) / 4 + len / 50;
    return INGLE_OK;
}

static ingle_status count_never(const char *text, size_t len, size_t *n, void *user,
                                ingle_error *err) {
    (void)text, (void)len, (void)n, (void)user;
    return status_set(err, INGLE_CANCELLED, 0, "Interrupted.");
}

static void random_text(struct buf *text, uint64_t seed, size_t n_words) {
    static const char *const words[] = {
        "the",  "house", "burned", "Anna", "3,000", "caf\303\251", "\346\227\245\346\234\254",
        "e.g.", "(so)",  "and"};
    static const char *const ends[] = {". ",
                                       "! ",
                                       "? ",
                                       ".\n\n",
                                       "\n\n# Head\n\n",
                                       "\n- ",
                                       ", ",
                                       "\n\n```\ncode();\n\n# no\n```\n\n",
                                       "\n| a | b |\n",
                                       ".\n"};
    struct rng r;
    rng_init(&r, seed);
    buf_init(text, 1 << 20);
    for (size_t i = 0; i < n_words; i++) {
        buf_add_str(text, words[rng_below(&r, BASE_COUNT(words))]);
        if (rng_below(&r, 8) == 0)
            buf_add_str(text, ends[rng_below(&r, BASE_COUNT(ends))]);
        else if (rng_below(&r, 40) > 0)
            buf_add_str(text, " ");
    }
}

static void expect_whole(const struct plan *plan, const struct buf *text,
                         const struct plan_limits *limits, plan_count_fn count) {
    size_t reached = 0;
    for (size_t i = 0; i < plan->n_parts; i++) {
        const struct plan_part *p = &plan->parts[i];
        size_t n, n_repeated;
        assert_int_equal(p->n_new, reached); /* what is new begins where the last one ended */
        assert_true(p->from <= p->n_new && p->n_new < p->to);
        assert_int_equal(count(text->data + p->from, p->to - p->from, &n, NULL, NULL), INGLE_OK);
        assert_int_equal(n, p->n_tokens);
        assert_true(n <= limits->n_tokens);
        assert_int_equal(count(text->data + p->from, p->n_new - p->from, &n_repeated, NULL, NULL),
                         INGLE_OK);
        assert_true(n_repeated <= limits->n_overlap + limits->n_overlap / 4);
        assert_true(utf8_is_valid(text->data + p->from, p->to - p->from));
        reached = p->to;
    }
    assert_int_equal(reached, text->size);
}

static void every_byte_is_in_a_part_and_no_part_is_too_long(void **state) {
    (void)state;
    static const plan_count_fn counts[] = {count_bytes, count_oddly};
    for (uint64_t seed = 0; seed < 2000; seed++) {
        struct rng r;
        rng_init(&r, seed + 1000000);
        struct buf text;
        random_text(&text, seed, rng_below(&r, 600));
        if (text.size == 0) buf_add_str(&text, "x");
        struct plan_limits limits = {.n_tokens = 4 + rng_below(&r, 400)};
        limits.n_overlap = rng_below(&r, 1 + (uint32_t)limits.n_tokens / 2);
        struct plan plan;
        ingle_error err = {0};
        plan_count_fn count = counts[seed % 2];
        if (plan_make(&plan, text.data, text.size, &limits, count, NULL, &err) != INGLE_OK) {
            fail_msg("seed %d: %s", (int)seed, err.msg);
        }
        expect_whole(&plan, &text, &limits, count);
        plan_clear(&plan);
        buf_clear(&text);
    }
}

/* The parts of a text of so many bytes, for so many in a part. */
static size_t parts_of(const char *text, size_t n_tokens, size_t n_overlap, struct plan *plan) {
    struct plan_limits limits = {n_tokens, n_overlap};
    assert_int_equal(plan_make(plan, text, strlen(text), &limits, count_bytes, NULL, NULL),
                     INGLE_OK);
    return plan->n_parts;
}

static void parts_end_at_the_best_place_there_is(void **state) {
    (void)state;
    struct plan plan;
    static const char sections[] = "One two three. Four five six.\n\n# B\n\nSeven eight nine. Ten.";
    assert_int_equal(parts_of(sections, 40, 0, &plan), 2);
    assert_memory_equal(sections + plan.parts[1].from, "# B", 3);
    plan_clear(&plan);
    static const char paragraphs[] = "One two. Three four.\n\nFive six. Seven eight. Nine ten.";
    assert_int_equal(parts_of(paragraphs, 34, 0, &plan), 2);
    assert_memory_equal(paragraphs + plan.parts[1].from, "Five", 4);
    plan_clear(&plan);
    static const char sentences[] = "One two three four. Five six seven eight. Nine ten eleven.";
    assert_int_equal(parts_of(sentences, 45, 0, &plan), 2);
    assert_int_equal(sentences[plan.parts[0].to - 2], '.');
    plan_clear(&plan);
}

static void parts_are_of_about_the_same_size(void **state) {
    (void)state;
    struct buf text;
    struct plan plan;
    buf_init(&text, 1 << 20);
    for (int i = 0; i < 110; i++) buf_addf(&text, "Sentence %03d is here. ", i);
    assert_int_equal(parts_of(text.data, 2300, 0, &plan), 2);
    assert_true(plan.parts[1].n_tokens > 900);
    plan_clear(&plan);
    buf_clear(&text);
}

static void the_last_sentences_are_repeated_within_a_section(void **state) {
    (void)state;
    struct plan plan;
    static const char text[] = "One two three. Four five six. Seven eight. Nine ten eleven.";
    assert_true(parts_of(text, 32, 15, &plan) >= 2);
    assert_true(plan.parts[1].from < plan.parts[1].n_new);
    plan_clear(&plan);
    static const char sections[] = "# A\n\nOne two three. Four.\n\n# B\n\nFive six. Seven eight.";
    assert_int_equal(parts_of(sections, 32, 15, &plan), 2);
    assert_int_equal(plan.parts[1].from, plan.parts[1].n_new);
    plan_clear(&plan);
}

static void what_has_no_sentences_is_divided_all_the_same(void **state) {
    (void)state;
    static char text[10001];
    struct plan plan;
    memset(text, 'x', 10000);
    assert_true(parts_of(text, 100, 10, &plan) >= 100);
    plan_clear(&plan);
    memset(text, ' ', 10000);
    assert_true(parts_of(text, 100, 10, &plan) >= 100);
    plan_clear(&plan);
    assert_int_equal(parts_of("", 100, 10, &plan), 0);
    plan_clear(&plan);
}

static void what_cannot_be_is_said(void **state) {
    (void)state;
    struct plan plan;
    struct plan_limits limits = {.n_tokens = 1};
    ingle_error err;
    assert_int_equal(plan_make(&plan, "\303\251", 2, &limits, count_bytes, NULL, &err),
                     INGLE_CONTEXT_FULL);
    assert_non_null(strstr(err.msg, "1 tokens; one character has 2"));
    assert_null(plan.parts);
    limits.n_tokens = 10;
    assert_int_equal(plan_make(&plan, "abc", 3, &limits, count_never, NULL, &err), INGLE_CANCELLED);
    assert_null(plan.parts);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_is_in_a_part_and_no_part_is_too_long),
        cmocka_unit_test(parts_end_at_the_best_place_there_is),
        cmocka_unit_test(parts_are_of_about_the_same_size),
        cmocka_unit_test(the_last_sentences_are_repeated_within_a_section),
        cmocka_unit_test(what_has_no_sentences_is_divided_all_the_same),
        cmocka_unit_test(what_cannot_be_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
