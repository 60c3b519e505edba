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
    int dim, n_filters, n_members, n_out;
    size_t n_features; /* of a member: CLASSIFIER_WIDTHS * n_filters */
    struct class_decision decision;
    struct kern_ops ops;
    size_t n_grams;
    const uint32_t *grams;             /* [n_grams] rising */
    const uint8_t *rows;               /* Q4_0 [n_grams][n_members * dim] */
    const float *filter_bias;          /* [n_members][n_features] */
    const float *out_bias;             /* [n_members][n_out] */
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
    int64_t dim, filters, members, has_none;
    INGLE_TRY(pack_int(p, CLASSIFIER_DIM, 32, CLASSIFIER_MAX_DIM, &dim, err));
    INGLE_TRY(pack_int(p, CLASSIFIER_FILTERS, 32, CLASSIFIER_MAX_FILTERS, &filters, err));
    INGLE_TRY(pack_int(p, CLASSIFIER_MEMBERS, 1, CLASSIFIER_MAX_MEMBERS, &members, err));
    INGLE_TRY(pack_int(p, CLASSIFIER_HAS_NONE, 0, 1, &has_none, err));
    struct class_decision *d = &m->decision;
    INGLE_TRY(pack_float(p, CLASSIFIER_TEMPERATURE, &d->temperature, err));
    INGLE_TRY(pack_float(p, CLASSIFIER_THRESHOLD, &d->threshold, err));
    INGLE_TRY(pack_float(p, CLASSIFIER_SLOPE, &d->slope, err));
    INGLE_TRY(pack_float(p, CLASSIFIER_SHIFT, &d->shift, err));
    if (dim % 32 != 0 || filters % 32 != 0 || d->temperature < 1e-3f || d->slope < 0) {
        return status_set(err, INGLE_INVALID, 0,
                          "The pack '%s' has numbers that no classifier has: dim %d, filters %d, "
                          "temperature %g, slope %g.",
                          gguf_path(p->file), (int)dim, (int)filters, (double)d->temperature,
                          (double)d->slope);
    }
    m->dim = (int)dim;
    m->n_filters = (int)filters;
    m->n_members = (int)members;
    m->n_features = CLASSIFIER_WIDTHS * (size_t)filters;
    m->n_out = (int)p->n_labels + (int)has_none;
    return INGLE_OK;
}

static ingle_status read_grams(struct ingle_pack *p, struct classifier *m, ingle_error *err) {
    const struct gguf_tensor *t = gguf_find_tensor(p->file, CLASSIFIER_GRAMS);
    m->n_grams = t ? (size_t)t->dims[0] : 0;
    const void *data;
    INGLE_TRY(pack_tensor(p, CLASSIFIER_GRAMS, TYPE_I32, m->n_grams, 1, &data, err));
    m->grams = data;
    for (size_t i = 1; i < m->n_grams; i++) {
        if (m->grams[i - 1] < m->grams[i]) continue;
        return status_set(err, INGLE_INVALID, t->where, "The grams of the pack '%s' do not rise.",
                          gguf_path(p->file));
    }
    uint64_t n_cols = (uint64_t)m->n_members * (uint64_t)m->dim;
    INGLE_TRY(pack_tensor(p, CLASSIFIER_ROWS, TYPE_Q4_0, n_cols, m->n_grams, &data, err));
    m->rows = data;
    return INGLE_OK;
}

