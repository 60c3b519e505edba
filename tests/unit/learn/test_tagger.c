/* learn/tagger: the reader of marked texts, the gradient against finite differences, and runs that
 * learn something and are the same whatever the number of threads. */
#include "learn/tagger.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/rng.h"
#include "engine/cpu/tier.h"
#include "learn/tagger_field.h"
#include "support/refusal.h"
#include "support/torture.h"

static ingle_status read_data(struct tagger_data *d, const char *text, ingle_error *err) {
    *d = (struct tagger_data){0};
    return tagger_data_read(d, text, strlen(text), "t.jsonl", err);
}

static void marked_texts_are_read(void **state) {
    (void)state;
    struct tagger_data d;
    assert_int_equal(read_data(&d,
                               "{\"text\": \"Call Ada\", \"spans\": [{\"from\": 5, \"to\": 8, "
                               "\"label\": \"P\"}]}\n\n{\"text\": \"\\u00e9 1 2\", \"spans\": "
                               "[{\"from\": 5, \"to\": 6, \"label\": \"N\"}, {\"from\": 3, \"to\": "
                               "4, \"label\": \"P\"}]}\n{\"text\": \"x\"}",
                               NULL),
                     INGLE_OK);
    assert_int_equal(d.n_texts, 3);
    assert_int_equal(d.n_labels, 2);
    assert_string_equal(d.labels[1], "N");
    assert_int_equal(d.texts[1].spans[0].from, 3);
    assert_int_equal(d.texts[1].spans[1].label, 1);
    assert_int_equal(d.texts[2].n_spans, 0);
    tagger_data_clear(&d);
}

static void bad_lines_are_named(void **state) {
    (void)state;
    static const struct {
        const char *line, *saying;
    } cases[] = {
        {"{", "line 2"},
        {"[]", "no string \"text\""},
        {"{\"text\": 5}", "no string \"text\""},
        {"{\"text\": \"a\", \"spans\": 1}", "no array"},
        {"{\"text\": \"a\", \"spans\": [1]}", "no bytes of the text"},
        {"{\"text\": \"a\", \"spans\": [{\"from\": 0, \"to\": 2, \"label\": \"P\"}]}", "no bytes"},
        {"{\"text\": \"a\", \"spans\": [{\"from\": 1, \"to\": 1, \"label\": \"P\"}]}", "no bytes"},
        {"{\"text\": \"a\", \"spans\": [{\"from\": -1, \"to\": 1, \"label\": \"P\"}]}", "no bytes"},
        {"{\"text\": \"a\", \"spans\": [{\"from\": 0.0, \"to\": 1, \"label\": \"P\"}]}",
         "no bytes"},
        {"{\"text\": \"a\", \"spans\": [{\"from\": 0, \"to\": 1}]}", "label"},
        {"{\"text\": \"a\", \"spans\": [{\"from\": 0, \"to\": 1, \"label\": \"\"}]}", "label"},
        {"{\"text\": \"\\u00e9\", \"spans\": [{\"from\": 0, \"to\": 1, \"label\": \"P\"}]}",
         "inside a character"},
        {"{\"text\": \"abc\", \"spans\": [{\"from\": 0, \"to\": 2, \"label\": \"P\"}, {\"from\": "
         "1, "
         "\"to\": 3, \"label\": \"P\"}]}",
         "overlap"},
    };
    for (size_t i = 0; i < BASE_COUNT(cases); i++) {
        struct tagger_data d;
        ingle_error err;
        char text[512];
        snprintf(text, sizeof text, "{\"text\": \"\"}\n%s\n", cases[i].line);
        ingle_status status = read_data(&d, text, &err);
        expect_refusal(status, INGLE_INVALID, &err, cases[i].saying);
        assert_non_null(strstr(err.msg, "ine 2"));
        tagger_data_clear(&d);
    }
}

/* ---- the gradient ---- */

static const char small[] =
    "{\"text\": \"Call Ada now, or Bob B\", \"spans\": [{\"from\": 5, \"to\": 8, \"label\": "
    "\"P\"}, "
    "{\"from\": 17, \"to\": 22, \"label\": \"P\"}]}\n"
    "{\"text\": \"It is 5\", \"spans\": [{\"from\": 6, \"to\": 7, \"label\": \"N\"}]}\n";

struct checking {
    struct tagger_data data;
    struct tagger_field field;
    struct tagger_example *example;
};

