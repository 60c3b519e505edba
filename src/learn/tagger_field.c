#include "learn/tagger_field.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/size.h"
#include "engine/pack/tagger.h"

#define DAMPING 1.0f /* what the sums of squares begin with: many features learn at once */
#define LEARNT                                                                                     \
    1e-3f /* a token that is wrong with no more probability than that teaches nothing              \
           */

ingle_status tagger_field_init(struct tagger_field *f, size_t n_labels, uint32_t least,
                               ingle_error *err) {
    f->n_tags = 1 + 2 * n_labels;
    f->n_rows = tagger_rows_number(&f->rows, least);
    size_t n_cells, n_edges = (f->n_tags + 1) * f->n_tags;
    if (!mul_size(&n_cells, f->n_rows, f->n_tags)) n_cells = SIZE_MAX;
    f->weights = mem_calloc(n_cells + 1, sizeof(float));
    f->squares = mem_calloc(n_cells + 1, sizeof(float));
    f->transitions = mem_calloc(n_edges, sizeof(float));
    f->t_squares = mem_calloc(n_edges, sizeof(float));
    f->exp_transitions = mem_calloc(n_edges, sizeof(float));
    if (f->weights && f->squares && f->transitions && f->t_squares && f->exp_transitions) {
        return INGLE_OK;
    }
    return status_no_memory(err, "the weights of a tagger", n_cells);
}

void tagger_field_clear(struct tagger_field *f) {
    mem_free(f->weights);
    mem_free(f->squares);
    mem_free(f->transitions);
    mem_free(f->t_squares);
    mem_free(f->exp_transitions);
    tagger_rows_clear(&f->rows);
    *f = (struct tagger_field){0};
}

ingle_status tagger_example_new(struct tagger_example **out, const struct tagger_field *f,
                                ingle_error *err) {
    size_t n_cells = TAG_MAX_TOKENS * f->n_tags, n_edges = (f->n_tags + 1) * f->n_tags;
    size_t n_features = (size_t)TAG_MAX_TOKENS * TAG_N_FEATURES;
    size_t size = sizeof **out + (4 * n_cells + n_edges + n_features) * sizeof(float);
    struct tagger_example *e = *out = mem_calloc(1, size);
    if (!e) return status_no_memory(err, "a text to learn from", size);
    e->scores = (float *)(e + 1);
    e->forward = e->scores + n_cells;
    e->backward = e->forward + n_cells;
    e->deltas = e->backward + n_cells;
    e->edges = e->deltas + n_cells;
    e->features = (uint32_t(*)[TAG_N_FEATURES])(void *)(e->edges + n_edges);
    return INGLE_OK;
}

void tagger_example_free(struct tagger_example *e) {
    mem_free(e);
}

/* A token belongs to the span that it shares a byte with. */
static void set_gold(struct tagger_example *e, const struct tagged_text *text) {
    const struct tag_token *tokens = e->windows.tokens + e->windows.first;
    size_t s = 0, last = SIZE_MAX;
    for (size_t i = 0; i < e->n; i++) {
        while (s < text->n_spans && text->spans[s].to <= tokens[i].from) s++;
        e->gold[i] = 0;
        if (s == text->n_spans || text->spans[s].from >= tokens[i].to) continue;
        e->gold[i] = (uint8_t)(2 * text->spans[s].label + (s == last && i > 0 ? 2 : 1));
        last = s;
    }
}

static bool happens(uint64_t random, float probability) {
    return (double)(random >> 32) < (double)probability * 4294967296.0;
}

/* Takes the letters from some tokens, as if their words had never been seen before. */
static void forget_words(struct tagger_example *e, const struct tagger_field *f, uint64_t seed) {
    struct tag_windows *w = &e->windows;
    memcpy(e->forgetful, w->tokens, w->n * sizeof *w->tokens);
    for (size_t i = 0; i < w->n; i++) {
        struct tag_token *t = &e->forgetful[i];
        if (!happens(hash_u64(seed, ~(uint64_t)t->from), f->word_dropout)) continue;
        t->word = 0;
        memset(t->prefix, 0, sizeof t->prefix);
        memset(t->suffix, 0, sizeof t->suffix);
        t->line = t->place == 0 ? 0 : t->line;
    }
}

/* A feature that a forgotten word would change is not there. */
static void drop_features(struct tagger_example *e, const struct tagger_field *f, size_t i,
                          uint64_t seed) {
    const struct tag_windows *w = &e->windows;
    uint32_t *features = e->features[i], others[TAG_N_FEATURES];
    tag_features(e->forgetful, w->n, w->first + i, others);
    for (size_t k = 0; k + 1 < TAG_N_FEATURES; k++) { /* the last one, the bias, stays */
        bool drops = happens(hash_u64(seed, i * TAG_N_FEATURES + k), f->dropout);
        if (drops || features[k] != others[k]) features[k] = 0;
    }
}

void tagger_example_set(struct tagger_example *e, const struct tagger_field *f,
                        const struct tagged_text *text, uint64_t drop_seed) {
    const struct tag_windows *w = &e->windows;
    e->n = w->last - w->first;
    e->gain = drop_seed ? 1.0f / (1.0f - f->dropout) : 1.0f;
    set_gold(e, text);
    if (drop_seed) forget_words(e, f, drop_seed);
    for (size_t i = 0; i < e->n; i++) {
        uint32_t *features = e->features[i];
        tag_features(w->tokens, w->n, w->first + i, features);
        if (drop_seed) drop_features(e, f, i, drop_seed);
        for (size_t k = 0; k < TAG_N_FEATURES; k++) {
            features[k] = features[k] ? tagger_rows_find(&f->rows, features[k]) : TAGGER_NO_ROW;
        }
    }
}

