/* The tagger: opened here, used by include/ingle/pack.h. */
#include "engine/pack/tagger.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/utf8.h"
#include "engine/pack/tag_chain.h"
#include "engine/pack/tag_features.h"

enum { TYPE_F32 = 0, TYPE_I8 = 24, TYPE_I32 = 26 }; /* of a GGUF tensor */

struct tagger {
    const uint32_t *keys;  /* [n_slots] */
    const int8_t *weights; /* [n_slots][n_tags + 1] */
    size_t n_slots;
    float scale;
    struct tag_words words;
    struct tag_chain chain;
    float transitions[(TAG_MAX_TAGS + 1) * TAG_MAX_TAGS];
    float exp_transitions[(TAG_MAX_TAGS + 1) * TAG_MAX_TAGS];
};

/* What a run needs beside the pack: one window's. */
struct tagging {
    struct tag_windows windows;
    float *scores, *weights, *forward, *backward; /* [TAG_MAX_TOKENS][n_tags] */
    float norms[TAG_MAX_TOKENS];
    uint8_t *back; /* [TAG_MAX_TOKENS][n_tags] */
    uint8_t tags[TAG_MAX_TOKENS];
    ingle_span_fn on_span;
    void *user;
};

static bool is_power_of_two(uint64_t n) {
    return n > 0 && (n & (n - 1)) == 0;
}

/* A vector of slots whose number is a power of two. */
static ingle_status find_slots(const struct ingle_pack *p, const char *name, const void **slots,
                               size_t *n_slots, ingle_error *err) {
    const struct gguf_tensor *t = gguf_find_tensor(p->file, name);
    INGLE_TRY(pack_tensor(p, name, TYPE_I32, t ? t->dims[0] : 0, 1, slots, err));
    *n_slots = (size_t)t->dims[0];
    if (is_power_of_two(t->dims[0])) return INGLE_OK;
    return status_set(err, INGLE_INVALID, t->where,
                      "%s of the tagger '%s' has %" PRIu64
                      " slots; only powers of two are possible.",
                      name, gguf_path(p->file), t->dims[0]);
}

static ingle_status find_rows(const struct ingle_pack *p, struct tagger *m, ingle_error *err) {
    const void *keys, *weights;
    INGLE_TRY(find_slots(p, TAGGER_KEYS, &keys, &m->n_slots, err));
    INGLE_TRY(
        pack_tensor(p, TAGGER_WEIGHTS, TYPE_I8, m->chain.n_tags + 1, m->n_slots, &weights, err));
    m->keys = keys;
    m->weights = weights;
    return INGLE_OK;
}

static ingle_status find_words(const struct ingle_pack *p, struct tagger *m, ingle_error *err) {
    const void *slots;
    if (!gguf_find_tensor(p->file, TAGGER_WORDS)) return INGLE_OK;
    INGLE_TRY(find_slots(p, TAGGER_WORDS, &slots, &m->words.n_slots, err));
    m->words.slots = slots;
    return INGLE_OK;
}

static ingle_status read_transitions(const struct ingle_pack *p, struct tagger *m,
                                     ingle_error *err) {
    size_t n_tags = m->chain.n_tags;
    const void *data;
    INGLE_TRY(pack_tensor(p, TAGGER_TRANSITIONS, TYPE_F32, n_tags, n_tags + 1, &data, err));
    memcpy(m->transitions, data, (n_tags + 1) * n_tags * sizeof(float));
    for (size_t i = 0; i < (n_tags + 1) * n_tags; i++) {
        if (fabsf(m->transitions[i]) <= TAGGER_MAX_TRANSITION) continue;
        return status_set(
            err, INGLE_INVALID, 0, "A transition of the tagger '%s' is no number from -%g to %g.",
            gguf_path(p->file), (double)TAGGER_MAX_TRANSITION, (double)TAGGER_MAX_TRANSITION);
    }
    m->chain.transitions = m->transitions;
    tag_exp_transitions(&m->chain, m->exp_transitions);
    return INGLE_OK;
}

static ingle_status open_tagger(struct ingle_pack *p, ingle_error *err) {
    if (p->n_labels > TAG_MAX_LABELS) {
        return status_set(err, INGLE_INVALID, 0, "The tagger '%s' has %zu labels; %d are possible.",
                          gguf_path(p->file), p->n_labels, TAG_MAX_LABELS);
    }
    struct tagger *m = p->model = mem_calloc(1, sizeof *m);
    if (!m) return status_no_memory(err, "a tagger", sizeof *m);
    m->chain.n_tags = 1 + 2 * p->n_labels;
    INGLE_TRY(pack_float(p, TAGGER_SCALE_KEY, &m->scale, err));
    if (!(m->scale > 0.0f && m->scale < 1.0f)) {
        return status_set(err, INGLE_INVALID, 0, "%s of the pack '%s' must be between 0 and 1.",
                          TAGGER_SCALE_KEY, gguf_path(p->file));
    }
    INGLE_TRY(find_rows(p, m, err));
    INGLE_TRY(read_transitions(p, m, err));
    return find_words(p, m, err);
}

static void close_tagger(struct ingle_pack *p) {
    mem_free(p->model);
}

