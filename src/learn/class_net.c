#include "learn/class_net.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/size.h"
#include "learn/class_net_internal.h"
#include "learn/schedule.h"

#define BETA1 0.9f
#define BETA2 0.999f
#define EPSILON 1e-8f
#define WARMUP 0.05f /* of the steps, in which the rate rises */

struct class_options class_options_default(void) {
    return (struct class_options){.dim = 64,
                                  .n_filters = 128,
                                  .n_passes = 25,
                                  .min_steps = 240,
                                  .batch = 32,
                                  .rate = 1e-3f,
                                  .row_rate = 3,
                                  .smoothing = 0.1f,
                                  .drop_word = 0.1f,
                                  .drop_gram = 0.15f,
                                  .drop_dim = 0.2f,
                                  .drop_feature = 0.5f,
                                  .bag = class_bag_options_default(),
                                  .decay = 0.01f};
}

float *class_net_filters(const struct class_net *net, int width) {
    size_t before = (size_t)(width * (width - 1) / 2);
    return net->dense + before * (size_t)net->n_filters * (size_t)net->dim;
}

float *class_net_filter_biases(const struct class_net *net) {
    return class_net_filters(net, CLASS_WIDTHS + 1);
}

float *class_net_out(const struct class_net *net) {
    return class_net_filter_biases(net) + class_net_n_features(net);
}

float *class_net_out_biases(const struct class_net *net) {
    return class_net_out(net) + (size_t)net->n_out * (size_t)class_net_n_features(net);
}

void class_trainer_clear(struct class_trainer *t) {
    mem_free(t->net.rows);
    mem_free(t->net.dense);
    mem_free(t->order);
    mem_free(t->grad);
    mem_free(t->mean);
    mem_free(t->square);
    mem_free(t->row_mean);
    mem_free(t->row_square);
    class_scratch_free(t->scratch);
    class_bag_clear(&t->bag);
    *t = (struct class_trainer){0};
}

static void fill_uniform(float *x, size_t n, float bound, struct rng *rng) {
    for (size_t i = 0; i < n; i++) x[i] = bound * (2 * (float)rng_unit(rng) - 1);
}

static void start_weights(struct class_trainer *t) {
    struct class_net *net = &t->net;
    for (size_t i = 0; i < net->n_grams * (size_t)net->dim; i++) {
        net->rows[i] = 0.1f * rng_normal(&t->rng);
    }
    for (int width = 1; width <= CLASS_WIDTHS; width++) {
        size_t n_in = (size_t)(width * net->dim);
        float bound = 1 / sqrtf((float)n_in);
        fill_uniform(class_net_filters(net, width), n_in * (size_t)net->n_filters, bound, &t->rng);
        fill_uniform(class_net_filter_biases(net) + (width - 1) * net->n_filters,
                     (size_t)net->n_filters, bound, &t->rng);
    }
    size_t n_in = (size_t)class_net_n_features(net), n_out = (size_t)net->n_out;
    fill_uniform(class_net_out(net), n_in * n_out + n_out, 1 / sqrtf((float)n_in), &t->rng);
}

