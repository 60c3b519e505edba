#include "learn/tagger.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/hash.h"
#include "base/rng.h"
#include "engine/format/gguf_write.h"
#include "engine/pack/pack.h"
#include "engine/pack/tagger.h"
#include "learn/tagger_field.h"

#define BATCH 32
#define TELL_EVERY 64 /* batches */
#define WORD_SLOTS 131072
#define MAX_WORDS 100000
#define MAX_PACK ((size_t)256 << 20)
enum { TYPE_F32 = 0, TYPE_I8 = 24, TYPE_I32 = 26 }; /* of a GGUF tensor */

struct tagger_options tagger_options_default(void) {
    return (struct tagger_options){.n_passes = 3,
                                   .slot_bits = 17,
                                   .least = 3,
                                   .rate = 0.3f,
                                   .miss_cost = 1.0f,
                                   .dropout = 0.15f,
                                   .word_dropout = 0.35f,
                                   .held_out = 0.05f,
                                   .name = "",
                                   .licence = "",
                                   .attribution = ""};
}

struct training {
    struct learn *l;
    const struct tagger_data *data;
    const struct tagger_options *opt;
    struct tagger_field field;
    uint32_t *words; /* [WORD_SLOTS], NULL without words */
    size_t *order;   /* [n] texts to learn from, then those held out */
    size_t n, n_held_out;
    struct tagger_example *batch[BATCH];
    bool is_done[BATCH]; /* no window of its text is left */
    const size_t *texts; /* of the batch */
    size_t n_batch;
    uint64_t pass;
    float rate;
    double loss; /* of the pass so far */
    size_t n_tokens;
    size_t n_hit, n_gold, n_told; /* tokens in spans: found ones, true ones, told ones */
};

static ingle_status read_words(struct training *t, ingle_error *err) {
    const char *words = t->opt->words;
    size_t n_words = 0, len = t->opt->words_len;
    if (!words) return INGLE_OK;
    t->words = mem_calloc(WORD_SLOTS, sizeof *t->words);
    if (!t->words) return status_no_memory(err, "the words", WORD_SLOTS * sizeof *t->words);
    for (size_t i = 0, end; i < len && n_words < MAX_WORDS; i = end + 1, n_words++) {
        const char *newline = memchr(words + i, '\n', len - i);
        end = newline ? (size_t)(newline - words) : len;
        size_t word_len = 0;
        while (i + word_len < end && !ascii_is_blank(words[i + word_len])) word_len++;
        if (word_len == 0) continue;
        unsigned rank = n_words < 2000 ? 1 : n_words < 20000 ? 2 : 3;
        (void)tag_words_add(t->words, WORD_SLOTS, tag_hash_word(words + i, word_len), rank);
    }
    t->field.words = (struct tag_words){t->words, WORD_SLOTS};
    return INGLE_OK;
}

/* Which texts are held out depends on the seed alone. */
static ingle_status split(struct training *t, ingle_error *err) {
    size_t n_texts = t->data->n_texts;
    t->order = mem_calloc(n_texts, sizeof *t->order);
    if (!t->order) return status_no_memory(err, "the order", n_texts * sizeof *t->order);
    for (size_t i = 0; i < n_texts; i++) {
        double place = (double)(hash_u64(t->l->seed, i) >> 11) * 0x1p-53;
        bool is_held_out = place < (double)t->opt->held_out;
        t->order[is_held_out ? n_texts - ++t->n_held_out : t->n++] = i;
    }
    if (t->n > 0) return INGLE_OK;
    return status_set(err, INGLE_INVALID, 0, "There are too few texts to learn from.");
}

/* Counts the features of all texts to learn from. */
static ingle_status count_features(struct training *t, ingle_error *err) {
    struct tag_windows *w = mem_alloc(sizeof *w);
    ingle_status status = INGLE_OK;
    if (!w) return status_no_memory(err, "a window", sizeof *w);
    for (size_t i = 0; i < t->n && status == INGLE_OK; i++) {
        const struct tagged_text *text = &t->data->texts[t->order[i]];
        tag_windows_init(w, text->text, text->len, &t->field.words);
        while (status == INGLE_OK && tag_windows_next(w)) {
            for (size_t k = w->first; k < w->last && status == INGLE_OK; k++) {
                uint32_t features[TAG_N_FEATURES];
                tag_features(w->tokens, w->n, k, features);
                for (size_t f = 0; f < TAG_N_FEATURES && status == INGLE_OK; f++) {
                    status = tagger_rows_count(&t->field.rows, features[f], err);
                }
            }
        }
    }
    mem_free(w);
    return status;
}

