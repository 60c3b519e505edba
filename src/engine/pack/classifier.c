/* The classifier: opened here, used by include/ingle/pack.h. */
#include "engine/pack/classifier.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/size.h"
#include "engine/cpu/tier.h"
#include "engine/kern/dequant.h"
#include "engine/kern/ops.h"
#include "engine/pack/class_text.h"

enum { TYPE_F32 = 0, TYPE_Q4_0 = 2, TYPE_Q8_0 = 8, TYPE_I32 = 26 }; /* of a GGUF tensor */

#define PAD (CLASSIFIER_WIDTHS - 1) /* words outside of the text that windows reach over */

struct classifier {
    int dim, n_filters, n_bag, n_members, n_out;
    size_t n_features; /* of a member: CLASSIFIER_WIDTHS * n_filters */
    struct class_decision decision;
    struct kern_ops ops;
    size_t n_grams, n_pairs;
    const uint32_t *grams;             /* [n_grams] rising */
    const uint8_t *rows;               /* Q4_0 [n_grams][n_members * dim] */
    const float *filter_bias;          /* [n_members][n_features] */
    const float *out_bias;             /* [n_members][n_out] */
    const uint32_t *pairs;             /* [n_pairs] rising */
    const float *weights;              /* [n_grams + n_pairs] */
    const uint8_t *bag_rows;           /* Q4_0 [n_grams + n_pairs][n_members * n_bag] */
    const float *bag_bias;             /* [n_members][n_bag] */
    const float *bag_out_bias;         /* [n_members][n_out] */
    float *bag_out;                    /* [n_members][n_bag][n_out] owned */
    float *filters[CLASSIFIER_WIDTHS]; /* [n_members][width * dim][n_filters] owned */
    float *out;                        /* [n_members][n_features][n_out] owned */
};

/* ---- opening ---- */

/* A tensor Q8_0 of n_members matrices [n_rows][n_cols] as floats, every matrix transposed. */
static ingle_status read_matrices(const struct ingle_pack *p, const struct classifier *m,
                                  const char *name, size_t n_rows, size_t n_cols, float **out,
                                  ingle_error *err) {
    const void *data;
    size_t n_members = (size_t)m->n_members, size, bytes;
    INGLE_TRY(pack_tensor(p, name, TYPE_Q8_0, n_cols, n_members * n_rows, &data, err));
    if (!mul_size(&size, n_members * n_rows, n_cols) || !mul_size(&bytes, size, sizeof(float))) {
        return status_no_memory(err, "a classifier", UINT64_MAX);
    }
    float *row = mem_alloc(n_cols * sizeof *row);
    *out = mem_aligned(64, bytes);
    if (!*out || !row) {
        mem_free(row);
        return status_no_memory(err, "a classifier", bytes);
    }
    size_t row_size = kern_row_size(KERN_Q8_0, (int64_t)n_cols);
    for (size_t i = 0; i < n_members * n_rows; i++) {
        kern_dequant_row(KERN_Q8_0, (const uint8_t *)data + i * row_size, row, (int64_t)n_cols);
        float *to = *out + i / n_rows * n_rows * n_cols + i % n_rows;
        for (size_t j = 0; j < n_cols; j++) to[j * n_rows] = row[j];
    }
    mem_free(row);
    return INGLE_OK;
}

static ingle_status read_numbers(struct ingle_pack *p, struct classifier *m, ingle_error *err) {
    int64_t dim, filters, bag, members, has_none;
    INGLE_TRY(pack_int(p, CLASSIFIER_DIM, 32, CLASSIFIER_MAX_DIM, &dim, err));
    INGLE_TRY(pack_int(p, CLASSIFIER_FILTERS, 32, CLASSIFIER_MAX_FILTERS, &filters, err));
    INGLE_TRY(pack_int(p, CLASSIFIER_BAG, 32, CLASSIFIER_MAX_DIM, &bag, err));
    INGLE_TRY(pack_int(p, CLASSIFIER_MEMBERS, 1, CLASSIFIER_MAX_MEMBERS, &members, err));
    INGLE_TRY(pack_int(p, CLASSIFIER_HAS_NONE, 0, 1, &has_none, err));
    struct class_decision *d = &m->decision;
    INGLE_TRY(pack_float(p, CLASSIFIER_TEMPERATURE, &d->temperature, err));
    INGLE_TRY(pack_float(p, CLASSIFIER_THRESHOLD, &d->threshold, err));
    INGLE_TRY(pack_float(p, CLASSIFIER_SLOPE, &d->slope, err));
    INGLE_TRY(pack_float(p, CLASSIFIER_SHIFT, &d->shift, err));
    if (dim % 32 != 0 || filters % 32 != 0 || bag % 32 != 0 || d->temperature < 1e-3f ||
        d->slope < 0) {
        return status_set(err, INGLE_INVALID, 0,
                          "The pack '%s' has numbers that no classifier has: dim %d, filters %d, "
                          "bag %d, temperature %g, slope %g.",
                          gguf_path(p->file), (int)dim, (int)filters, (int)bag,
                          (double)d->temperature, (double)d->slope);
    }
    m->dim = (int)dim;
    m->n_filters = (int)filters;
    m->n_bag = (int)bag;
    m->n_members = (int)members;
    m->n_features = CLASSIFIER_WIDTHS * (size_t)filters;
    m->n_out = (int)p->n_labels + (int)has_none;
    return INGLE_OK;
}