static void score(struct tagger_example *e, const struct tagger_field *f) {
    size_t n_tags = f->n_tags;
    memset(e->scores, 0, e->n * n_tags * sizeof(float));
    for (size_t i = 0; i < e->n; i++) {
        float *scores = e->scores + i * n_tags;
        for (size_t k = 0; k < TAG_N_FEATURES; k++) {
            if (e->features[i][k] == TAGGER_NO_ROW) continue;
            const float *row = f->weights + (size_t)e->features[i][k] * n_tags;
            for (size_t t = 0; t < n_tags; t++) scores[t] += row[t];
        }
        for (size_t t = 0; t < n_tags; t++) scores[t] *= e->gain;
    }
}

/* exp() of the scores in their place, each row's greatest being 1; returns what was divided by, as
 * a logarithm. */
static double weigh(float *scores, size_t n_tags) {
    float most = scores[0];
    for (size_t t = 1; t < n_tags; t++) most = fmaxf(most, scores[t]);
    for (size_t t = 0; t < n_tags; t++) scores[t] = expf(fmaxf(scores[t] - most, -20.0f));
    return (double)most;
}

static double gold_score(const struct tagger_example *e, const struct tagger_field *f) {
    double sum = 0.0;
    for (size_t i = 0; i < e->n; i++) {
        size_t from = i ? e->gold[i - 1] : f->n_tags;
        sum += (double)e->scores[i * f->n_tags + e->gold[i]];
        sum += (double)f->transitions[from * f->n_tags + e->gold[i]];
    }
    return sum;
}

/* What the chain thinks of each step, less what is true. */
static void set_edges(struct tagger_example *e, const struct tagger_field *f) {
    size_t n_tags = f->n_tags;
    memset(e->edges, 0, (n_tags + 1) * n_tags * sizeof(float));
    for (size_t t = 0; t < n_tags; t++) {
        e->edges[n_tags * n_tags + t] = e->forward[t] * e->backward[t];
    }
    for (size_t i = 1; i < e->n; i++) {
        const float *before = e->forward + (i - 1) * n_tags;
        float next[TAG_MAX_TAGS];
        for (size_t t = 0; t < n_tags; t++) {
            next[t] = e->scores[i * n_tags + t] * e->backward[i * n_tags + t] / e->norms[i];
        }
        for (size_t s = 0; s < n_tags; s++) {
            const float *row = f->exp_transitions + s * n_tags;
            float *edge = e->edges + s * n_tags;
            for (size_t t = 0; t < n_tags; t++) edge[t] += before[s] * row[t] * next[t];
        }
    }
    for (size_t i = 0; i < e->n; i++) {
        size_t from = i ? e->gold[i - 1] : n_tags;
        e->edges[from * n_tags + e->gold[i]] -= 1.0f;
    }
}

void tagger_example_loss(struct tagger_example *e, const struct tagger_field *f) {
    size_t n_tags = f->n_tags;
    e->loss = 0.0;
    if (e->n == 0) return;
    score(e, f);
    double gold = gold_score(e, f);
    for (size_t i = 0; i < e->n; i++) {
        float *scores = e->scores + i * n_tags;
        if (e->gold[i]) scores[0] += f->miss_cost; /* it must lose by that much */
        e->loss += weigh(scores, n_tags);
    }
    e->loss += tag_forward_backward(n_tags, f->exp_transitions, e->scores, e->n, e->forward,
                                    e->backward, e->norms);
    e->loss -= gold;
    for (size_t i = 0; i < e->n * n_tags; i++) e->deltas[i] = e->forward[i] * e->backward[i];
    for (size_t i = 0; i < e->n; i++) {
        float *row = e->deltas + i * n_tags;
        row[e->gold[i]] -= 1.0f;
        e->is_learnt[i] = row[e->gold[i]] > -LEARNT;
    }
    set_edges(e, f);
}

void tagger_example_decide(struct tagger_example *e, const struct tagger_field *f) {
    struct tag_chain chain = {f->n_tags, f->transitions};
    score(e, f);
    tag_viterbi(&chain, e->scores, e->n, (uint8_t *)e->forward, e->tags);
}

static void step_row(float *weights, float *squares, const float *gradient, size_t n, float rate) {
    for (size_t t = 0; t < n; t++) {
        squares[t] += gradient[t] * gradient[t];
        weights[t] -= rate * gradient[t] / sqrtf(DAMPING + squares[t]);
    }
}

void tagger_field_step_rows(struct tagger_field *f, struct tagger_example *const *batch, size_t n,
                            float rate, uint32_t part, uint32_t n_parts) {
    for (size_t b = 0; b < n; b++) {
        const struct tagger_example *e = batch[b];
        for (size_t i = 0; i < e->n; i++) {
            for (size_t k = 0; k < TAG_N_FEATURES && !e->is_learnt[i]; k++) {
                uint32_t row = e->features[i][k];
                if (row == TAGGER_NO_ROW || row % n_parts != part) continue;
                size_t at = (size_t)row * f->n_tags;
                step_row(f->weights + at, f->squares + at, e->deltas + i * f->n_tags, f->n_tags,
                         rate);
            }
        }
    }
}

void tagger_field_step_edges(struct tagger_field *f, struct tagger_example *const *batch, size_t n,
                             float rate) {
    size_t n_edges = (f->n_tags + 1) * f->n_tags;
    for (size_t b = 0; b < n; b++) {
        if (batch[b]->n == 0) continue;
        step_row(f->transitions, f->t_squares, batch[b]->edges, n_edges, rate);
    }
    for (size_t i = 0; i < n_edges; i++) {
        float limit = TAGGER_MAX_TRANSITION;
        f->transitions[i] = fminf(fmaxf(f->transitions[i], -limit), limit);
    }
}
