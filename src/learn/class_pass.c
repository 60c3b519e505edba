/* What the network computes (class_net.h), and the gradient of its loss. */
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "learn/class_net_internal.h"

#define PAD 2 /* zero rows around texts: what the widest window reaches over */

/* ---- memory ---- */

void class_scratch_free(struct class_scratch *s) {
    if (!s) return;
    mem_free(s->x);
    mem_free(s->dx);
    mem_free(s->windows);
    mem_free(s->features);
    mem_free(s->d_features);
    mem_free(s->best);
    mem_free(s->logits);
    mem_free(s->keep);
    mem_free(s->kept);
    mem_free(s->kept_at);
    mem_free(s->slot_of);
    mem_free(s->touched);
    mem_free(s->row_grad);
    mem_free(s);
}

static size_t max_of(size_t a, size_t b) {
    return a > b ? a : b;
}

/* Rows of x that a text needs behind those before it. */
static size_t rows_of(const struct class_data *d, size_t i) {
    return max_of(class_data_len(d, i), 1) + PAD;
}

static size_t grams_of(const struct class_data *d, size_t i) {
    size_t n = 0;
    for (size_t w = d->word_at[i]; w < d->word_at[i + 1]; w++) {
        n += d->gram_at[d->words[w] + 1] - d->gram_at[d->words[w]];
    }
    return n;
}

bool class_scratch_new(struct class_scratch **out, const struct class_data *d,
                       const struct class_net *net, int batch) {
    struct class_scratch *s = *out = mem_calloc(1, sizeof *s);
    if (!s) return false;
    s->batch = batch;
    size_t longest = 0, most_grams = 0, dim = (size_t)net->dim, n = (size_t)batch;
    for (size_t i = 0; i < d->n; i++) {
        longest = max_of(longest, rows_of(d, i));
        most_grams = max_of(most_grams, grams_of(d, i));
    }
    s->max_rows = PAD + n * longest;
    s->max_kept = n * most_grams + 1;
    size_t n_features = (size_t)class_net_n_features(net);
    s->x = mem_calloc(s->max_rows * dim, sizeof *s->x);
    s->dx = mem_calloc(s->max_rows * dim, sizeof *s->dx);
    s->windows = mem_calloc(s->max_rows * (size_t)net->n_filters, sizeof *s->windows);
    s->features = mem_calloc(n * n_features, sizeof *s->features);
    s->d_features = mem_calloc(n * n_features, sizeof *s->d_features);
    s->best = mem_calloc(n * n_features, sizeof *s->best);
    s->logits = mem_calloc(n * (size_t)net->n_out, sizeof *s->logits);
    s->keep = mem_calloc(s->max_rows * dim, 1);
    s->kept = mem_calloc(s->max_kept, sizeof *s->kept);
    s->kept_at = mem_calloc(s->max_rows + 1, sizeof *s->kept_at);
    s->slot_of = mem_calloc(d->n_grams + 1, sizeof *s->slot_of);
    s->touched = mem_calloc(s->max_kept, sizeof *s->touched);
    size_t most_touched = s->max_kept < d->n_grams ? s->max_kept : d->n_grams + 1;
    s->row_grad = mem_calloc(most_touched * dim, sizeof *s->row_grad);
    return s->x && s->dx && s->windows && s->features && s->d_features && s->best && s->logits &&
           s->keep && s->kept && s->kept_at && s->slot_of && s->touched && s->row_grad;
}

/* ---- forward ---- */

/* y += a x */
static void add_times(float *restrict y, const float *restrict x, float a, int n) {
    for (int i = 0; i < n; i++) y[i] += a * x[i];
}

/* True with this probability, in steps of 1 / 2^24. */
static bool chance(struct rng *rng, float p) {
    return (float)(rng_u32(rng) >> 8) < p * 16777216.0f;
}

