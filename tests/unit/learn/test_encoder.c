/* learn/encoder: pairs as they are read, gradients, and what comes of learning. */
#include "learn/encoder.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "engine/cpu/tier.h"
#include "ingle/pack.h"
#include "support/refusal.h"
#include "support/torture.h"

static void read_pairs(struct encoder_pairs *p, const char *text) {
    ingle_error err;
    *p = (struct encoder_pairs){0};
    assert_int_equal(encoder_pairs_read(p, text, strlen(text), "pairs", &err), INGLE_OK);
}

/* ---- pairs ---- */

static void lines_become_pairs_of_numbers(void **state) {
    (void)state;
    struct encoder_pairs p;
    read_pairs(&p, "{\"a\": \"One two, two!\", \"b\": \"three\"}\n\n \n"
                   "{\"b\": \"THREE\", \"topic\": \"t\", \"a\": \"one\"}\r\n"
                   "{\"a\": \"x\", \"b\": \"y\", \"topic\": \"t\"}");
    assert_int_equal(p.n_pairs, 3);
    assert_int_equal(p.n_vocab, 5);
    assert_int_equal(p.n_words, 8);
    assert_int_equal(p.vocab[0].count, 2);
    assert_int_equal(p.vocab[1].count, 2);
    assert_int_equal(p.starts[6], 8);
    assert_int_equal(p.sums[1], p.sums[3]); /* "three" twice */
    assert_int_not_equal(p.sums[0], p.sums[2]);
    assert_int_equal(p.topics[0], 0);
    assert_true(p.topics[1] != 0 && p.topics[1] == p.topics[2]);
    encoder_pairs_clear(&p);
}

static void bad_lines_are_named(void **state) {
    (void)state;
    static const struct {
        const char *text, *saying;
    } list[] = {
        {"{\"a\": \"x\", \"b\": \"y\"}\n{\"a\": \"x\"}",
         "Line 2 of 'pairs': \"b\" must be a string."},
        {"\n[]", "Line 2 of 'pairs': it must be an object."},
        {"{\"a\": 1, \"b\": \"y\"}", "\"a\" must be a string."},
        {"{\"a\": \"...\", \"b\": \"y\"}", "\"a\" has no word."},
        {"{\"a\": \"x\", \"b\": \"y\", \"topic\": null}", "\"topic\" must be a string."},
        {"{\"a\": \"x\", \"b\": \"y\", \"c\": \"z\"}", "all it may have."},
        {"{\"a\": \"x\", \"b\": \"y\"", "Line 1 of 'pairs': "},
        {"a,b", "Line 1 of 'pairs': "},
        {"{\"a\": \"\xff\", \"b\": \"y\"}", "Line 1 of 'pairs': "},
    };
    for (size_t i = 0; i < BASE_COUNT(list); i++) {
        struct encoder_pairs p = {0};
        ingle_error err;
        mark_error(&err);
        expect_refusal(encoder_pairs_read(&p, list[i].text, strlen(list[i].text), "pairs", &err),
                       INGLE_INVALID, &err, list[i].saying);
        encoder_pairs_clear(&p);
    }
}

static void of_a_long_text_the_first_words_count(void **state) {
    (void)state;
    char text[4096];
    size_t n = (size_t)snprintf(text, sizeof text, "{\"b\": \"z\", \"a\": \"");
    for (int i = 0; i < 2 * PAIR_MAX_WORDS; i++) n += (size_t)snprintf(text + n, 5, "w%d ", i % 9);
    snprintf(text + n, sizeof text - n, "\"}");
    struct encoder_pairs p;
    read_pairs(&p, text);
    assert_int_equal(p.n_words, PAIR_MAX_WORDS + 1);
    encoder_pairs_clear(&p);
}

/* ---- gradients ---- */

static const char few[] = "{\"a\": \"red apple falls\", \"b\": \"apple falls down red\"}\n"
                          "{\"a\": \"blue boat\", \"b\": \"a boat sails\", \"topic\": \"sea\"}\n"
                          "{\"a\": \"fish swim\", \"b\": \"blue fish\", \"topic\": \"sea\"}\n"
                          "{\"a\": \"red house stands\", \"b\": \"a house\"}\n"
                          "{\"a\": \"apple\", \"b\": \"red apple red\"}\n";