/* Numbers that rise: what rows stand for. */
static ingle_status read_hashes(const struct ingle_pack *p, const char *name, const uint32_t **out,
                                size_t *n, ingle_error *err) {
    const struct gguf_tensor *t = gguf_find_tensor(p->file, name);
    *n = t ? (size_t)t->dims[0] : 0;
    const void *data;
    INGLE_TRY(pack_tensor(p, name, TYPE_I32, *n, 1, &data, err));
    *out = data;
    for (size_t i = 1; t && i < *n; i++) {
        if ((*out)[i - 1] < (*out)[i]) continue;
        return status_set(err, INGLE_INVALID, t->where,
                          "The numbers of the tensor %s of the pack '%s' do not rise.", name,
                          gguf_path(p->file));
    }
    return INGLE_OK;
}

static ingle_status read_floats(const struct ingle_pack *p, const char *name, size_t n_cols,
                                size_t n_rows, const float **out, ingle_error *err) {
    const void *data;
    INGLE_TRY(pack_tensor(p, name, TYPE_F32, n_cols, n_rows, &data, err));
    *out = data;
    return INGLE_OK;
}

static ingle_status read_rows(const struct ingle_pack *p, struct classifier *m, ingle_error *err) {
    const void *data;
    size_t n_members = (size_t)m->n_members, n_out = (size_t)m->n_out, n_rows;
    INGLE_TRY(read_hashes(p, CLASSIFIER_GRAMS, &m->grams, &m->n_grams, err));
    INGLE_TRY(read_hashes(p, CLASSIFIER_PAIRS, &m->pairs, &m->n_pairs, err));
    if (!add_size(&n_rows, m->n_grams, m->n_pairs)) n_rows = SIZE_MAX; /* then none has as many */
    INGLE_TRY(pack_tensor(p, CLASSIFIER_ROWS, TYPE_Q4_0, n_members * (uint64_t)m->dim, m->n_grams,
                          &data, err));
    m->rows = data;
    INGLE_TRY(pack_tensor(p, CLASSIFIER_BAG_ROWS, TYPE_Q4_0, n_members * (uint64_t)m->n_bag, n_rows,
                          &data, err));
    m->bag_rows = data;
    INGLE_TRY(read_floats(p, CLASSIFIER_WEIGHTS, n_rows, 1, &m->weights, err));
    INGLE_TRY(
        read_floats(p, CLASSIFIER_FILTER_BIAS, m->n_features, n_members, &m->filter_bias, err));
    INGLE_TRY(read_floats(p, CLASSIFIER_OUT_BIAS, n_out, n_members, &m->out_bias, err));
    INGLE_TRY(read_floats(p, CLASSIFIER_BAG_BIAS, (size_t)m->n_bag, n_members, &m->bag_bias, err));
    return read_floats(p, CLASSIFIER_BAG_OUT_BIAS, n_out, n_members, &m->bag_out_bias, err);
}