static ingle_status open_classifier(struct ingle_pack *p, ingle_error *err) {
    struct classifier *m = p->model = mem_calloc(1, sizeof *m);
    if (!m) return status_no_memory(err, "a classifier", sizeof *m);
    INGLE_TRY(read_numbers(p, m, err));
    INGLE_TRY(read_grams(p, m, err));
    for (int i = 0; i < CLASSIFIER_WIDTHS; i++) {
        char name[sizeof CLASSIFIER_FILTERS_OF + 16];
        snprintf(name, sizeof name, CLASSIFIER_FILTERS_OF, i + 1);
        INGLE_TRY(read_matrices(p, m, name, (size_t)m->n_filters, (size_t)(i + 1) * (size_t)m->dim,
                                &m->filters[i], err));
    }
    INGLE_TRY(read_matrices(p, m, CLASSIFIER_OUT, (size_t)m->n_out, m->n_features, &m->out, err));
    const void *data;
    uint64_t n_members = (uint64_t)m->n_members;
    INGLE_TRY(
        pack_tensor(p, CLASSIFIER_FILTER_BIAS, TYPE_F32, m->n_features, n_members, &data, err));
    m->filter_bias = data;
    INGLE_TRY(
        pack_tensor(p, CLASSIFIER_OUT_BIAS, TYPE_F32, (uint64_t)m->n_out, n_members, &data, err));
    m->out_bias = data;
    kern_ops_init(&m->ops, cpu_tier_detect());
    return INGLE_OK;
}

static void close_classifier(struct ingle_pack *p) {
    struct classifier *m = p->model;
    if (!m) return;
    for (int i = 0; i < CLASSIFIER_WIDTHS; i++) mem_free(m->filters[i]);
    mem_free(m->out);
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
    float *row;      /* [n_members * dim] */
    float *logits;   /* [n_out] of a member */
    float *mean;     /* [n_out] */
};

static ingle_status scratch_init(struct scratch *s, float **block, const struct classifier *m,
                                 size_t n_words, ingle_error *err) {
    size_t n_cols = (size_t)(m->n_members * m->dim), n_out = (size_t)m->n_out;
    size_t n_word_values = (n_words + 2 * PAD) * n_cols;
    size_t n_window_values = (n_words + PAD) * (size_t)m->n_filters;
    size_t n = n_word_values + n_window_values + m->n_features + n_cols + 2 * n_out;
    float *at = *block = mem_calloc(n, sizeof *at);
    if (!at) return status_no_memory(err, "a text to classify", n * sizeof *at);
    s->words = at;
    s->windows = at += n_word_values;
    s->features = at += n_window_values;
    s->row = at += m->n_features;
    s->logits = at += n_cols;
    s->mean = at + n_out;
    return INGLE_OK;
}

/* Sets the vectors of word i of n, one for each member. */
static void place_word(const struct classifier *m, const struct scratch *s, size_t i, size_t n,
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

/* Adds the logarithms that member k gives the outputs to s->mean. */
static void run_member(const struct classifier *m, const struct scratch *s, size_t k, size_t n) {
    const size_t n_out = (size_t)m->n_out;
    for (int width = 1; width <= CLASSIFIER_WIDTHS; width++) find_features(m, s, k, n, width);
    memcpy(s->logits, m->out_bias + k * n_out, n_out * sizeof *s->logits);
    m->ops.sgemm(&(struct kern_sgemm_args){.c = s->logits,
                                           .ldc = n_out,
                                           .a = s->features,
                                           .lda = m->n_features,
                                           .b = m->out + k * m->n_features * n_out,
                                           .ldb = n_out,
                                           .m = 1,
                                           .n = m->n_out,
                                           .k = (int)m->n_features,
                                           .add = true});
    float most = s->logits[0];
    for (size_t i = 1; i < n_out; i++) most = s->logits[i] > most ? s->logits[i] : most;
    double sum = 0;
    for (size_t i = 0; i < n_out; i++) sum += exp((double)(s->logits[i] - most));
    float shift = most + (float)log(sum);
    for (size_t i = 0; i < n_out; i++) s->mean[i] += (s->logits[i] - shift) / (float)m->n_members;
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
    if (status == INGLE_OK) {
        for (size_t i = 0; i < t.n_words; i++) {
            struct class_word w = t.words[i];
            place_word(m, &s, i, n, t.bytes + w.from, w.to - w.from);
        }
        for (size_t k = 0; k < (size_t)m->n_members; k++) run_member(m, &s, k, n);
        status = answer(p, s.mean, top, n_top, out, err);
    }
    class_text_clear(&t);
    mem_free(block);
    return status;
}