static void set_up(struct checking *c, float miss_cost) {
    struct tag_windows w;
    *c = (struct checking){.field.miss_cost = miss_cost};
    assert_int_equal(read_data(&c->data, small, NULL), INGLE_OK);
    const struct tagged_text *text = &c->data.texts[0];
    tag_windows_init(&w, text->text, text->len, &c->field.words);
    assert_true(tag_windows_next(&w));
    for (size_t i = 0; i < w.n; i++) {
        uint32_t features[TAG_N_FEATURES];
        tag_features(w.tokens, w.n, i, features);
        for (size_t k = 0; k < TAG_N_FEATURES; k++) {
            assert_int_equal(tagger_rows_count(&c->field.rows, features[k], NULL), INGLE_OK);
        }
    }
    assert_int_equal(tagger_field_init(&c->field, 2, 1, NULL), INGLE_OK);
    struct rng rng;
    rng_init(&rng, 4);
    for (size_t i = 0; i < c->field.n_rows * c->field.n_tags; i++) {
        c->field.weights[i] = 0.1f * rng_normal(&rng);
    }
    for (size_t i = 0; i < 30; i++) c->field.transitions[i] = 0.3f * rng_normal(&rng);
    assert_int_equal(tagger_example_new(&c->example, &c->field, NULL), INGLE_OK);
    tag_windows_init(&c->example->windows, text->text, text->len, &c->field.words);
    assert_true(tag_windows_next(&c->example->windows));
    tagger_example_set(c->example, &c->field, text, 0);
}

static void tear_down(struct checking *c) {
    tagger_example_free(c->example);
    tagger_field_clear(&c->field);
    tagger_data_clear(&c->data);
}

static double loss(struct checking *c) {
    struct tag_chain chain = {c->field.n_tags, c->field.transitions};
    tag_exp_transitions(&chain, c->field.exp_transitions);
    tagger_example_loss(c->example, &c->field);
    return c->example->loss;
}

/* By the number at *value. */
static double slope(struct checking *c, float *value) {
    float kept = *value;
    double step = 0.02;
    *value = kept + (float)step;
    double above = loss(c);
    *value = kept - (float)step;
    double below = loss(c);
    *value = kept;
    (void)loss(c);
    return (above - below) / (2.0 * step);
}

static void check_gradient(float miss_cost) {
    struct checking c;
    set_up(&c, miss_cost);
    size_t n_tags = c.field.n_tags;
    assert_true(loss(&c) > 0.0);
    assert_int_equal(c.example->n, 7);
    for (size_t from = 0; from <= n_tags; from++) {
        for (size_t to = 0; to < n_tags; to++) {
            if (!tag_may_follow(from, to, n_tags)) continue;
            float *value = &c.field.transitions[from * n_tags + to];
            double got = (double)c.example->edges[from * n_tags + to];
            assert_true(fabs(slope(&c, value) - got) < 2e-3);
        }
    }
    for (size_t row = 0; row < c.field.n_rows; row += 7) {
        for (size_t t = 0; t < n_tags; t++) {
            double got = 0.0;
            for (size_t i = 0; i < c.example->n; i++) {
                for (size_t k = 0; k < TAG_N_FEATURES; k++) {
                    bool is_it = c.example->features[i][k] == row;
                    got += is_it ? (double)c.example->deltas[i * n_tags + t] : 0.0;
                }
            }
            assert_true(fabs(slope(&c, &c.field.weights[row * n_tags + t]) - got) < 2e-3);
        }
    }
    tear_down(&c);
}

static void the_gradient_is_that_of_the_loss(void **state) {
    (void)state;
    check_gradient(0.0f);
    check_gradient(1.0f);
}

/* ---- runs ---- */

/* Names and numbers in sentences; the names are capitals drawn at random. */
static void make_texts(struct buf *out, uint64_t seed, int n) {
    static const char *const before[] = {"I met", "call", "we saw", "ask", "this is from"};
    static const char *const after[] = {"today", "at home", "in the park", "about it", "again"};
    struct rng rng;
    rng_init(&rng, seed);
    buf_init(out, 1 << 22);
    for (int i = 0; i < n; i++) {
        char name[16] = {0};
        const char *b = before[rng_below(&rng, 5)], *a = after[rng_below(&rng, 5)];
        for (int k = 0; k < 6; k++) name[k] = (char)((k ? 'a' : 'A') + (char)rng_below(&rng, 26));
        size_t from = strlen(b) + 1;
        unsigned number = 100 + rng_below(&rng, 900);
        buf_addf(
            out,
            "{\"text\": \"%s %s %s no %u\", \"spans\": [{\"from\": %zu, \"to\": %zu, \"label\": "
            "\"P\"}, {\"from\": %zu, \"to\": %zu, \"label\": \"N\"}]}\n",
            b, name, a, number, from, from + 6, from + 11 + strlen(a), from + 14 + strlen(a));
    }
    assert_false(buf_failed(out));
}

