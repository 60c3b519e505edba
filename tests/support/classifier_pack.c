#include "support/classifier_pack.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "engine/format/gguf_write.h"
#include "engine/kern/quant.h"
#include "engine/pack/class_text.h"
#include "engine/pack/classifier.h"

enum { MAX_GRAMS = 64, N_PAIRS = 2, TYPE_I32 = 26 };

struct classifier_pack classifier_pack_default(void) {
    return (struct classifier_pack){.dim = 32,
                                    .filters = 32,
                                    .bag = 32,
                                    .members = 2,
                                    .n_labels = 3,
                                    .has_none = true,
                                    .temperature = 1,
                                    .threshold = 0.4f,
                                    .slope = 1};
}

static bool is(const char *a, const char *b) {
    return a && strcmp(a, b) == 0;
}

/* Weights of chance as a tensor; n_rows 0: a vector of floats. */
static void put(const struct classifier_pack *p, struct gguf_write *w, struct rng *rng,
                const char *name, enum kern_type type, size_t n_cols, size_t n_rows) {
    if (is(p->without, name)) return;
    if (is(p->shorter, name)) {
        if (n_rows > 1) {
            n_rows--;
        } else {
            n_cols--;
        }
    }
    size_t rows = n_rows ? n_rows : 1, row_size = kern_row_size(type, (int64_t)n_cols);
    uint8_t *data = mem_calloc(rows, row_size);
    float *row = mem_calloc(n_cols, sizeof *row);
    if (!data || !row) abort();
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < n_cols; j++) row[j] = rng_normal(rng) * 0.3f;
        if (p->is_infinite && is(name, CLASSIFIER_OUT_BIAS)) row[0] = INFINITY;
        if (type == KERN_F32) {
            memcpy(data + i * row_size, row, row_size);
        } else {
            kern_quant_row(type, row, data + i * row_size, (int64_t)n_cols);
        }
    }
    gguf_write_tensor(w, name, type, n_cols, n_rows, data);
    mem_free(data);
    mem_free(row);
}

static int by_value(const void *a, const void *b) {
    const uint32_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static size_t grams_of(const char *const *words, size_t n_words, uint32_t *grams) {
    size_t n = 0, n_distinct = 0;
    for (size_t i = 0; i < n_words; i++) {
        uint32_t found[CLASS_MAX_GRAMS];
        size_t k = class_word_grams(words[i], strlen(words[i]), found);
        for (size_t j = 0; j < k && n < MAX_GRAMS; j++) grams[n++] = found[j];
    }
    qsort(grams, n, sizeof *grams, by_value);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || grams[i] != grams[i - 1]) grams[n_distinct++] = grams[i];
    }
    return n_distinct;
}

static void put_int(const struct classifier_pack *p, struct gguf_write *w, const char *key, int v) {
    if (!is(p->without, key)) gguf_write_u32(w, key, (uint32_t)v);
}

static void put_float(const struct classifier_pack *p, struct gguf_write *w, const char *key,
                      float v) {
    if (!is(p->without, key)) gguf_write_f32(w, key, v);
}

static void put_metadata(const struct classifier_pack *p, struct gguf_write *w) {
    struct gguf_str labels[16];
    static const char names[] = "abcdefghijklmnop";
    for (int i = 0; i < p->n_labels; i++) labels[i] = (struct gguf_str){names + i, 1};
    gguf_write_str(w, "general.architecture", PACK_ARCHITECTURE);
    gguf_write_str(w, "ingle.kind", "classifier");
    gguf_write_u32(w, "ingle.version", CLASSIFIER_VERSION);
    gguf_write_strs(w, "ingle.labels", labels, (size_t)p->n_labels);
    put_int(p, w, CLASSIFIER_DIM, p->dim);
    put_int(p, w, CLASSIFIER_FILTERS, p->filters);
    put_int(p, w, CLASSIFIER_BAG, p->bag);
    put_int(p, w, CLASSIFIER_MEMBERS, p->members);
    put_int(p, w, CLASSIFIER_HAS_NONE, p->has_none);
    put_float(p, w, CLASSIFIER_TEMPERATURE, p->temperature);
    put_float(p, w, CLASSIFIER_THRESHOLD, p->threshold);
    put_float(p, w, CLASSIFIER_SLOPE, p->slope);
    put_float(p, w, CLASSIFIER_SHIFT, p->shift);
}

void classifier_pack_write(const struct classifier_pack *p, struct buf *out) {
    static const char *const words[] = {"hello", "world"};
    struct gguf_write w;
    struct rng rng;
    uint32_t grams[MAX_GRAMS];
    uint32_t pairs[N_PAIRS] = {class_pair_gram("", 0, "hello", 5),
                               class_pair_gram("hello", 5, "world", 5)};
    rng_init(&rng, 5);
    size_t n_grams = grams_of(words, 2, grams), n = (size_t)p->members;
    qsort(pairs, N_PAIRS, sizeof *pairs, by_value);
    if (p->falls) grams[1] = grams[0];
    size_t n_out = (size_t)p->n_labels + p->has_none, dim = (size_t)p->dim, bag = (size_t)p->bag;
    size_t filters = (size_t)p->filters, n_rows = n_grams + N_PAIRS;
    gguf_write_init(&w, 1 << 24);
    put_metadata(p, &w);
    if (!is(p->without, CLASSIFIER_GRAMS)) {
        gguf_write_tensor(&w, CLASSIFIER_GRAMS, TYPE_I32, n_grams, 0, grams);
    }
    if (!is(p->without, CLASSIFIER_PAIRS)) {
        gguf_write_tensor(&w, CLASSIFIER_PAIRS, TYPE_I32, N_PAIRS, 0, pairs);
    }
    put(p, &w, &rng, CLASSIFIER_ROWS, KERN_Q4_0, n * dim, n_grams);
    for (size_t width = 1; width <= CLASSIFIER_WIDTHS; width++) {
        char name[32];
        snprintf(name, sizeof name, CLASSIFIER_FILTERS_OF, (int)width);
        put(p, &w, &rng, name, KERN_Q8_0, width * dim, n * filters);
    }
    size_t n_features = CLASSIFIER_WIDTHS * filters;
    put(p, &w, &rng, CLASSIFIER_FILTER_BIAS, KERN_F32, n_features, n);
    put(p, &w, &rng, CLASSIFIER_OUT, KERN_Q8_0, n_features, n * n_out);
    put(p, &w, &rng, CLASSIFIER_OUT_BIAS, KERN_F32, n_out, n);
    put(p, &w, &rng, CLASSIFIER_WEIGHTS, KERN_F32, n_rows, 0);
    put(p, &w, &rng, CLASSIFIER_BAG_ROWS, KERN_Q4_0, n * bag, n_rows);
    put(p, &w, &rng, CLASSIFIER_BAG_BIAS, KERN_F32, bag, n);
    put(p, &w, &rng, CLASSIFIER_BAG_OUT, KERN_Q8_0, bag, n * n_out);
    put(p, &w, &rng, CLASSIFIER_BAG_OUT_BIAS, KERN_F32, n_out, n);
    if (gguf_write_finish(&w, out, NULL) != INGLE_OK) abort();
}
