#include "learn/class_bag.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"

#define START 0.06f /* deviation of rows at the beginning */

struct class_bag_item {
    uint32_t row;
    float weight;
    bool is_part; /* of a word */
};

struct class_bag_options class_bag_options_default(void) {
    return (struct class_bag_options){.dim = 128,
                                      .rate = 0.05f,
                                      .out_rate = 0.1f,
                                      .smoothing = 0.1f,
                                      .drop_word = 0.1f,
                                      .drop_gram = 0.2f,
                                      .drop_feature = 0.5f};
}

void class_bag_clear(struct class_bag *b) {
    mem_free(b->rows);
    mem_free(b->bias);
    mem_free(b->out);
    mem_free(b->out_bias);
    mem_free(b->row_sum);
    mem_free(b->bias_sum);
    mem_free(b->out_sum);
    mem_free(b->out_bias_sum);
    mem_free(b->feature);
    mem_free(b->slope);
    mem_free(b->z);
    mem_free(b->items);
    mem_free(b->dropped);
    *b = (struct class_bag){0};
}

/* Items of a text before any is dropped, and its words. */
static void longest(const struct class_data *d, size_t *n_items, size_t *n_words) {
    *n_items = *n_words = 1;
    for (size_t i = 0; i < d->n; i++) {
        size_t len = class_data_len(d, i), items = len + 1;
        for (size_t w = d->word_at[i]; w < d->word_at[i + 1]; w++) {
            items += d->gram_at[d->words[w] + 1] - d->gram_at[d->words[w]];
        }
        *n_items = items > *n_items ? items : *n_items;
        *n_words = len > *n_words ? len : *n_words;
    }
}

ingle_status class_bag_init(struct class_bag *b, const struct class_data *data,
                            const struct class_bag_options *opt, uint64_t seed, ingle_error *err) {
    *b = (struct class_bag){.data = data, .opt = opt, .dim = opt->dim};
    b->n_out = (int)class_data_n_out(data);
    b->n_rows = data->n_grams + data->n_pairs;
    size_t dim = (size_t)b->dim, n_out = (size_t)b->n_out, n_items, n_words;
    longest(data, &n_items, &n_words);
    b->rows = mem_calloc((b->n_rows + 1) * dim, sizeof(float));
    b->bias = mem_calloc(dim, sizeof(float));
    b->out = mem_calloc(n_out * dim, sizeof(float));
    b->out_bias = mem_calloc(n_out, sizeof(float));
    b->row_sum = mem_calloc(b->n_rows + 1, sizeof(float));
    b->bias_sum = mem_calloc(dim, sizeof(float));
    b->out_sum = mem_calloc(n_out * dim, sizeof(float));
    b->out_bias_sum = mem_calloc(n_out, sizeof(float));
    b->feature = mem_calloc(dim, sizeof(float));
    b->slope = mem_calloc(dim, sizeof(float));
    b->z = mem_calloc(n_out, sizeof(float));
    b->items = mem_calloc(n_items, sizeof *b->items);
    b->dropped = mem_calloc(n_words, 1);
    if (!b->rows || !b->bias || !b->out || !b->out_bias || !b->row_sum || !b->bias_sum ||
        !b->out_sum || !b->out_bias_sum || !b->feature || !b->slope || !b->z || !b->items ||
        !b->dropped) {
        return status_no_memory(err, "a classifier in training", b->n_rows * dim * sizeof(float));
    }
    rng_init(&b->rng, seed);
    for (size_t i = 0; i < b->n_rows * dim; i++) b->rows[i] = START * rng_normal(&b->rng);
    return INGLE_OK;
}

static bool chance(struct rng *rng, float p) {
    return (float)(rng_u32(rng) >> 8) < p * 16777216.0f;
}

static void add_times(float *restrict y, const float *restrict x, float a, int n) {
    for (int i = 0; i < n; i++) y[i] += a * x[i];
}

/* The items of example i, weighed; how many there are. */
static size_t fill(struct class_bag *b, size_t i, bool is_training) {
    const struct class_data *d = b->data;
    size_t len = class_data_len(d, i), first = d->word_at[i], n = 0;
    float square[2] = {0, 0};
    if (is_training) {
        for (size_t w = 0; w < len; w++) b->dropped[w] = chance(&b->rng, b->opt->drop_word);
    } else if (len) {
        memset(b->dropped, 0, len);
    }
    for (size_t w = 0; w <= len; w++) {
        uint32_t pair = d->pairs[first + i + w]; /* of the words w - 1 and w */
        bool is_gone = (w > 0 && b->dropped[w - 1]) || (w < len && b->dropped[w]);
        if (pair < d->n_pairs && !is_gone) {
            b->items[n++] = (struct class_bag_item){(uint32_t)d->n_grams + pair, 0, false};
        }
        if (w == len || b->dropped[w]) continue;
        size_t word = d->words[first + w];
        for (size_t g = d->gram_at[word]; g < d->gram_at[word + 1]; g++) {
            bool is_part = d->rows[g] != d->word_row[word];
            b->items[n++] = (struct class_bag_item){d->rows[g], 0, is_part};
        }
    }
    size_t n_kept = 0;
    for (size_t k = 0; k < n; k++) {
        if (is_training && chance(&b->rng, b->opt->drop_gram)) continue;
        struct class_bag_item *item = &b->items[n_kept++];
        *item = b->items[k];
        item->weight = d->weights[item->row];
        square[item->is_part] += item->weight * item->weight;
    }
    for (size_t k = 0; k < n_kept; k++) {
        b->items[k].weight /= sqrtf(square[b->items[k].is_part]);
    }
    return n_kept;
}

