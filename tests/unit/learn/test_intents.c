/* learn/intents: the network's gradients, what is chosen on held-out examples, and packs that
 * answer. */
#include "learn/intents.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "engine/cpu/tier.h"
#include "ingle/pack.h"
#include "support/refusal.h"
#include "support/torture.h"

/* ---- examples ---- */

static const char *const rooms[] = {"kitchen", "hall", "attic", "garage", "garden", "bedroom"};

/* Six ways to ask for each of four things, in six rooms; and what is none of them. */
static void make_examples(struct examples *e, bool with_none) {
    static const char *const ways[4][3] = {
        {"turn on the lamp in the %s", "light up the %s please", "the %s is too dark"},
        {"turn off the lamp in the %s", "make the %s dark", "no light in the %s"},
        {"how warm is it in the %s", "temperature of the %s", "is the %s cold"},
        {"lock the door of the %s", "shut the %s door", "is the %s locked, else lock it"}};
    static const char *const names[] = {"on", "off", "warmth", "lock"};
    static const char *const none[] = {"who wrote hamlet", "sing me a song", "two plus two",
                                       "what is love",     "tell a joke",    "call my mother"};
    struct buf text;
    buf_init(&text, 1 << 20);
    for (size_t label = 0; label < 4; label++) {
        for (size_t way = 0; way < 3; way++) {
            for (size_t room = 0; room < BASE_COUNT(rooms); room++) {
                const char *from = ways[label][way], *gap = strstr(from, "%s");
                buf_addf(&text, "\"%.*s%s%s\",%s\n", (int)(gap - from), from, rooms[room], gap + 2,
                         names[label]);
            }
        }
    }
    for (size_t i = 0; with_none && i < BASE_COUNT(none); i++) buf_addf(&text, "%s,\n", none[i]);
    assert_false(buf_failed(&text));
    examples_init(e);
    assert_int_equal(examples_read(e, text.data, text.size, "made up", NULL), INGLE_OK);
    assert_int_equal(examples_finish(e, NULL), INGLE_OK);
    buf_clear(&text);
}

/* ---- the network ---- */

struct check {
    struct class_trainer *t;
    const uint32_t *which;
    size_t n;
    float *row_grad;
};

static double loss_of(const struct check *c) {
    return class_trainer_gradient(c->t, c->which, c->n, c->row_grad);
}

/* By central differences, at up to 60 of n places. Where another window becomes the best in
 * between, the slope is another: so the sum of all errors counts. */
static void expect_gradient(const struct check *c, float *x, const float *gradient, size_t n,
                            const char *what) {
    const float by = 2e-3f;
    double off = 0, all = 0;
    for (size_t i = 0; i < n; i += n / 60 + 1) {
        const float kept = x[i];
        x[i] = kept + by;
        double above = loss_of(c);
        x[i] = kept - by;
        double slope = (above - loss_of(c)) / (double)(2 * by);
        x[i] = kept;
        off += fabs(slope - (double)gradient[i]);
        all += fabs(slope);
    }
    if (!(all > 1e-3 && off < 0.03 * all)) fail_msg("%s: off by %g of %g", what, off, all);
}