/* Row `row` of x: the word's vector, without what training drops. */
static void place_word(struct class_trainer *t, size_t row, size_t word, bool is_training) {
    struct class_scratch *s = t->scratch;
    const struct class_data *d = t->data;
    const struct class_options *opt = t->opt;
    const int dim = t->net.dim;
    uint32_t n_kept = s->kept_at[row], first = n_kept;
    if (!is_training || !chance(&t->rng, opt->drop_word)) {
        for (size_t i = d->gram_at[word]; i < d->gram_at[word + 1]; i++) {
            if (is_training && chance(&t->rng, opt->drop_gram)) continue;
            s->kept[n_kept++] = d->rows[i];
        }
    }
    s->kept_at[row + 1] = n_kept;
    float *x = s->x + row * (size_t)dim;
    memset(x, 0, (size_t)dim * sizeof *x);
    if (n_kept == first) return;
    float scale = 1 / sqrtf((float)(n_kept - first));
    for (uint32_t i = first; i < n_kept; i++) {
        add_times(x, t->net.rows + (size_t)s->kept[i] * (size_t)dim, scale, dim);
    }
    if (!is_training) return;
    uint8_t *keep = s->keep + row * (size_t)dim;
    uint32_t limit = (uint32_t)(opt->drop_dim * 256);
    float more = 1 / (1 - (float)limit / 256);
    for (int i = 0; i < dim; i += 4) {
        uint32_t bits = rng_u32(&t->rng);
        for (int j = i; j < i + 4; j++, bits >>= 8) {
            keep[j] = (bits & 255) >= limit;
            x[j] = keep[j] ? x[j] * more : 0;
        }
    }
}

static void empty_rows(struct class_trainer *t, size_t n) {
    struct class_scratch *s = t->scratch;
    size_t dim = (size_t)t->net.dim;
    memset(s->x + s->n_rows * dim, 0, n * dim * sizeof *s->x);
    for (size_t i = 0; i < n; i++) s->kept_at[s->n_rows + i + 1] = s->kept_at[s->n_rows + i];
    s->n_rows += n;
}

static void place_texts(struct class_trainer *t, const uint32_t *which, int n, bool is_training) {
    struct class_scratch *s = t->scratch;
    const struct class_data *d = t->data;
    s->n_rows = 0;
    s->kept_at[0] = 0;
    empty_rows(t, PAD);
    for (int b = 0; b < n; b++) {
        size_t i = which[b], len = class_data_len(d, i);
        s->first_row[b] = s->n_rows;
        s->n_words[b] = max_of(len, 1);
        if (len == 0) empty_rows(t, 1);
        for (size_t w = 0; w < len; w++) {
            place_word(t, s->n_rows++, d->words[d->word_at[i] + w], is_training);
        }
        empty_rows(t, PAD);
    }
}

/* Of every text and filter of a width, the best window. */
static void pool(struct class_trainer *t, int n, int width) {
    struct class_scratch *s = t->scratch;
    const int n_filters = t->net.n_filters, n_features = class_net_n_features(&t->net);
    const float *bias = class_net_filter_biases(&t->net) + (width - 1) * n_filters;
    for (int b = 0; b < n; b++) {
        size_t at = (size_t)b * (size_t)n_features + (size_t)((width - 1) * n_filters);
        float *restrict best = s->features + at;
        int *restrict where = s->best + at;
        size_t from = s->first_row[b] - (size_t)(width - 1), to = s->first_row[b] + s->n_words[b];
        memcpy(best, s->windows + from * (size_t)n_filters, (size_t)n_filters * sizeof *best);
        for (int f = 0; f < n_filters; f++) where[f] = (int)from;
        for (size_t row = from + 1; row < to; row++) {
            const float *restrict value = s->windows + row * (size_t)n_filters;
            for (int f = 0; f < n_filters; f++) {
                where[f] = value[f] > best[f] ? (int)row : where[f];
                best[f] = value[f] > best[f] ? value[f] : best[f];
            }
        }
        for (int f = 0; f < n_filters; f++) best[f] = best[f] + bias[f] > 0 ? best[f] + bias[f] : 0;
    }
}