static const uint32_t chosen[] = {4, 0, 2, 1, 3};

static const struct encoder_net_options small = {
    .n_dims = 8, .max_words = 8, .n_pieces = 13, .n_batch = 5, .temperature = 0.3f};

static float loss_of(struct encoder_net *net, struct learn *l, const struct encoder_noise *noise) {
    struct rng rng;
    rng_init(&rng, 5);
    return encoder_net_run(net, l, chosen, 5, noise, &rng);
}

/* d loss / d *x by central differences. */
static float slope(struct encoder_net *net, struct learn *l, const struct encoder_noise *noise,
                   float *x, float by) {
    const float kept = *x;
    *x = kept + by;
    float above = loss_of(net, l, noise);
    *x = kept - by;
    float below = loss_of(net, l, noise);
    *x = kept;
    return (above - below) / (2 * by);
}

static void expect_gradients(const struct encoder_noise *noise) {
    struct encoder_pairs p;
    struct encoder_net net;
    struct learn l;
    float g[8];
    double off = 0, all = 0;
    read_pairs(&p, few);
    assert_int_equal(learn_init(&l, CPU_TIER_REF, 1, 1, NULL), INGLE_OK);
    assert_int_equal(encoder_net_init(&net, &p, &small, 9, NULL), INGLE_OK);
    assert_int_equal(net.n_word_rows, 8);
    for (size_t row = 0; row < net.n_rows; row++) {
        (void)loss_of(&net, &l, noise);
        encoder_net_row_gradient(&net, row, g);
        for (size_t d = 0; d < 8; d++) {
            float s = slope(&net, &l, noise, &net.rows[row * 8 + d], 2e-3f);
            off += fabs((double)(s - g[d]));
            all += fabs((double)s);
            assert_true(fabsf(s - g[d]) < 3e-3f);
        }
    }
    for (size_t word = 0; word < p.n_vocab; word++) {
        (void)loss_of(&net, &l, noise);
        float one = encoder_net_weight_gradient(&net, word);
        float s = slope(&net, &l, noise, &net.weights[word], 0.02f * net.weights[word]);
        assert_true(fabsf(s - one) < 1e-2f + 0.01f * fabsf(one));
    }
    assert_true(all > 1.0 && off < 0.01 * all);
    encoder_net_clear(&net);
    learn_clear(&l);
    encoder_pairs_clear(&p);
}

static void gradients_are_the_slopes_of_the_loss(void **state) {
    (void)state;
    expect_gradients(&(struct encoder_noise){0});
    expect_gradients(&(struct encoder_noise){0.3f, 0.4f});
}

static void pairs_of_one_topic_are_not_held_against_each_other(void **state) {
    (void)state;
    static const char pairs[] = "{\"a\": \"one\", \"b\": \"two\", \"topic\": \"t\"}\n"
                                "{\"a\": \"three one\", \"b\": \"two four\", \"topic\": \"t\"}\n";
    static const uint32_t both[] = {0, 1};
    struct encoder_pairs p;
    struct encoder_net net;
    struct learn l;
    struct rng rng;
    read_pairs(&p, pairs);
    assert_int_equal(learn_init(&l, CPU_TIER_REF, 1, 1, NULL), INGLE_OK);
    assert_int_equal(encoder_net_init(&net, &p, &small, 9, NULL), INGLE_OK);
    rng_init(&rng, 1);
    float loss = encoder_net_run(&net, &l, both, 2, &(struct encoder_noise){0}, &rng);
    assert_true(fabsf(loss) < 1e-6f);
    encoder_net_clear(&net);
    learn_clear(&l);
    encoder_pairs_clear(&p);
}

/* ---- learning ---- */

/* Pairs that share no word: what belongs together must be learned. Topics have four words on each
 * side, of which a text has two. */