static void gradients_are_the_slopes_of_the_loss(void **state) {
    (void)state;
    static const uint32_t which[] = {0, 20, 40, 60, 73, 77};
    struct examples e;
    struct class_data d;
    struct class_trainer t;
    struct kern_ops ops;
    struct class_options opt = class_options_default();
    opt.dim = 32;
    opt.n_filters = 32;
    make_examples(&e, true);
    kern_ops_init(&ops, CPU_TIER_REF);
    assert_int_equal(class_data_init(&d, &e, 100000, 100000, NULL), INGLE_OK);
    assert_int_equal(class_trainer_init(&t, &d, which, 6, &opt, &ops, 3, NULL), INGLE_OK);
    size_t n_row_values = d.n_grams * 32;
    float *row_grad = mem_calloc(n_row_values, sizeof *row_grad);
    float *kept = mem_calloc(n_row_values, sizeof *kept);
    float *dense = mem_calloc(t.net.n_dense, sizeof *dense);
    assert_true(row_grad && kept && dense);
    for (size_t i = 0; i < t.net.n_dense; i++) t.net.dense[i] *= 4; /* clear of rounding */
    const struct check c = {&t, which, 6, row_grad};
    (void)loss_of(&c);
    memcpy(dense, t.grad, t.net.n_dense * sizeof *dense);
    memcpy(kept, row_grad, n_row_values * sizeof *kept);
    size_t n_filters = (size_t)(class_net_filter_biases(&t.net) - t.net.dense);
    size_t n_features = (size_t)class_net_n_features(&t.net);
    size_t n_out = n_features * (size_t)t.net.n_out;
    expect_gradient(&c, t.net.dense, dense, n_filters, "filters");
    expect_gradient(&c, t.net.dense + n_filters, dense + n_filters, n_features,
                    "biases of filters");
    expect_gradient(&c, class_net_out(&t.net), dense + n_filters + n_features, n_out, "out");
    expect_gradient(&c, class_net_out_biases(&t.net), dense + n_filters + n_features + n_out,
                    (size_t)t.net.n_out, "biases of out");
    size_t at = d.rows[d.gram_at[d.words[d.word_at[0]]]] * (size_t)32; /* of a word of text 0 */
    expect_gradient(&c, t.net.rows + at, kept + at, 32, "rows");
    mem_free(row_grad);
    mem_free(kept);
    mem_free(dense);
    class_trainer_clear(&t);
    class_data_clear(&d);
    examples_clear(&e);
}

static void rows_are_what_the_examples_have_twice(void **state) {
    (void)state;
    struct examples e;
    struct class_data d;
    make_examples(&e, true);
    assert_int_equal(class_data_init(&d, &e, 100000, 100000, NULL), INGLE_OK);
    assert_int_equal(d.n, 78);
    assert_int_equal(d.n_none, 6);
    assert_int_equal(class_data_n_out(&d), 5);
    assert_int_equal(class_data_len(&d, 0), 7);
    for (size_t i = 1; i < d.n_grams; i++) assert_true(d.hashes[i - 1] < d.hashes[i]);
    for (size_t i = 0; i < d.gram_at[d.n_words]; i++) assert_true(d.rows[i] < d.n_grams);
    size_t all = d.n_grams;
    class_data_clear(&d);
    assert_int_equal(class_data_init(&d, &e, 50, 7, NULL), INGLE_OK);
    assert_true(all > 200 && d.n_grams == 50);
    class_data_clear(&d);
    examples_clear(&e);
}

/* ---- choosing ---- */

/* Examples of two labels whose logarithms say how sure a network is: z of the first is sure[i]. */
static void judged(float *z, int *labels, size_t n, const float *sure, const int *label) {
    for (size_t i = 0; i < n; i++) {
        z[2 * i] = logf(sure[i]);
        z[2 * i + 1] = logf(1 - sure[i]);
        labels[i] = label[i];
    }
}

static void the_threshold_parts_what_is_in_scope_from_what_is_not(void **state) {
    (void)state;
    static const float sure[] = {0.95f, 0.99f, 0.9f,  0.92f, 0.97f,
                                 0.6f,  0.55f, 0.93f, 0.52f, 0.05f};
    static const int label[] = {0, 0, 0, 0, 0, 2, 2, 2, 2, 1};
    float z[20];
    int labels[10];
    judged(z, labels, 10, sure, label);
    struct class_judged j = {z, labels, 10, 2, 2};
    struct class_decision d;
    struct class_score s;
    assert_int_equal(class_fit(&j, 0.02f, &d, &s, NULL), INGLE_OK);
    assert_true(fabsf(s.accuracy - 1) < 1e-6f && fabsf(s.raw - 1) < 1e-6f);
    assert_true(fabsf(s.recall - 0.75f) < 1e-6f);
    assert_true(class_confidence(&d, 0.97f) > class_confidence(&d, 0.6f));
    assert_true(class_confidence(&d, 0.0f) >= 0 && class_confidence(&d, 1.0f) <= 1);
}