ingle_status class_trainer_init(struct class_trainer *t, const struct class_data *data,
                                const uint32_t *subset, size_t n, const struct class_options *opt,
                                const struct kern_ops *ops, uint64_t seed, ingle_error *err) {
    *t = (struct class_trainer){.data = data, .opt = opt, .ops = ops, .n = n};
    struct class_net *net = &t->net;
    net->dim = opt->dim;
    net->n_filters = opt->n_filters;
    net->n_out = (int)class_data_n_out(data);
    net->n_grams = data->n_grams;
    size_t dim = (size_t)net->dim, n_features = (size_t)class_net_n_features(net);
    net->n_dense =
        6 * dim * (size_t)net->n_filters + n_features + (n_features + 1) * (size_t)net->n_out;
    size_t n_row_values = (net->n_grams + 1) * dim;
    net->rows = mem_calloc(n_row_values, sizeof(float));
    net->dense = mem_calloc(net->n_dense, sizeof(float));
    t->order = mem_alloc((n + 1) * sizeof *t->order);
    t->grad = mem_calloc(net->n_dense, sizeof(float));
    t->mean = mem_calloc(net->n_dense, sizeof(float));
    t->square = mem_calloc(net->n_dense, sizeof(float));
    t->row_mean = mem_calloc(n_row_values, sizeof(float));
    t->row_square = mem_calloc(n_row_values, sizeof(float));
    if (!net->rows || !net->dense || !t->order || !t->grad || !t->mean || !t->square ||
        !t->row_mean || !t->row_square || !class_scratch_new(&t->scratch, data, net, opt->batch)) {
        return status_no_memory(err, "a classifier in training", 3 * n_row_values * sizeof(float));
    }
    memcpy(t->order, subset, n * sizeof *t->order);
    int per_pass = (int)((n + (size_t)opt->batch - 1) / (size_t)opt->batch);
    t->per_pass = per_pass;
    t->n_steps = per_pass * opt->n_passes;
    if (t->n_steps < opt->min_steps) t->n_steps = opt->min_steps;
    rng_init(&t->rng, seed);
    start_weights(t);
    return class_bag_init(&t->bag, data, &opt->bag, seed + (1u << 30), err);
}

/* ---- steps ---- */

struct adam {
    float rate, decay;
    float correct_mean, correct_square; /* for having begun at zero */
};

static void adam(const struct adam *a, float *restrict x, const float *restrict grad,
                 float *restrict mean, float *restrict square, size_t n) {
    for (size_t i = 0; i < n; i++) {
        mean[i] = BETA1 * mean[i] + (1 - BETA1) * grad[i];
        square[i] = BETA2 * square[i] + (1 - BETA2) * grad[i] * grad[i];
        float step = mean[i] * a->correct_mean / (sqrtf(square[i] * a->correct_square) + EPSILON);
        x[i] -= a->rate * (step + a->decay * x[i]);
    }
}

static void shuffle(uint32_t *items, size_t n, struct rng *rng) {
    for (size_t i = n; i > 1; i--) {
        size_t j = rng_below(rng, (uint32_t)i);
        uint32_t item = items[i - 1];
        items[i - 1] = items[j];
        items[j] = item;
    }
}

bool class_trainer_step(struct class_trainer *t) {
    if (t->step == t->n_steps) return false;
    const struct class_options *opt = t->opt;
    int in_pass = t->step % t->per_pass;
    if (in_pass == 0) {
        shuffle(t->order, t->n, &t->rng);
        t->loss = 0;
        t->n_seen = 0;
    }
    size_t from = (size_t)in_pass * (size_t)opt->batch;
    int n = t->n - from < (size_t)opt->batch ? (int)(t->n - from) : opt->batch;
    double loss = class_gradient(t, t->order + from, n, true);
    float done = (float)t->step / (float)t->n_steps;
    for (int i = 0; i < n; i++) class_bag_learn(&t->bag, t->order[from + (size_t)i], done);
    t->n_seen += (size_t)n;
    t->loss += (loss - t->loss * n) / (double)t->n_seen;

    t->step++;
    const struct schedule schedule = {.peak = opt->rate, .warmup = WARMUP};
    struct adam a = {.rate = schedule_rate(&schedule, (double)t->step / t->n_steps),
                     .decay = opt->decay,
                     .correct_mean = 1 / (1 - powf(BETA1, (float)t->step)),
                     .correct_square = 1 / (1 - powf(BETA2, (float)t->step))};
    adam(&a, t->net.dense, t->grad, t->mean, t->square, t->net.n_dense);
    a.decay = 0;
    a.rate *= opt->row_rate;
    const struct class_scratch *s = t->scratch;
    size_t dim = (size_t)t->net.dim;
    for (size_t i = 0; i < s->n_touched; i++) {
        size_t at = s->touched[i] * dim;
        adam(&a, t->net.rows + at, s->row_grad + i * dim, t->row_mean + at, t->row_square + at,
             dim);
    }
    return true;
}