static ingle_status open_classifier(struct ingle_pack *p, ingle_error *err) {
    struct classifier *m = p->model = mem_calloc(1, sizeof *m);
    if (!m) return status_no_memory(err, "a classifier", sizeof *m);
    INGLE_TRY(read_numbers(p, m, err));
    INGLE_TRY(read_rows(p, m, err));
    for (int i = 0; i < CLASSIFIER_WIDTHS; i++) {
        char name[sizeof CLASSIFIER_FILTERS_OF + 16];
        snprintf(name, sizeof name, CLASSIFIER_FILTERS_OF, i + 1);
        INGLE_TRY(read_matrices(p, m, name, (size_t)m->n_filters, (size_t)(i + 1) * (size_t)m->dim,
                                &m->filters[i], err));
    }
    INGLE_TRY(read_matrices(p, m, CLASSIFIER_OUT, (size_t)m->n_out, m->n_features, &m->out, err));
    INGLE_TRY(read_matrices(p, m, CLASSIFIER_BAG_OUT, (size_t)m->n_out, (size_t)m->n_bag,
                            &m->bag_out, err));
    kern_ops_init(&m->ops, cpu_tier_detect());
    return INGLE_OK;
}

static void close_classifier(struct ingle_pack *p) {
    struct classifier *m = p->model;
    if (!m) return;
    for (int i = 0; i < CLASSIFIER_WIDTHS; i++) mem_free(m->filters[i]);
    mem_free(m->out);
    mem_free(m->bag_out);
    mem_free(m);
}

const struct pack_kind pack_classifier = {
    .id = INGLE_PACK_CLASSIFIER,
    .name = "classifier",
    .version = CLASSIFIER_VERSION,
    .has_labels = true,
    .open = open_classifier,
    .close = close_classifier,
};

/* ---- deciding ---- */

size_t class_decide(float *z, size_t n_labels, size_t n_out, const struct class_decision *d,
                    float *probability) {
    float most = -INFINITY;
    for (size_t k = 0; k < n_out; k++) most = z[k] > most ? z[k] : most;
    double sum = 0;
    for (size_t k = 0; k < n_out; k++) sum += exp((double)((z[k] - most) / d->temperature));
    size_t best = 0;
    for (size_t k = 0; k < n_out; k++) {
        z[k] = (float)(exp((double)((z[k] - most) / d->temperature)) / sum);
        if (k < n_labels && z[k] > z[best]) best = k;
    }
    *probability = z[best];
    return best;
}

float class_confidence(const struct class_decision *d, float probability) {
    double p = (double)probability;
    p = p < 1e-6 ? 1e-6 : p > 1 - 1e-6 ? 1 - 1e-6 : p;
    return (float)(1 / (1 + exp(-((double)d->slope * log(p / (1 - p)) + (double)d->shift))));
}

/* ---- running ---- */

/* What one text needs. */
struct scratch {
    float *words;    /* [n_members][n_words + 2 PAD][dim], zeros around */
    float *windows;  /* [n_words + PAD][n_filters] */
    float *features; /* [n_features] */
    float *row;      /* [n_members * (dim or n_bag, the greater)] */
    float *bag[2];   /* [n_members * n_bag] of words and pairs; of parts of words */
    float square[2]; /* of the weights in them */
    float *logits;   /* [n_out] of a member */
    float *mean;     /* [n_out] */
};

static ingle_status scratch_init(struct scratch *s, float **block, const struct classifier *m,
                                 size_t n_words, ingle_error *err) {
    size_t n_cols = (size_t)(m->n_members * m->dim), n_out = (size_t)m->n_out;
    size_t n_bags = (size_t)(m->n_members * m->n_bag), n_row = n_cols > n_bags ? n_cols : n_bags;
    size_t n_word_values = (n_words + 2 * PAD) * n_cols;
    size_t n_window_values = (n_words + PAD) * (size_t)m->n_filters;
    size_t n = n_word_values + n_window_values + m->n_features + n_row + 2 * n_bags + 2 * n_out;
    float *at = *block = mem_calloc(n, sizeof *at);
    if (!at) return status_no_memory(err, "a text to classify", n * sizeof *at);
    s->words = at;
    s->windows = at += n_word_values;
    s->features = at += n_window_values;
    s->row = at += m->n_features;
    s->bag[0] = at += n_row;
    s->bag[1] = at += n_bags;
    s->logits = at += n_bags;
    s->mean = at + n_out;
    return INGLE_OK;
}

/* Adds a row to the bag. */
static void put_in_bag(const struct classifier *m, struct scratch *s, size_t row, bool is_part) {
    int n = m->n_members * m->n_bag;
    const float weight = m->weights[row];
    kern_dequant_row(KERN_Q4_0, m->bag_rows + row * kern_row_size(KERN_Q4_0, n), s->row, n);
    float *restrict to = s->bag[is_part];
    const float *restrict from = s->row;
    for (int i = 0; i < n; i++) to[i] += weight * from[i];
    s->square[is_part] += weight * weight;
}