static char *make_pairs(int n) {
    struct buf b;
    struct rng rng;
    buf_init(&b, (size_t)1 << 24);
    rng_init(&rng, 4);
    for (int i = 0; i < n; i++) {
        char words[2][2][16];
        int topic = i % 12;
        for (int side = 0; side < 2; side++) {
            for (int k = 0; k < 2; k++) {
                snprintf(words[side][k], sizeof words[side][k], "%c%c%c%c", 'a' + topic,
                         side ? 'q' : 'x', 'a' + (int)rng_below(&rng, 4), 'a' + topic);
            }
        }
        buf_addf(&b, "{\"a\": \"%s the %s\", \"b\": \"%s a %s\", \"topic\": \"%d\"}\n", words[0][0],
                 words[0][1], words[1][0], words[1][1], topic);
    }
    assert_false(buf_failed(&b));
    return b.data;
}

static struct encoder_options quick(void) {
    struct encoder_options opt = encoder_options_default();
    opt.net.n_dims = 16;
    opt.net.n_pieces = 64;
    opt.net.n_batch = 32;
    opt.n_passes = 8;
    opt.rate = 0.1f;
    opt.held_out = 0.1f;
    opt.name = "tiny";
    opt.licence = "MIT";
    opt.attribution = "nobody";
    return opt;
}

static ingle_status train(const struct encoder_pairs *p, int n_threads, learn_progress_fn progress,
                          void *user, struct buf *pack, ingle_error *err) {
    struct learn l;
    struct encoder_report report;
    struct encoder_options opt = quick();
    ingle_status status = learn_init(&l, cpu_tier_detect(), n_threads, 1, err);
    if (status != INGLE_OK) return status;
    l.on_progress = progress;
    l.user = user;
    status = encoder_train(&l, p, &opt, pack, &report, err);
    learn_clear(&l);
    if (status == INGLE_OK) {
        assert_int_equal(report.n_pairs + report.n_held_out, p->n_pairs);
        /* Of the 32 texts of a batch two or three are of the topic asked for. */
        assert_true(report.n_held_out == 0 || report.score > 0.2f);
    }
    return status;
}

static float nearness(const ingle_pack *pack, const char *a, const char *b) {
    float x[16], y[16], sum = 0;
    assert_int_equal(ingle_encode(pack, a, strlen(a), x, NULL), INGLE_OK);
    assert_int_equal(ingle_encode(pack, b, strlen(b), y, NULL), INGLE_OK);
    for (int d = 0; d < 16; d++) sum += x[d] * y[d];
    return sum;
}

static void what_belongs_together_comes_together(void **state) {
    (void)state;
    char *text = make_pairs(960);
    struct encoder_pairs p;
    struct buf bytes;
    ingle_error err;
    read_pairs(&p, text);
    buf_init(&bytes, (size_t)1 << 24);
    assert_int_equal(train(&p, 2, NULL, NULL, &bytes, &err), INGLE_OK);
    ingle_pack *pack;
    void *memory = mem_aligned(64, bytes.size);
    assert_non_null(memory);
    memcpy(memory, bytes.data, bytes.size);
    assert_int_equal(ingle_pack_open_memory(&pack, memory, bytes.size, "it", &err), INGLE_OK);
    ingle_pack_info info = ingle_pack_get_info(pack);
    assert_string_equal(info.name, "tiny");
    assert_string_equal(info.licence, "MIT");
    assert_string_equal(info.attribution, "nobody");
    assert_int_equal(info.n_dims, 16);
    int n_right = 0;
    for (int topic = 0; topic < 12; topic++) {
        char a[16], b[16], other[16];
        snprintf(a, sizeof a, "%cxa%c", 'a' + topic, 'a' + topic);
        snprintf(b, sizeof b, "%cqb%c", 'a' + topic, 'a' + topic);
        snprintf(other, sizeof other, "%cqb%c", 'a' + (topic + 1) % 12, 'a' + (topic + 1) % 12);
        n_right += nearness(pack, a, b) > nearness(pack, a, other) + 0.3f;
    }
    assert_true(n_right >= 11);
    /* A word that was never seen, but for its pieces. */
    assert_true(nearness(pack, "axaaa", "axaa") > nearness(pack, "axaaa", "fxbf"));
    ingle_pack_close(pack);
    mem_free(memory);
    buf_clear(&bytes);
    encoder_pairs_clear(&p);
    mem_free(text);
}