static ingle_status prepare(struct training *t, ingle_error *err) {
    t->field.miss_cost = t->opt->miss_cost;
    t->field.dropout = t->opt->dropout;
    t->field.word_dropout = t->opt->word_dropout;
    INGLE_TRY(read_words(t, err));
    INGLE_TRY(split(t, err));
    INGLE_TRY(count_features(t, err));
    INGLE_TRY(tagger_field_init(&t->field, t->data->n_labels, (uint32_t)t->opt->least, err));
    for (size_t i = 0; i < BATCH; i++) {
        INGLE_TRY(tagger_example_new(&t->batch[i], &t->field, err));
    }
    return INGLE_OK;
}

static void clear(struct training *t) {
    for (size_t i = 0; i < BATCH; i++) tagger_example_free(t->batch[i]);
    tagger_field_clear(&t->field);
    mem_free(t->order);
    mem_free(t->words);
}

static void begin_batch(struct training *t, const size_t *texts, size_t n) {
    t->texts = texts;
    t->n_batch = n;
    for (size_t i = 0; i < n; i++) {
        const struct tagged_text *text = &t->data->texts[texts[i]];
        tag_windows_init(&t->batch[i]->windows, text->text, text->len, &t->field.words);
        t->is_done[i] = false;
    }
}

/* The next window of a text of the batch; n stays 0 when there is none. */
static bool advance(struct training *t, size_t i, bool drops) {
    struct tagger_example *e = t->batch[i];
    e->n = 0;
    if (t->is_done[i]) return false;
    t->is_done[i] = !tag_windows_next(&e->windows);
    if (t->is_done[i]) return false;
    uint64_t seed = hash_u64(hash_u64(t->l->seed + t->pass, t->texts[i]), e->windows.at) | 1;
    tagger_example_set(e, &t->field, &t->data->texts[t->texts[i]], drops ? seed : 0);
    return true;
}

static void learn_windows(const struct pool_worker *w, void *arg) {
    struct training *t = arg;
    for (int i = pool_claim(w); i < (int)t->n_batch; i = pool_claim(w)) {
        if (advance(t, (size_t)i, true)) tagger_example_loss(t->batch[i], &t->field);
    }
    pool_barrier(w);
    tagger_field_step_rows(&t->field, t->batch, t->n_batch, t->rate, (uint32_t)w->index,
                           (uint32_t)w->n_threads);
}

static void update_exp(struct tagger_field *f) {
    tag_exp_transitions(&(struct tag_chain){f->n_tags, f->transitions}, f->exp_transitions);
}

static bool is_batch_done(const struct training *t) {
    for (size_t i = 0; i < t->n_batch; i++) {
        if (!t->is_done[i]) return false;
    }
    return true;
}

/* One window of each text at a time. */
static void learn_batch(struct training *t, const size_t *texts, size_t n) {
    begin_batch(t, texts, n);
    do {
        pool_run(t->l->pool, learn_windows, t);
        tagger_field_step_edges(&t->field, t->batch, n, t->rate);
        update_exp(&t->field);
        for (size_t i = 0; i < n; i++) {
            if (t->batch[i]->n == 0) continue;
            t->loss += t->batch[i]->loss;
            t->n_tokens += t->batch[i]->n;
        }
    } while (!is_batch_done(t));
}

static void decide_windows(const struct pool_worker *w, void *arg) {
    struct training *t = arg;
    for (int i = pool_claim(w); i < (int)t->n_batch; i = pool_claim(w)) {
        if (advance(t, (size_t)i, false)) tagger_example_decide(t->batch[i], &t->field);
    }
}

static void count(struct training *t, const struct tagger_example *e) {
    for (size_t i = 0; i < e->n; i++) {
        bool is_in = e->gold[i] != 0, is_told = e->tags[i] != 0;
        t->n_gold += is_in;
        t->n_told += is_told;
        t->n_hit += is_in && is_told;
    }
}

