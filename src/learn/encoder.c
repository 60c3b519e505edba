#include "learn/encoder.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "engine/format/gguf_write.h"
#include "engine/pack/encoder.h"
#include "learn/split.h"

#define MIN_PAIRS 8
#define MAX_HELD_OUT 1000
#define MAX_PACK ((size_t)1 << 30)
#define TELL_EVERY 16 /* batches */
#define RARE 3        /* words used less often speak for those that are not known */

struct encoder_options encoder_options_default(void) {
    return (struct encoder_options){
        .net = {.n_dims = 192,
                .max_words = 32768,
                .n_pieces = 12288,
                .n_batch = 256,
                .temperature = 0.07f},
        .noise = {.word_dropout = 0.1f, .row_dropout = 0.2f},
        .n_passes = 8,
        .rate = 0.05f,
        .held_out = 0.02f,
        .name = "",
        .licence = "",
        .attribution = "",
    };
}

struct training {
    struct learn *l;
    const struct encoder_pairs *pairs;
    const struct encoder_options *opt;
    struct encoder_net net;
    uint32_t *order; /* [n + n_held_out] pairs to learn from, then those held out */
    size_t n, n_held_out;
    float score;
};

static void shuffle(uint32_t *order, size_t n, uint64_t seed) {
    struct rng rng;
    rng_init(&rng, seed);
    for (size_t i = n; i > 1; i--) {
        size_t j = rng_below(&rng, (uint32_t)i);
        uint32_t kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}

static ingle_status prepare(struct training *t, ingle_error *err) {
    size_t n = t->pairs->n_pairs;
    if (n < MIN_PAIRS) {
        return status_set(err, INGLE_INVALID, 0,
                          "There are %zu pairs; an encoder needs at least %d.", n, MIN_PAIRS);
    }
    t->order = mem_alloc(n * sizeof *t->order);
    if (!t->order) return status_no_memory(err, "the pairs", n * sizeof *t->order);
    for (size_t i = 0; i < n; i++) t->order[i] = (uint32_t)i;
    shuffle(t->order, n, t->l->seed);
    t->n_held_out = (size_t)((float)n * t->opt->held_out);
    if (t->n_held_out > MAX_HELD_OUT) t->n_held_out = MAX_HELD_OUT;
    if (t->n_held_out < 10) t->n_held_out = 0;
    t->n = n - t->n_held_out;
    t->score = NAN;
    INGLE_TRY(encoder_net_init(&t->net, t->pairs, &t->opt->net, t->l->seed + 1, err));
    if (t->net.n_word_rows > 0) return INGLE_OK;
    return status_set(err, INGLE_INVALID, 0, "In these pairs no word is used twice.");
}

/* How many of the pairs held out find their other text among all those of their batch. */
static void measure(struct training *t) {
    size_t n_right = 0, n_asked = 0, dims = (size_t)t->opt->net.n_dims;
    struct rng rng;
    rng_init(&rng, 0);
    for (size_t at = 0; at + 1 < t->n_held_out;) {
        size_t left = t->n_held_out - at, most = (size_t)t->opt->net.n_batch;
        size_t n = left < most ? left : most;
        (void)encoder_net_run(&t->net, t->l, t->order + t->n + at, (int)n,
                              &(struct encoder_noise){0}, &rng);
        const float *a = encoder_net_vectors(&t->net), *b = a + n * dims;
        for (size_t i = 0; i < n; i++) {
            size_t best = 0;
            float most_near = -2.0f;
            for (size_t j = 0; j < n; j++) {
                float near = 0;
                for (size_t d = 0; d < dims; d++) near += a[i * dims + d] * b[j * dims + d];
                if (near > most_near) most_near = near, best = j;
            }
            n_right += best == i;
        }
        n_asked += n;
        at += n;
    }
    if (n_asked) t->score = (float)n_right / (float)n_asked;
}

static ingle_status learn_all(struct training *t, ingle_error *err) {
    size_t most = (size_t)t->opt->net.n_batch, n_batches = (t->n + most - 1) / most, done = 0;
    size_t total = n_batches * (size_t)t->opt->n_passes;
    float loss = NAN;
    struct rng rng;
    rng_init(&rng, t->l->seed + 2);
    INGLE_TRY(learn_tell(t->l, "encoder", 0, (int)total, NAN, NAN, err));
    for (int pass = 0; pass < t->opt->n_passes; pass++) {
        shuffle(t->order, t->n, hash_u64(t->l->seed, (uint64_t)pass));
        for (size_t at = 0; at < t->n; at += most) {
            int n = (int)(t->n - at < most ? t->n - at : most);
            float rate = t->opt->rate * (1.0f - 0.95f * (float)done++ / (float)total);
            if (n < 2) continue;
            float now = encoder_net_run(&t->net, t->l, t->order + at, n, &t->opt->noise, &rng);
            loss = isnan(loss) ? now : 0.95f * loss + 0.05f * now;
            encoder_net_step(&t->net, t->l, rate);
            if (done % TELL_EVERY) continue;
            INGLE_TRY(learn_tell(t->l, "encoder", (int)done, (int)total, loss, t->score, err));
        }
        measure(t);
    }
    return learn_tell(t->l, "encoder", (int)total, (int)total, loss, t->score, err);
}

/* ---- the pack ---- */

static void quantise(const float *v, size_t n, int8_t *row, float *scale) {
    float most = 0;
    for (size_t d = 0; d < n; d++) most = fmaxf(most, fabsf(v[d]));
    *scale = most / 127.0f;
    for (size_t d = 0; d < n; d++) row[d] = (int8_t)(most > 0 ? lrintf(v[d] / *scale) : 0);
}

struct hashed {
    uint32_t hash, word;
};

static int by_hash(const void *a, const void *b) {
    uint32_t x = ((const struct hashed *)a)->hash, y = ((const struct hashed *)b)->hash;
    return (x > y) - (x < y);
}

struct tables {
    struct hashed *words;
    uint32_t *hashes;
    int8_t *rows;
    float *scales, *v;
};

static void write_words(const struct training *t, const struct tables *x, struct gguf_write *w) {
    size_t dims = (size_t)t->opt->net.n_dims, n = 0;
    for (size_t i = 0; i < t->pairs->n_vocab; i++) {
        if (t->net.row_of[i] == NET_NO_ROW) continue;
        x->words[n++] = (struct hashed){t->pairs->vocab[i].hash, (uint32_t)i};
    }
    qsort(x->words, n, sizeof *x->words, by_hash);
    for (size_t i = 0; i < n; i++) {
        x->hashes[i] = x->words[i].hash;
        encoder_net_word(&t->net, x->words[i].word, x->v);
        quantise(x->v, dims, x->rows + i * dims, &x->scales[i]);
    }
    gguf_write_tensor(w, ENCODER_WORD_HASH, ENCODER_TYPE_I32, n, 0, x->hashes);
    gguf_write_tensor(w, ENCODER_WORD, ENCODER_TYPE_I8, dims, n, x->rows);
    gguf_write_tensor(w, ENCODER_WORD_SCALE, ENCODER_TYPE_F32, n, 0, x->scales);
}

/* Words that are not known weigh as much as those that are hardly known. */
static float rare_weight(const struct encoder_net *net) {
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < net->pairs->n_vocab; i++) {
        if (net->pairs->vocab[i].count >= RARE) continue;
        sum += (double)net->weights[i];
        n++;
    }
    return n ? (float)(sum / (double)n) : 1.0f;
}