static void forward(struct class_trainer *t, const uint32_t *which, int n, bool is_training) {
    struct class_scratch *s = t->scratch;
    const struct class_net *net = &t->net;
    const int n_features = class_net_n_features(net);
    place_texts(t, which, n, is_training);
    for (int width = 1; width <= CLASS_WIDTHS; width++) {
        t->ops->sgemm(&(struct kern_sgemm_args){.c = s->windows,
                                                .ldc = (size_t)net->n_filters,
                                                .a = s->x, /* windows overlap */
                                                .lda = (size_t)net->dim,
                                                .b = class_net_filters(net, width),
                                                .ldb = (size_t)(width * net->dim),
                                                .b_transposed = true,
                                                .m = (int)s->n_rows - (width - 1),
                                                .n = net->n_filters,
                                                .k = width * net->dim});
        pool(t, n, width);
    }
    if (is_training) {
        float more = 1 / (1 - t->opt->drop_feature);
        for (size_t i = 0; i < (size_t)n * (size_t)n_features; i++) {
            s->features[i] = chance(&t->rng, t->opt->drop_feature) ? 0 : s->features[i] * more;
        }
    }
    for (int b = 0; b < n; b++) {
        memcpy(s->logits + (size_t)b * (size_t)net->n_out, class_net_out_biases(net),
               (size_t)net->n_out * sizeof *s->logits);
    }
    t->ops->sgemm(&(struct kern_sgemm_args){.c = s->logits,
                                            .ldc = (size_t)net->n_out,
                                            .a = s->features,
                                            .lda = (size_t)n_features,
                                            .b = class_net_out(net),
                                            .ldb = (size_t)n_features,
                                            .b_transposed = true,
                                            .m = n,
                                            .n = net->n_out,
                                            .k = n_features,
                                            .add = true});
}

static void log_softmax(float *z, int n) {
    float most = z[0];
    for (int k = 1; k < n; k++) most = z[k] > most ? z[k] : most;
    double sum = exp((double)(z[0] - most));
    for (int k = 1; k < n; k++) sum += exp((double)(z[k] - most));
    float shift = most + (float)log(sum);
    for (int k = 0; k < n; k++) z[k] -= shift;
}

void class_trainer_predict(struct class_trainer *t, const uint32_t *which, size_t n, float *out) {
    const size_t n_out = (size_t)t->net.n_out;
    for (size_t i = 0; i < n; i += (size_t)t->opt->batch) {
        int size = n - i < (size_t)t->opt->batch ? (int)(n - i) : t->opt->batch;
        forward(t, which + i, size, false);
        for (size_t b = 0; b < (size_t)size; b++) {
            float *row = out + (i + b) * n_out;
            memcpy(row, t->scratch->logits + b * n_out, n_out * sizeof *row);
            log_softmax(row, t->net.n_out);
            float *other = t->scratch->logits + b * n_out;
            class_bag_predict(&t->bag, which[i + b], other);
            for (size_t k = 0; k < n_out; k++) row[k] = (row[k] + other[k]) / 2;
        }
    }
}

/* ---- backward ---- */

/* The loss of a batch; logits become its gradient by the logits, for the mean over n. */
static double loss_of(struct class_trainer *t, const uint32_t *which, int n, float smoothing) {
    const int n_out = t->net.n_out, n_labels = (int)t->data->n_labels;
    double loss = 0;
    for (int b = 0; b < n; b++) {
        float *z = t->scratch->logits + (size_t)b * (size_t)n_out;
        int label = t->data->labels[which[b]];
        log_softmax(z, n_out);
        float share = label == n_labels ? 0 : smoothing / (float)n_labels;
        for (int k = 0; k < n_out; k++) {
            float target = k < n_labels ? share : 0;
            if (k == label) target += label == n_labels ? 1 : 1 - smoothing;
            loss -= (double)(target * z[k]);
            z[k] = (expf(z[k]) - target) / (float)n;
        }
    }
    return loss;
}

/* From s->logits, a gradient, to those of `out` and the features. */
static void backward_out(struct class_trainer *t, int n) {
    struct class_scratch *s = t->scratch;
    const struct class_net *net = &t->net;
    const int n_features = class_net_n_features(net), n_out = net->n_out;
    float *d_out = t->grad + (class_net_out(net) - net->dense);
    t->ops->sgemm(&(struct kern_sgemm_args){.c = d_out,
                                            .ldc = (size_t)n_features,
                                            .a = s->logits,
                                            .lda = (size_t)n_out,
                                            .a_transposed = true,
                                            .b = s->features,
                                            .ldb = (size_t)n_features,
                                            .m = n_out,
                                            .n = n_features,
                                            .k = n});
    float *d_bias = t->grad + (class_net_out_biases(net) - net->dense);
    for (int b = 0; b < n; b++) {
        add_times(d_bias, s->logits + (size_t)b * (size_t)n_out, 1, n_out);
    }
    t->ops->sgemm(&(struct kern_sgemm_args){.c = s->d_features,
                                            .ldc = (size_t)n_features,
                                            .a = s->logits,
                                            .lda = (size_t)n_out,
                                            .b = class_net_out(net),
                                            .ldb = (size_t)n_features,
                                            .m = n,
                                            .n = n_features,
                                            .k = n_out});
}