static void place_pair(const struct classifier *m, struct scratch *s, const struct class_text *t,
                       size_t i) {
    struct class_word a = {0, 0}, b = {0, 0};
    if (i > 0) a = t->words[i - 1];
    if (i < t->n_words) b = t->words[i];
    uint32_t hash =
        class_pair_gram(t->bytes + a.from, a.to - a.from, t->bytes + b.from, b.to - b.from);
    size_t row = class_find_row(m->pairs, m->n_pairs, hash);
    if (row < m->n_pairs) put_in_bag(m, s, m->n_grams + row, false);
}

/* Sets the vectors of word i of n, one for each member. */
static void place_word(const struct classifier *m, struct scratch *s, size_t i, size_t n,
                       const char *word, size_t len) {
    uint32_t grams[CLASS_MAX_GRAMS];
    size_t n_grams = class_word_grams(word, len, grams), n_found = 0;
    size_t dim = (size_t)m->dim, n_cols = (size_t)m->n_members * dim;
    size_t row_size = kern_row_size(KERN_Q4_0, (int64_t)n_cols);
    size_t step = (n + 2 * PAD) * dim; /* from a member to the next */
    float *to = s->words + (i + PAD) * dim;
    for (size_t g = 0; g < n_grams; g++) {
        size_t row = class_find_row(m->grams, m->n_grams, grams[g]);
        if (row == m->n_grams) continue;
        n_found++;
        put_in_bag(m, s, row, g > 0);
        kern_dequant_row(KERN_Q4_0, m->rows + row * row_size, s->row, (int64_t)n_cols);
        for (size_t k = 0; k < (size_t)m->n_members; k++) {
            m->ops.add(to + k * step, s->row + k * dim, m->dim);
        }
    }
    if (n_found < 2) return;
    float scale = 1 / sqrtf((float)n_found);
    for (size_t k = 0; k < (size_t)m->n_members; k++) {
        for (size_t j = 0; j < dim; j++) to[k * step + j] *= scale;
    }
}

/* The best windows of a width, of member k. */
static void find_features(const struct classifier *m, const struct scratch *s, size_t k, size_t n,
                          int width) {
    const size_t n_filters = (size_t)m->n_filters, dim = (size_t)m->dim;
    const size_t n_in = (size_t)width * dim, n_windows = n + (size_t)width - 1;
    const float *words = s->words + k * (n + 2 * PAD) * dim;
    m->ops.sgemm(&(struct kern_sgemm_args){.c = s->windows,
                                           .ldc = n_filters,
                                           .a = words + (size_t)(PAD - (width - 1)) *
                                                            dim, /* windows overlap */
                                           .lda = dim,
                                           .b = m->filters[width - 1] + k * n_in * n_filters,
                                           .ldb = n_filters,
                                           .m = (int)n_windows,
                                           .n = m->n_filters,
                                           .k = (int)n_in});
    size_t first = (size_t)(width - 1) * n_filters;
    const float *restrict bias = m->filter_bias + k * m->n_features + first;
    float *restrict best = s->features + first;
    memcpy(best, s->windows, n_filters * sizeof *best);
    for (size_t i = 1; i < n_windows; i++) {
        const float *restrict value = s->windows + i * n_filters;
        for (size_t f = 0; f < n_filters; f++) best[f] = value[f] > best[f] ? value[f] : best[f];
    }
    for (size_t f = 0; f < n_filters; f++) best[f] = best[f] + bias[f] > 0 ? best[f] + bias[f] : 0;
}

/* Adds to s->mean the logarithms of what one network expects: x[n] times out[n][n_out], + bias. */
static void add_logarithms(const struct classifier *m, const struct scratch *s, const float *x,
                           size_t n, const float *out, const float *bias) {
    const size_t n_out = (size_t)m->n_out;
    memcpy(s->logits, bias, n_out * sizeof *s->logits);
    m->ops.sgemm(&(struct kern_sgemm_args){.c = s->logits,
                                           .ldc = n_out,
                                           .a = x,
                                           .lda = n,
                                           .b = out,
                                           .ldb = n_out,
                                           .m = 1,
                                           .n = m->n_out,
                                           .k = (int)n,
                                           .add = true});
    float most = s->logits[0];
    for (size_t i = 1; i < n_out; i++) most = s->logits[i] > most ? s->logits[i] : most;
    double sum = exp((double)(s->logits[0] - most));
    for (size_t i = 1; i < n_out; i++) sum += exp((double)(s->logits[i] - most));
    float shift = most + (float)log(sum), share = 0.5f / (float)m->n_members;
    for (size_t i = 0; i < n_out; i++) s->mean[i] += (s->logits[i] - shift) * share;
}