static void the_number_of_threads_changes_no_bit(void **state) {
    (void)state;
    char *text = make_pairs(300);
    struct encoder_pairs p;
    struct buf one, more;
    ingle_error err;
    read_pairs(&p, text);
    buf_init(&one, (size_t)1 << 24);
    assert_int_equal(train(&p, 1, NULL, NULL, &one, &err), INGLE_OK);
    for (int n_threads = 2; n_threads <= 5; n_threads += 3) {
        buf_init(&more, (size_t)1 << 24);
        assert_int_equal(train(&p, n_threads, NULL, NULL, &more, &err), INGLE_OK);
        assert_int_equal(more.size, one.size);
        assert_memory_equal(more.data, one.data, one.size);
        buf_clear(&more);
    }
    buf_clear(&one);
    encoder_pairs_clear(&p);
    mem_free(text);
}

static void too_little_is_refused(void **state) {
    (void)state;
    struct encoder_pairs p;
    struct buf bytes;
    ingle_error err;
    buf_init(&bytes, (size_t)1 << 24);
    read_pairs(&p, few);
    mark_error(&err);
    expect_refusal(train(&p, 1, NULL, NULL, &bytes, &err), INGLE_INVALID, &err, "at least 8");
    encoder_pairs_clear(&p);
    read_pairs(&p, "");
    mark_error(&err);
    expect_refusal(train(&p, 1, NULL, NULL, &bytes, &err), INGLE_INVALID, &err, "0 pairs");
    encoder_pairs_clear(&p);
    struct buf text;
    buf_init(&text, 4096);
    for (int i = 0; i < 9; i++) buf_addf(&text, "{\"a\": \"a%d\", \"b\": \"b%d\"}\n", i, i);
    read_pairs(&p, text.data);
    mark_error(&err);
    expect_refusal(train(&p, 1, NULL, NULL, &bytes, &err), INGLE_INVALID, &err, "used twice");
    encoder_pairs_clear(&p);
    buf_clear(&text);
    buf_clear(&bytes);
}

static bool stop_later(const struct learn_progress *progress, void *user) {
    assert_true(progress->done <= progress->total);
    return ++*(int *)user < 3;
}

static void who_has_enough_is_obeyed(void **state) {
    (void)state;
    char *text = make_pairs(960);
    struct encoder_pairs p;
    struct buf bytes;
    ingle_error err;
    int calls = 0;
    uint64_t live = mem_live();
    read_pairs(&p, text);
    buf_init(&bytes, (size_t)1 << 24);
    assert_int_equal(train(&p, 1, stop_later, &calls, &bytes, &err), INGLE_CANCELLED);
    assert_int_equal(calls, 3);
    assert_int_equal(bytes.size, 0);
    encoder_pairs_clear(&p);
    assert_int_equal(mem_live(), live);
    mem_free(text);
}

static const char *tortured;

static ingle_status read_and_train(ingle_error *err) {
    struct encoder_pairs p = {0};
    struct buf bytes;
    buf_init(&bytes, (size_t)1 << 24);
    ingle_status status = encoder_pairs_read(&p, tortured, strlen(tortured), "pairs", err);
    if (status == INGLE_OK) status = train(&p, 1, NULL, NULL, &bytes, err);
    encoder_pairs_clear(&p);
    buf_clear(&bytes);
    return status;
}

static void no_memory_is_said_at_every_allocation(void **state) {
    (void)state;
    char *text = make_pairs(24);
    tortured = text;
    assert_true(torture(read_and_train) > 20);
    mem_free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_become_pairs_of_numbers),
        cmocka_unit_test(bad_lines_are_named),
        cmocka_unit_test(of_a_long_text_the_first_words_count),
        cmocka_unit_test(gradients_are_the_slopes_of_the_loss),
        cmocka_unit_test(pairs_of_one_topic_are_not_held_against_each_other),
        cmocka_unit_test(what_belongs_together_comes_together),
        cmocka_unit_test(the_number_of_threads_changes_no_bit),
        cmocka_unit_test(too_little_is_refused),
        cmocka_unit_test(who_has_enough_is_obeyed),
        cmocka_unit_test(no_memory_is_said_at_every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