/* Through the best windows: only they have a gradient. more: what features were scaled by. */
static void backward_filters(struct class_trainer *t, int n, float more) {
    struct class_scratch *s = t->scratch;
    const struct class_net *net = &t->net;
    const int n_features = class_net_n_features(net), dim = net->dim;
    float *d_bias = t->grad + (class_net_filter_biases(net) - net->dense);
    memset(s->dx, 0, s->n_rows * (size_t)dim * sizeof *s->dx);
    for (int width = 1; width <= CLASS_WIDTHS; width++) {
        const float *filters = class_net_filters(net, width);
        float *d_filters = t->grad + (filters - net->dense);
        const int n_in = width * dim;
        for (int f = 0; f < net->n_filters; f++) {
            const float *filter = filters + (size_t)f * (size_t)n_in;
            float *d_filter = d_filters + (size_t)f * (size_t)n_in;
            for (int b = 0; b < n; b++) {
                size_t at =
                    (size_t)b * (size_t)n_features + (size_t)((width - 1) * net->n_filters + f);
                if (s->features[at] <= 0) continue;
                float d = s->d_features[at] * more;
                size_t row = (size_t)s->best[at] * (size_t)dim;
                d_bias[at - (size_t)b * (size_t)n_features] += d;
                add_times(d_filter, s->x + row, d, n_in);
                add_times(s->dx + row, filter, d, n_in);
            }
        }
    }
}

static float *gradient_of_row(struct class_scratch *s, uint32_t row, int dim) {
    size_t slot = s->slot_of[row];
    if (slot >= s->n_touched || s->touched[slot] != row) {
        slot = s->n_touched++;
        s->touched[slot] = row;
        s->slot_of[row] = (uint32_t)slot;
        memset(s->row_grad + slot * (size_t)dim, 0, (size_t)dim * sizeof(float));
    }
    return s->row_grad + slot * (size_t)dim;
}

static void backward_words(struct class_trainer *t, bool is_training) {
    struct class_scratch *s = t->scratch;
    const int dim = t->net.dim;
    float more = 1 / (1 - (float)(uint32_t)(t->opt->drop_dim * 256) / 256);
    s->n_touched = 0;
    for (size_t row = 0; row < s->n_rows; row++) {
        uint32_t from = s->kept_at[row], to = s->kept_at[row + 1];
        if (from == to) continue;
        float *dx = s->dx + row * (size_t)dim;
        const uint8_t *keep = s->keep + row * (size_t)dim;
        for (int i = 0; is_training && i < dim; i++) dx[i] = keep[i] ? dx[i] * more : 0;
        float scale = 1 / sqrtf((float)(to - from));
        for (uint32_t i = from; i < to; i++) {
            add_times(gradient_of_row(s, s->kept[i], dim), dx, scale, dim);
        }
    }
}

double class_gradient(struct class_trainer *t, const uint32_t *which, int n, bool is_training) {
    memset(t->grad, 0, t->net.n_dense * sizeof *t->grad);
    forward(t, which, n, is_training);
    double loss = loss_of(t, which, n, t->opt->smoothing);
    backward_out(t, n);
    backward_filters(t, n, is_training ? 1 / (1 - t->opt->drop_feature) : 1);
    backward_words(t, is_training);
    return loss;
}

double class_trainer_gradient(struct class_trainer *t, const uint32_t *which, size_t n,
                              float *row_grad) {
    double loss = class_gradient(t, which, (int)n, false);
    const struct class_scratch *s = t->scratch;
    size_t dim = (size_t)t->net.dim;
    memset(row_grad, 0, t->net.n_grams * dim * sizeof *row_grad);
    for (size_t i = 0; i < s->n_touched; i++) {
        memcpy(row_grad + s->touched[i] * dim, s->row_grad + i * dim, dim * sizeof *row_grad);
    }
    return loss / (double)n;
}