/* What both networks of member k expect. */
static void run_member(const struct classifier *m, const struct scratch *s, size_t k, size_t n) {
    const size_t n_out = (size_t)m->n_out;
    for (int width = 1; width <= CLASSIFIER_WIDTHS; width++) find_features(m, s, k, n, width);
    add_logarithms(m, s, s->features, m->n_features, m->out + k * m->n_features * n_out,
                   m->out_bias + k * n_out);
    const size_t n_bag = (size_t)m->n_bag;
    const float *words = s->bag[0] + k * n_bag, *parts = s->bag[1] + k * n_bag;
    float words_scale = s->square[0] > 0 ? 1 / sqrtf(s->square[0]) : 0;
    float parts_scale = s->square[1] > 0 ? 1 / sqrtf(s->square[1]) : 0;
    for (size_t i = 0; i < n_bag; i++) {
        float v = m->bag_bias[k * n_bag + i] + words[i] * words_scale + parts[i] * parts_scale;
        s->row[i] = v > 0 ? v : 0;
    }
    add_logarithms(m, s, s->row, n_bag, m->bag_out + k * n_bag * n_out,
                   m->bag_out_bias + k * n_out);
}

/* The n_top greatest of p[n], the first of equal ones first. */
static size_t choose_top(const float *p, size_t n, ingle_class *top, size_t n_top) {
    size_t n_chosen = 0;
    for (size_t i = 0; i < n && n_top > 0; i++) {
        if (n_chosen == n_top && p[i] <= top[n_chosen - 1].confidence) continue;
        size_t at = n_chosen < n_top ? n_chosen++ : n_top - 1;
        for (; at > 0 && p[i] > top[at - 1].confidence; at--) top[at] = top[at - 1];
        top[at] = (ingle_class){.label = i, .confidence = p[i]};
    }
    return n_chosen;
}

static ingle_status answer(const struct ingle_pack *p, float *mean, ingle_class *top, size_t n_top,
                           ingle_classification *out, ingle_error *err) {
    const struct classifier *m = p->model;
    float probability;
    size_t best = class_decide(mean, p->n_labels, (size_t)m->n_out, &m->decision, &probability);
    if (!isfinite(probability)) {
        return status_set(err, INGLE_INVALID, 0, "The pack '%s' computes what is no number.",
                          gguf_path(p->file));
    }
    float confidence = class_confidence(&m->decision, probability);
    out->is_none = probability < m->decision.threshold;
    out->confidence = out->is_none ? 1 - confidence : confidence;
    out->n = choose_top(mean, p->n_labels, top, n_top);
    /* The others keep their shares of what it leaves, or, where it loses, lose as much. */
    float rest = confidence < probability ? confidence / probability
                 : probability < 1        ? (1 - confidence) / (1 - probability)
                                          : 0;
    for (size_t i = 0; i < out->n; i++) {
        bool is_best = top[i].label == best;
        top[i].confidence = is_best ? confidence : top[i].confidence * rest;
    }
    return INGLE_OK;
}

ingle_status classifier_run(const struct ingle_pack *p, const char *text, size_t len,
                            ingle_class *top, size_t n_top, ingle_classification *out,
                            ingle_error *err) {
    const struct classifier *m = p->model;
    struct class_text t;
    struct scratch s = {0};
    float *block = NULL;
    ingle_status status = class_text_init(&t, text, len, err);
    size_t n = t.n_words ? t.n_words : 1; /* of no words: one of zeros */
    if (status == INGLE_OK) status = scratch_init(&s, &block, m, n, err);
    if (status == INGLE_OK && block) {
        for (size_t i = 0; i < t.n_words; i++) {
            struct class_word w = t.words[i];
            place_word(m, &s, i, n, t.bytes + w.from, w.to - w.from);
        }
        for (size_t i = 0; i <= t.n_words; i++) place_pair(m, &s, &t, i);
        for (size_t k = 0; k < (size_t)m->n_members; k++) run_member(m, &s, k, n);
        status = answer(p, s.mean, top, n_top, out, err);
    }
    class_text_clear(&t);
    mem_free(block);
    return status;
}