const struct pack_kind pack_tagger = {
    .id = INGLE_PACK_TAGGER,
    .name = "tagger",
    .version = TAGGER_VERSION,
    .has_labels = true,
    .open = open_tagger,
    .close = close_tagger,
};

/* Memory is what takes the time: all keys are asked for at once, then all rows. */
static void score(const struct tagger *m, const struct tag_windows *w, size_t i, float *scores) {
    uint32_t features[TAG_N_FEATURES];
    int32_t sums[TAG_MAX_TAGS] = {0};
    const int8_t *rows[TAG_N_FEATURES];
    size_t n_tags = m->chain.n_tags, n_rows = 0;
    tag_features(w->tokens, w->n, i, features);
    for (size_t f = 0; f < TAG_N_FEATURES; f++) {
        BASE_PREFETCH(m->keys + (features[f] & (m->n_slots - 1)));
    }
    for (size_t f = 0; f < TAG_N_FEATURES; f++) {
        size_t slot = tag_find_slot(m->keys, m->n_slots, features[f]);
        if (slot == m->n_slots || m->keys[slot] == 0) continue;
        rows[n_rows] = m->weights + slot * (n_tags + 1);
        BASE_PREFETCH(rows[n_rows++]);
    }
    for (size_t r = 0; r < n_rows; r++) {
        int32_t factor = 1 << (rows[r][n_tags] & TAGGER_MAX_SHIFT);
        for (size_t t = 0; t < n_tags; t++) sums[t] += rows[r][t] * factor;
    }
    for (size_t t = 0; t < n_tags; t++) scores[t] = (float)sums[t] * m->scale;
}

/* exp() of the scores, the greatest of each row being 1 and none below exp(-20): with transitions
 * as bounded as they are, no sum overflows or vanishes. */
static void weigh(const float *scores, float *weights, size_t n_tags) {
    float most = scores[0];
    for (size_t t = 1; t < n_tags; t++) most = scores[t] > most ? scores[t] : most;
    for (size_t t = 0; t < n_tags; t++) weights[t] = expf(fmaxf(scores[t] - most, -20.0f));
}

/* The span is as sure as the least sure of its tokens. */
static float confidence(const struct tagging *g, size_t from, size_t to, size_t n_tags) {
    float least = 1.0f;
    for (size_t i = from; i < to; i++) {
        size_t first = i * n_tags + 2 * (((size_t)g->tags[from] - 1) / 2) + 1;
        float p =
            g->forward[first] * g->backward[first] + g->forward[first + 1] * g->backward[first + 1];
        least = fminf(least, p);
    }
    return least > 0.0f ? least : 0.0f;
}

/* False: the caller wants no more. */
static bool tell(const struct tagger *m, struct tagging *g) {
    const struct tag_token *tokens = g->windows.tokens + g->windows.first;
    size_t n = g->windows.last - g->windows.first, n_tags = m->chain.n_tags;
    for (size_t i = 0, end; i < n; i = end) {
        end = i + 1;
        if (g->tags[i] == 0) continue;
        while (end < n && tag_is_inner(g->tags[end])) end++;
        ingle_span span = {.from = tokens[i].from,
                           .to = tokens[end - 1].to,
                           .label = (size_t)(g->tags[i] - 1) / 2,
                           .confidence = confidence(g, i, end, n_tags)};
        if (!g->on_span(&span, g->user)) return false;
    }
    return true;
}

static bool tag_window(const struct tagger *m, struct tagging *g) {
    const struct tag_windows *w = &g->windows;
    size_t n = w->last - w->first, n_tags = m->chain.n_tags;
    bool has_any = false;
    for (size_t i = 0; i < n; i++) score(m, w, w->first + i, g->scores + i * n_tags);
    tag_viterbi(&m->chain, g->scores, n, g->back, g->tags);
    for (size_t i = 0; i < n; i++) has_any = has_any || g->tags[i];
    if (!has_any) return true;
    for (size_t i = 0; i < n; i++) weigh(g->scores + i * n_tags, g->weights + i * n_tags, n_tags);
    (void)tag_forward_backward(n_tags, m->exp_transitions, g->weights, n, g->forward, g->backward,
                               g->norms);
    return tell(m, g);
}

ingle_status tagger_run(const struct ingle_pack *p, const char *text, size_t len,
                        ingle_span_fn on_span, void *user, ingle_error *err) {
    const struct tagger *m = p->model;
    size_t invalid = utf8_find_invalid(text, len);
    if (invalid < len) {
        return status_set(err, INGLE_INVALID, invalid, "The text is no UTF-8 from byte %zu on.",
                          invalid);
    }
    size_t n_cells = TAG_MAX_TOKENS * m->chain.n_tags;
    size_t size = sizeof(struct tagging) + n_cells * (4 * sizeof(float) + 1);
    struct tagging *g = mem_alloc(size);
    if (!g) return status_no_memory(err, "the tags", size);
    g->on_span = on_span;
    g->user = user;
    g->scores = (float *)(g + 1);
    g->weights = g->scores + n_cells;
    g->forward = g->weights + n_cells;
    g->backward = g->forward + n_cells;
    g->back = (uint8_t *)(g->backward + n_cells);
    tag_windows_init(&g->windows, text, len, &m->words);
    while (tag_windows_next(&g->windows) && tag_window(m, g)) {}
    mem_free(g);
    return INGLE_OK;
}