/* The harmonic mean of recall and precision on what is held out. */
static float measure(struct training *t) {
    t->n_hit = t->n_gold = t->n_told = 0;
    for (size_t at = 0; at < t->n_held_out; at += BATCH) {
        size_t left = t->n_held_out - at;
        begin_batch(t, t->order + t->n + at, left < BATCH ? left : BATCH);
        do {
            pool_run(t->l->pool, decide_windows, t);
            for (size_t i = 0; i < t->n_batch; i++) count(t, t->batch[i]);
        } while (!is_batch_done(t));
    }
    if (t->n_gold + t->n_told == 0) return NAN;
    return 2.0f * (float)t->n_hit / (float)(t->n_gold + t->n_told);
}

static void shuffle(struct training *t) {
    struct rng rng;
    rng_init(&rng, hash_u64(t->l->seed, t->pass));
    for (size_t i = t->n; i > 1; i--) {
        size_t j = rng_below(&rng, (uint32_t)i), kept = t->order[i - 1];
        t->order[i - 1] = t->order[j];
        t->order[j] = kept;
    }
}

static ingle_status learn_all(struct training *t, ingle_error *err) {
    size_t n_batches = (t->n + BATCH - 1) / BATCH, total = n_batches * (size_t)t->opt->n_passes;
    size_t done = 0;
    float score = NAN;
    INGLE_TRY(learn_tell(t->l, "tagger", 0, (int)total, NAN, NAN, err));
    for (t->pass = 0; t->pass < (uint64_t)t->opt->n_passes; t->pass++) {
        shuffle(t);
        t->loss = 0.0;
        t->n_tokens = 0;
        for (size_t at = 0; at < t->n; at += BATCH) {
            float share = (float)done++ / (float)total;
            t->rate = t->opt->rate * (1.0f - 0.9f * share);
            learn_batch(t, t->order + at, t->n - at < BATCH ? t->n - at : BATCH);
            if (done % TELL_EVERY) continue;
            float loss = (float)(t->loss / (double)(t->n_tokens + 1));
            INGLE_TRY(learn_tell(t->l, "tagger", (int)done, (int)total, loss, score, err));
        }
        score = measure(t);
    }
    return learn_tell(t->l, "tagger", (int)total, (int)total,
                      (float)(t->loss / (double)(t->n_tokens + 1)), score, err);
}

struct ranked {
    uint32_t key, row;
    float size; /* of the row's greatest weight */
};

static int by_size(const void *a, const void *b) {
    const struct ranked *x = a, *y = b;
    if (x->size != y->size) return x->size > y->size ? -1 : 1;
    return x->key < y->key ? -1 : x->key > y->key;
}

static struct ranked *rank_rows(const struct tagger_field *f) {
    struct ranked *ranked = mem_calloc(f->n_rows + 1, sizeof *ranked);
    size_t n = 0;
    for (size_t i = 0; ranked && i < f->rows.n_slots; i++) {
        uint32_t row = f->rows.values[i];
        if (f->rows.keys[i] == 0 || row == TAGGER_NO_ROW) continue;
        float size = 0.0f;
        for (size_t t = 0; t < f->n_tags; t++) {
            size = fmaxf(size, fabsf(f->weights[row * f->n_tags + t]));
        }
        ranked[n++] = (struct ranked){f->rows.keys[i], row, size};
    }
    if (ranked) qsort(ranked, n, sizeof *ranked, by_size);
    return ranked;
}

/* A row in as many bits as it needs: shifted up as far as its greatest weight asks. */
static void round_row(const float *row, size_t n, float scale, int8_t *out) {
    float most = 0.0f;
    int shift = 0;
    for (size_t t = 0; t < n; t++) most = fmaxf(most, fabsf(row[t]));
    while (shift < TAGGER_MAX_SHIFT && most > 127.0f * scale * (float)(1 << shift)) shift++;
    for (size_t t = 0; t < n; t++) {
        float value = row[t] / (scale * (float)(1 << shift));
        out[t] = (int8_t)lrintf(fminf(fmaxf(value, -127.0f), 127.0f));
    }
    out[n] = (int8_t)shift;
}