static ingle_status train(struct buf *pack, struct tagger_report *report, int n_threads, int n,
                          ingle_error *err) {
    struct learn l = {0};
    struct tagger_data d = {0};
    struct tagger_options opt = tagger_options_default();
    struct buf texts;
    opt.held_out = 0.2f;
    opt.slot_bits = 12;
    opt.words = "the 9\nin 5\n\nat\n";
    opt.words_len = strlen(opt.words);
    make_texts(&texts, 1, n);
    ingle_status status = learn_init(&l, CPU_TIER_REF, n_threads, 1, err);
    if (status == INGLE_OK) status = tagger_data_read(&d, texts.data, texts.size, "t", err);
    if (status == INGLE_OK) status = tagger_train(&l, &d, &opt, pack, report, err);
    tagger_data_clear(&d);
    learn_clear(&l);
    buf_clear(&texts);
    return status;
}

static void a_run_learns_and_does_not_depend_on_threads(void **state) {
    (void)state;
    struct buf packs[3];
    static const int threads[] = {1, 2, 7};
    for (int i = 0; i < 3; i++) {
        struct tagger_report r = {0};
        buf_init(&packs[i], 1 << 22);
        assert_int_equal(train(&packs[i], &r, threads[i], 300, NULL), INGLE_OK);
        assert_int_equal(r.n_texts + r.n_held_out, 300);
        assert_true(r.recall > 0.97f && r.precision > 0.97f);
        assert_int_equal(packs[i].size, packs[0].size);
        assert_memory_equal(packs[i].data, packs[0].data, packs[0].size);
    }
    for (int i = 0; i < 3; i++) buf_clear(&packs[i]);
}

static bool stop(const struct learn_progress *progress, void *user) {
    (void)progress, (void)user;
    return false;
}

static void a_run_can_be_stopped(void **state) {
    (void)state;
    struct learn l;
    struct tagger_data d;
    struct tagger_options opt = tagger_options_default();
    struct tagger_report r;
    struct buf pack;
    ingle_error err;
    uint64_t live = mem_live();
    buf_init(&pack, 1 << 22);
    assert_int_equal(read_data(&d, small, NULL), INGLE_OK);
    assert_int_equal(learn_init(&l, CPU_TIER_REF, 1, 1, NULL), INGLE_OK);
    l.on_progress = stop;
    expect_refusal(tagger_train(&l, &d, &opt, &pack, &r, &err), INGLE_CANCELLED, &err, "nterrupt");
    tagger_data_clear(&d);
    learn_clear(&l);
    assert_int_equal(mem_live(), live);
}

static void texts_without_spans_teach_nothing(void **state) {
    (void)state;
    struct learn l;
    struct tagger_data d;
    struct tagger_options opt = tagger_options_default();
    struct tagger_report r;
    struct buf pack;
    ingle_error err;
    buf_init(&pack, 1 << 22);
    assert_int_equal(read_data(&d, "{\"text\": \"x\"}", NULL), INGLE_OK);
    assert_int_equal(learn_init(&l, CPU_TIER_REF, 1, 1, NULL), INGLE_OK);
    expect_refusal(tagger_train(&l, &d, &opt, &pack, &r, &err), INGLE_INVALID, &err, "no span");
    tagger_data_clear(&d);
    learn_clear(&l);
}

static ingle_status small_run(ingle_error *err) {
    struct tagger_report r;
    struct buf pack;
    buf_init(&pack, 1 << 22);
    mem_fail_at(0, 0);
    ingle_status status = train(&pack, &r, 1, 8, err);
    buf_clear(&pack);
    return status;
}

static void small_runs_work(void **state) {
    (void)state;
    assert_int_equal(small_run(NULL), INGLE_OK);
}

static ingle_status read_small(ingle_error *err) {
    struct tagger_data d;
    ingle_status status = read_data(&d, small, err);
    tagger_data_clear(&d);
    return status;
}

static void no_memory_leaves_nothing(void **state) {
    (void)state;
    assert_true(torture(read_small) >= 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marked_texts_are_read),
        cmocka_unit_test(bad_lines_are_named),
        cmocka_unit_test(the_gradient_is_that_of_the_loss),
        cmocka_unit_test(a_run_learns_and_does_not_depend_on_threads),
        cmocka_unit_test(a_run_can_be_stopped),
        cmocka_unit_test(texts_without_spans_teach_nothing),
        cmocka_unit_test(small_runs_work),
        cmocka_unit_test(no_memory_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