static void write_pieces(const struct training *t, const struct tables *x, struct gguf_write *w) {
    size_t dims = (size_t)t->opt->net.n_dims, n = t->opt->net.n_pieces;
    float weight = rare_weight(&t->net);
    for (size_t i = 0; i < n; i++) {
        const float *row = t->net.rows + (t->net.n_word_rows + i) * dims;
        for (size_t d = 0; d < dims; d++) x->v[d] = weight * row[d];
        quantise(x->v, dims, x->rows + i * dims, &x->scales[i]);
    }
    gguf_write_tensor(w, ENCODER_PIECE, ENCODER_TYPE_I8, dims, n, x->rows);
    gguf_write_tensor(w, ENCODER_PIECE_SCALE, ENCODER_TYPE_F32, n, 0, x->scales);
}

static ingle_status write_pack(const struct training *t, struct buf *pack, ingle_error *err) {
    size_t dims = (size_t)t->opt->net.n_dims, n = t->net.n_word_rows;
    size_t n_most = n > t->opt->net.n_pieces ? n : t->opt->net.n_pieces;
    struct tables x = {
        .words = mem_calloc(n, sizeof *x.words),
        .hashes = mem_calloc(n, sizeof *x.hashes),
        .rows = mem_calloc(n_most, dims),
        .scales = mem_calloc(n_most, sizeof *x.scales),
        .v = mem_calloc(dims, sizeof *x.v),
    };
    ingle_status status;
    if (x.words && x.hashes && x.rows && x.scales && x.v) {
        struct gguf_write w;
        gguf_write_init(&w, MAX_PACK);
        gguf_write_str(&w, "general.architecture", PACK_ARCHITECTURE);
        gguf_write_str(&w, "general.name", t->opt->name);
        gguf_write_str(&w, "general.license", t->opt->licence);
        gguf_write_str(&w, "ingle.attribution", t->opt->attribution);
        gguf_write_str(&w, "ingle.kind", pack_encoder.name);
        gguf_write_u32(&w, "ingle.version", pack_encoder.version);
        write_words(t, &x, &w);
        write_pieces(t, &x, &w);
        status = gguf_write_finish(&w, pack, err);
    } else {
        status = status_no_memory(err, "the pack", n_most * dims);
    }
    mem_free(x.words);
    mem_free(x.hashes);
    mem_free(x.rows);
    mem_free(x.scales);
    mem_free(x.v);
    return status;
}

ingle_status encoder_train(struct learn *l, const struct encoder_pairs *pairs,
                           const struct encoder_options *opt, struct buf *pack,
                           struct encoder_report *report, ingle_error *err) {
    struct training t = {.l = l, .pairs = pairs, .opt = opt};
    ingle_status status = prepare(&t, err);
    if (status == INGLE_OK) {
        assert(t.net.row_of && t.net.pairs);
        status = learn_all(&t, err);
    }
    if (status == INGLE_OK) status = write_pack(&t, pack, err);
    if (status == INGLE_OK) {
        *report = (struct encoder_report){t.n, t.n_held_out, t.net.n_word_rows, t.score};
    }
    encoder_net_clear(&t.net);
    mem_free(t.order);
    return status;
}