/* b->z = logarithms, from b->feature. */
static void expect(struct class_bag *b) {
    float most = -INFINITY;
    for (int k = 0; k < b->n_out; k++) {
        const float *out = b->out + (size_t)k * (size_t)b->dim;
        float lane[16] = {0}; /* as many sums as vectorise */
        for (int j = 0; j < b->dim; j += 16) {
            for (int v = 0; v < 16; v++) lane[v] += out[j + v] * b->feature[j + v];
        }
        float sum = b->out_bias[k];
        for (int v = 0; v < 16; v++) sum += lane[v];
        b->z[k] = sum;
        most = sum > most ? sum : most;
    }
    double sum = exp((double)(b->z[0] - most));
    for (int k = 1; k < b->n_out; k++) sum += exp((double)(b->z[k] - most));
    float shift = most + (float)log(sum);
    for (int k = 0; k < b->n_out; k++) b->z[k] -= shift;
}

static void sum_items(struct class_bag *b, size_t n) {
    memcpy(b->feature, b->bias, (size_t)b->dim * sizeof *b->feature);
    for (size_t k = 0; k < n; k++) {
        add_times(b->feature, b->rows + (size_t)b->items[k].row * (size_t)b->dim,
                  b->items[k].weight, b->dim);
    }
}

void class_bag_predict(struct class_bag *b, size_t i, float *z) {
    sum_items(b, fill(b, i, false));
    for (int j = 0; j < b->dim; j++) b->feature[j] = b->feature[j] > 0 ? b->feature[j] : 0;
    expect(b);
    memcpy(z, b->z, (size_t)b->n_out * sizeof *z);
}

/* x -= rate * grad / root of the sum of all squares so far. */
static void adagrad(float *restrict x, float *restrict sum, const float *restrict grad, float times,
                    float rate, int n) {
    for (int i = 0; i < n; i++) {
        float g = grad[i] * times;
        sum[i] += g * g;
        x[i] -= rate * g / sqrtf(sum[i] + 1e-8f);
    }
}

/* From b->z to `out`; the gradient by the features into b->slope. */
static void learn_out(struct class_bag *b, int label, float rate) {
    const int n_labels = (int)b->data->n_labels;
    float smoothing = label == n_labels ? 0 : b->opt->smoothing;
    memset(b->slope, 0, (size_t)b->dim * sizeof *b->slope);
    for (int k = 0; k < b->n_out; k++) {
        float target = k < n_labels ? smoothing / (float)n_labels : 0;
        if (k == label) target += 1 - smoothing;
        float miss = expf(b->z[k]) - target;
        float *out = b->out + (size_t)k * (size_t)b->dim;
        add_times(b->slope, out, miss, b->dim);
        adagrad(out, b->out_sum + (size_t)k * (size_t)b->dim, b->feature, miss, rate, b->dim);
        adagrad(b->out_bias + k, b->out_bias_sum + k, &miss, 1, rate, 1);
    }
}

void class_bag_learn(struct class_bag *b, size_t i, float done) {
    const struct class_bag_options *opt = b->opt;
    float rate = opt->rate * (1 - done), more = 1 / (1 - opt->drop_feature);
    size_t n = fill(b, i, true);
    sum_items(b, n);
    for (int j = 0; j < b->dim; j++) {
        bool is_kept = b->feature[j] > 0 && !chance(&b->rng, opt->drop_feature);
        b->feature[j] = is_kept ? b->feature[j] * more : 0;
    }
    expect(b);
    learn_out(b, b->data->labels[i], opt->out_rate * (1 - done));
    float square = 0;
    for (int j = 0; j < b->dim; j++) {
        b->slope[j] = b->feature[j] > 0 ? b->slope[j] * more : 0;
        square += b->slope[j] * b->slope[j];
    }
    square /= (float)b->dim;
    adagrad(b->bias, b->bias_sum, b->slope, 1, rate, b->dim);
    for (size_t k = 0; k < n; k++) {
        size_t row = b->items[k].row;
        float weight = b->items[k].weight;
        b->row_sum[row] += weight * weight * square;
        add_times(b->rows + row * (size_t)b->dim, b->slope,
                  -rate * weight / sqrtf(b->row_sum[row] + 1e-8f), b->dim);
    }
}
