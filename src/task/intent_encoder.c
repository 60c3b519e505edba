#include "task/intent_encoder.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/size.h"

/* How much a difference of similarity tells, and the similarity of a text that asks for none of the
 * labels: a compromise on the validation part of CLINC150 between an encoder that knows its labels
 * and one that never saw them (docs/intent-labels.md). */
#define SCALE 15.0f
#define NONE_SIMILARITY 0.45f

/* What a label's best part counts beside the mean of all. */
#define BEST_SHARE 0.5f

/* "bookFlight", "book_flight" and "book-flight" as words. */
static void put_words(struct buf *b, const char *name) {
    for (const char *p = name; *p; p++) {
        bool joint = *p == '_' || *p == '-' || *p == '.' || *p == '/';
        bool hump = p > name && isupper((unsigned char)*p) && islower((unsigned char)p[-1]);
        char c = joint ? ' ' : hump ? (char)tolower((unsigned char)*p) : *p;
        if (hump) buf_add_str(b, " ");
        buf_add(b, &c, 1);
    }
}

static ingle_status put_vector(struct ingle_tasks *t, struct intent_set *set, const char *text,
                               ingle_error *err) {
    float *at = set->vectors + set->n_vectors++ * set->n_dims;
    return ingle_encode(t->options.encoder, text, strlen(text), at, err);
}

static ingle_status put_label(struct ingle_tasks *t, struct intent_set *set,
                              const ingle_label *label, ingle_error *err) {
    struct buf words;
    buf_init(&words, 1 << 20);
    put_words(&words, label->name);
    ingle_status status = buf_failed(&words) ? status_no_memory(err, "a label", words.size)
                                             : put_vector(t, set, words.data, err);
    if (status == INGLE_OK && label->description && label->description[0]) {
        status = put_vector(t, set, label->description, err);
    }
    for (size_t i = 0; i < label->n_examples && status == INGLE_OK; i++) {
        status = put_vector(t, set, label->examples[i], err);
    }
    buf_clear(&words);
    return status;
}

ingle_status intent_encoder_prepare(struct ingle_tasks *t, struct intent_set *set,
                                    const ingle_intent_options *opt, ingle_error *err) {
    size_t n = 0, floats;
    set->n_dims = ingle_pack_get_info(t->options.encoder).n_dims;
    for (size_t i = 0; i < opt->n_labels; i++) n += 2 + opt->labels[i].n_examples;
    if (!mul_size(&floats, n, set->n_dims)) return status_no_memory(err, "the labels", SIZE_MAX);
    set->vectors = mem_calloc(floats, sizeof *set->vectors);
    set->first = mem_calloc(opt->n_labels + 1, sizeof *set->first);
    if (!set->vectors || !set->first) {
        return status_no_memory(err, "the labels", floats * sizeof *set->vectors);
    }
    for (size_t i = 0; i < opt->n_labels; i++) {
        set->first[i] = set->n_vectors;
        INGLE_TRY(put_label(t, set, &opt->labels[i], err));
    }
    set->first[opt->n_labels] = set->n_vectors;
    return INGLE_OK;
}

static float dot(const float *a, const float *b, size_t n) {
    float sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

/* A label is as near as its parts on the average and the nearest of them. */
static float similarity(const struct intent_set *set, size_t label, const float *text) {
    float best = -1, mean = 0;
    size_t from = set->first[label], to = set->first[label + 1];
    for (size_t i = from; i < to; i++) {
        float s = dot(set->vectors + i * set->n_dims, text, set->n_dims);
        if (s > best) best = s;
        mean += s / (float)(to - from);
    }
    return BEST_SHARE * best + (1 - BEST_SHARE) * mean;
}

ingle_status intent_encoder_score(struct ingle_tasks *t, const struct intent_set *set,
                                  const char *text, size_t len, float *scores, ingle_error *err) {
    float *vector = mem_calloc(set->n_dims, sizeof *vector);
    if (!vector) return status_no_memory(err, "the text", set->n_dims * sizeof *vector);
    ingle_status status = ingle_encode(t->options.encoder, text, len, vector, err);
    size_t n_labels = 0;
    while (set->first[n_labels] < set->n_vectors) n_labels++;
    for (size_t i = 0; i < set->n && status == INGLE_OK; i++) {
        scores[i] = SCALE * (i < n_labels ? similarity(set, i, vector) : NONE_SIMILARITY);
    }
    mem_free(vector);
    return status;
}