/* The rows that matter most go into the pack, as many as find a slot. */
static void fill_slots(const struct tagger_field *f, const struct ranked *ranked, size_t n_slots,
                       float scale, uint32_t *keys, int8_t *weights) {
    for (size_t i = 0; i < f->n_rows && i < n_slots / 8 * 7; i++) {
        size_t slot = tag_find_slot(keys, n_slots, ranked[i].key);
        if (slot == n_slots) continue;
        keys[slot] = ranked[i].key;
        round_row(f->weights + ranked[i].row * f->n_tags, f->n_tags, scale,
                  weights + slot * (f->n_tags + 1));
    }
}

static void put_pack(const struct training *t, struct gguf_write *w, float scale,
                     const uint32_t *keys, const int8_t *weights, size_t n_slots) {
    const struct tagger_field *f = &t->field;
    struct gguf_str labels[TAG_MAX_LABELS];
    for (size_t i = 0; i < t->data->n_labels; i++) {
        labels[i] = (struct gguf_str){t->data->labels[i], strlen(t->data->labels[i])};
    }
    gguf_write_str(w, "general.architecture", PACK_ARCHITECTURE);
    gguf_write_str(w, "general.name", t->opt->name);
    gguf_write_str(w, "general.license", t->opt->licence);
    gguf_write_str(w, "ingle.attribution", t->opt->attribution);
    gguf_write_str(w, "ingle.kind", "tagger");
    gguf_write_u32(w, "ingle.version", TAGGER_VERSION);
    gguf_write_strs(w, "ingle.labels", labels, t->data->n_labels);
    gguf_write_f32(w, TAGGER_SCALE_KEY, scale);
    gguf_write_tensor(w, TAGGER_TRANSITIONS, TYPE_F32, f->n_tags, f->n_tags + 1, f->transitions);
    gguf_write_tensor(w, TAGGER_KEYS, TYPE_I32, n_slots, 0, keys);
    gguf_write_tensor(w, TAGGER_WEIGHTS, TYPE_I8, f->n_tags + 1, n_slots, weights);
    if (t->words) gguf_write_tensor(w, TAGGER_WORDS, TYPE_I32, WORD_SLOTS, 0, t->words);
}

static ingle_status write_pack(struct training *t, struct buf *pack, ingle_error *err) {
    size_t n_slots = 64, most_slots = (size_t)1 << t->opt->slot_bits;
    while (n_slots < most_slots && n_slots / 8 * 7 < t->field.n_rows) n_slots *= 2;
    struct ranked *ranked = rank_rows(&t->field);
    /* The greatest weight of all is 127 shifted up all the way. */
    float most = ranked ? fminf(fmaxf(ranked[0].size, 1e-3f), 1e3f) : 1.0f;
    float scale = most / (127.0f * (float)(1 << TAGGER_MAX_SHIFT));
    uint32_t *keys = mem_calloc(n_slots, sizeof *keys);
    int8_t *weights = mem_calloc(n_slots, t->field.n_tags + 1);
    ingle_status status = INGLE_OK;
    if (ranked && keys && weights) {
        struct gguf_write w;
        fill_slots(&t->field, ranked, n_slots, scale, keys, weights);
        gguf_write_init(&w, MAX_PACK);
        put_pack(t, &w, scale, keys, weights, n_slots);
        status = gguf_write_finish(&w, pack, err);
    } else {
        status = status_no_memory(err, "the pack", n_slots * t->field.n_tags);
    }
    mem_free(ranked);
    mem_free(keys);
    mem_free(weights);
    return status;
}

ingle_status tagger_train(struct learn *l, const struct tagger_data *data,
                          const struct tagger_options *opt, struct buf *pack,
                          struct tagger_report *report, ingle_error *err) {
    struct training t = {.l = l, .data = data, .opt = opt};
    if (data->n_labels == 0) {
        return status_set(err, INGLE_INVALID, 0, "The texts have no span to learn from.");
    }
    ingle_status status = prepare(&t, err);
    if (status == INGLE_OK) {
        update_exp(&t.field);
        status = learn_all(&t, err);
    }
    if (status == INGLE_OK) status = write_pack(&t, pack, err);
    if (status == INGLE_OK) {
        *report = (struct tagger_report){t.n, t.n_held_out, NAN, NAN};
        if (t.n_gold) report->recall = (float)t.n_hit / (float)t.n_gold;
        if (t.n_told) report->precision = (float)t.n_hit / (float)t.n_told;
    }
    clear(&t);
    return status;
}