static void without_examples_out_of_scope_little_is_rejected(void **state) {
    (void)state;
    enum { N = 200 };
    float z[2 * N], sure[N];
    int labels[N], label[N];
    for (int i = 0; i < N; i++) {
        sure[i] = 0.5f + 0.49f * (float)(i + 1) / N;
        label[i] = i % 10 ? 0 : 1; /* one in ten is wrong, whatever the network says */
    }
    judged(z, labels, N, sure, label);
    struct class_judged j = {z, labels, N, 2, 2};
    struct class_decision d;
    struct class_score s;
    assert_int_equal(class_fit(&j, 0.02f, &d, &s, NULL), INGLE_OK);
    assert_true(isnan(s.recall));
    assert_true(fabsf(s.raw - 0.9f) < 1e-6f);
    assert_true(s.accuracy > 0.87f && s.accuracy <= 0.9f);
    /* Nine of ten are right at any probability, and that is what the confidence says. */
    assert_true(fabsf(class_confidence(&d, 0.75f) - 0.9f) < 0.05f);
}

/* ---- the whole ---- */

static struct intents_options quick(void) {
    struct intents_options opt = intents_options_default();
    opt.n_members = 2;
    opt.n_folds = 3;
    opt.net.dim = 32;
    opt.net.n_filters = 32;
    opt.net.bag.dim = 32;
    opt.net.n_passes = 8;
    opt.net.min_steps = 60;
    opt.net.rate = 4e-3f;
    opt.name = "rooms";
    opt.licence = "MIT";
    opt.attribution = "nobody";
    return opt;
}

static ingle_status train(const struct examples *e, int n_threads, learn_progress_fn progress,
                          void *user, struct buf *pack, struct intents_report *report,
                          ingle_error *err) {
    struct learn l;
    struct intents_options opt = quick();
    ingle_status status = learn_init(&l, cpu_tier_detect(), n_threads, 1, err);
    if (status != INGLE_OK) return status;
    l.on_progress = progress;
    l.user = user;
    status = intents_train(&l, e, &opt, pack, report, err);
    learn_clear(&l);
    return status;
}

static ingle_pack *open_bytes(const struct buf *bytes, void **memory) {
    ingle_pack *pack;
    ingle_error err;
    *memory = mem_aligned(64, bytes->size);
    assert_non_null(*memory);
    memcpy(*memory, bytes->data, bytes->size);
    assert_int_equal(ingle_pack_open_memory(&pack, *memory, bytes->size, "it", &err), INGLE_OK);
    return pack;
}

static const char *label_of(const ingle_pack *pack, const char *text) {
    ingle_class top[3];
    ingle_classification c;
    assert_int_equal(ingle_classify(pack, text, strlen(text), top, 3, &c, NULL), INGLE_OK);
    assert_int_equal(c.n, 3);
    assert_true(top[0].confidence >= top[1].confidence && top[1].confidence >= top[2].confidence);
    assert_true(c.confidence >= 0 && c.confidence <= 1);
    return c.is_none ? "none" : ingle_pack_label(pack, top[0].label);
}

static void what_is_learned_is_answered(void **state) {
    (void)state;
    struct examples e;
    struct buf bytes;
    struct intents_report report = {0};
    void *memory;
    make_examples(&e, true);
    buf_init(&bytes, (size_t)1 << 24);
    assert_int_equal(train(&e, 2, NULL, NULL, &bytes, &report, NULL), INGLE_OK);
    assert_int_equal(report.n_examples, 78);
    assert_int_equal(report.n_none, 6);
    assert_int_equal(report.n_labels, 4);
    assert_true(report.held_out.raw > 0.9f);
    assert_true(report.held_out.recall > 0.5f);
    ingle_pack *pack = open_bytes(&bytes, &memory);
    ingle_pack_info info = ingle_pack_get_info(pack);
    assert_string_equal(info.name, "rooms");
    assert_string_equal(info.licence, "MIT");
    assert_string_equal(info.attribution, "nobody");
    assert_int_equal(info.n_labels, 4);
    assert_string_equal(label_of(pack, "Turn ON the lamp in the cellar!"), "on");
    assert_string_equal(label_of(pack, "turn off the lamps in the hall"), "off");
    assert_string_equal(label_of(pack, "temperature of my attic"), "warmth");
    assert_string_equal(label_of(pack, "please lock the kitchen door"), "lock");
    assert_string_equal(label_of(pack, ""), label_of(pack, "...")); /* no words in either */
    ingle_pack_close(pack);
    mem_free(memory);
    buf_clear(&bytes);
    examples_clear(&e);
}

static void the_number_of_threads_changes_no_bit(void **state) {
    (void)state;
    struct examples e;
    struct buf one, more;
    struct intents_report report;
    make_examples(&e, false);
    buf_init(&one, (size_t)1 << 24);
    assert_int_equal(train(&e, 1, NULL, NULL, &one, &report, NULL), INGLE_OK);
    for (int n_threads = 2; n_threads <= 3; n_threads++) {
        buf_init(&more, (size_t)1 << 24);
        assert_int_equal(train(&e, n_threads, NULL, NULL, &more, &report, NULL), INGLE_OK);
        assert_int_equal(more.size, one.size);
        assert_memory_equal(more.data, one.data, one.size);
        buf_clear(&more);
    }
    buf_clear(&one);
    examples_clear(&e);
}

static bool stop_later(const struct learn_progress *progress, void *user) {
    assert_true(progress->done <= progress->total);
    return ++*(int *)user < 3;
}

static void who_has_enough_is_obeyed(void **state) {
    (void)state;
    struct examples e;
    struct buf bytes;
    struct intents_report report;
    int calls = 0;
    uint64_t live = mem_live();
    make_examples(&e, true);
    buf_init(&bytes, (size_t)1 << 24);
    assert_int_equal(train(&e, 2, stop_later, &calls, &bytes, &report, NULL), INGLE_CANCELLED);
    assert_int_equal(calls, 3);
    assert_int_equal(bytes.size, 0);
    examples_clear(&e);
    assert_int_equal(mem_live(), live);
}

static const struct examples *tortured;

static ingle_status train_and_ask(ingle_error *err) {
    struct learn l;
    struct buf bytes;
    struct intents_report report;
    struct intents_options opt = quick();
    opt.n_members = opt.n_folds = 2;
    opt.net.n_passes = 1;
    opt.net.min_steps = 1;
    buf_init(&bytes, (size_t)1 << 24);
    ingle_status status = learn_init(&l, cpu_tier_detect(), 1, 1, err);
    if (status == INGLE_OK) {
        status = intents_train(&l, tortured, &opt, &bytes, &report, err);
        learn_clear(&l);
    }
    void *memory = NULL;
    ingle_pack *pack = NULL;
    if (status == INGLE_OK) {
        memory = mem_aligned(64, bytes.size);
        status = memory ? INGLE_OK : status_no_memory(err, "the test", bytes.size);
    }
    if (status == INGLE_OK && memory) {
        memcpy(memory, bytes.data, bytes.size);
        status = ingle_pack_open_memory(&pack, memory, bytes.size, "it", err);
    }
    ingle_class top;
    ingle_classification c;
    if (status == INGLE_OK) status = ingle_classify(pack, "lock it", 7, &top, 1, &c, err);
    ingle_pack_close(pack);
    mem_free(memory);
    buf_clear(&bytes);
    return status;
}

static void no_memory_is_said_at_every_allocation(void **state) {
    (void)state;
    struct examples e;
    make_examples(&e, true);
    tortured = &e;
    assert_true(torture(train_and_ask) > 100);
    examples_clear(&e);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_the_slopes_of_the_loss),
        cmocka_unit_test(rows_are_what_the_examples_have_twice),
        cmocka_unit_test(the_threshold_parts_what_is_in_scope_from_what_is_not),
        cmocka_unit_test(without_examples_out_of_scope_little_is_rejected),
        cmocka_unit_test(what_is_learned_is_answered),
        cmocka_unit_test(the_number_of_threads_changes_no_bit),
        cmocka_unit_test(who_has_enough_is_obeyed),
        cmocka_unit_test(no_memory_is_said_at_every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
