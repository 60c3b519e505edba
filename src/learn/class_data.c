#include "learn/class_data.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/size.h"
#include "engine/pack/class_text.h"

#define MIN_COUNT 2 /* of a gram that gets a row */

/* A growing list of numbers. */
struct list {
    uint32_t *items;
    size_t n, cap;
};

static bool add(struct list *l, uint32_t item) {
    if (l->n == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 1024;
        uint32_t *grown = mem_realloc(l->items, cap * sizeof *grown);
        if (!grown) return false;
        l->items = grown;
        l->cap = cap;
    }
    l->items[l->n++] = item;
    return true;
}

/* Words by the hash of their letters: open addressing. */
struct word_slot {
    uint32_t hash, number, count; /* count 0: free */
};

struct builder {
    struct class_data *d;
    struct word_slot *slots;
    size_t n_slots; /* a power of two */
    struct list words, counts, grams, gram_at, pairs;
};

static bool grow_slots(struct builder *b) {
    size_t n = b->n_slots ? 2 * b->n_slots : 4096;
    struct word_slot *slots = mem_calloc(n, sizeof *slots);
    if (!slots) return false;
    for (size_t i = 0; i < b->n_slots; i++) {
        if (!b->slots[i].count) continue;
        size_t at = b->slots[i].hash & (n - 1);
        while (slots[at].count) at = (at + 1) & (n - 1);
        slots[at] = b->slots[i];
    }
    mem_free(b->slots);
    b->slots = slots;
    b->n_slots = n;
    return true;
}

/* The word's number; its grams are noted when it is first seen. */
static bool intern(struct builder *b, const char *word, size_t len, uint32_t *number) {
    if (2 * (b->d->n_words + 1) > b->n_slots && !grow_slots(b)) return false;
    assert(b->slots);
    uint32_t grams[CLASS_MAX_GRAMS];
    size_t n = class_word_grams(word, len, grams);
    size_t at = grams[0] & (b->n_slots - 1);
    while (b->slots[at].count && b->slots[at].hash != grams[0]) at = (at + 1) & (b->n_slots - 1);
    struct word_slot *slot = &b->slots[at];
    if (!slot->count) {
        *slot = (struct word_slot){grams[0], (uint32_t)b->d->n_words++, 0};
        if (!add(&b->counts, 0) || !add(&b->gram_at, (uint32_t)b->grams.n)) return false;
        for (size_t i = 0; i < n; i++) {
            if (!add(&b->grams, grams[i])) return false;
        }
    }
    slot->count = 1;
    *number = slot->number;
    b->counts.items[slot->number]++;
    return true;
}

static uint32_t pair_before(const struct class_text *t, size_t w) {
    struct class_word a = {0, 0}, b = {0, 0};
    if (w > 0) a = t->words[w - 1];
    if (w < t->n_words) b = t->words[w];
    return class_pair_gram(t->bytes + a.from, a.to - a.from, t->bytes + b.from, b.to - b.from);
}

static ingle_status read_texts(struct builder *b, const struct examples *e, ingle_error *err) {
    struct class_data *d = b->d;
    for (size_t i = 0; i < e->n; i++) {
        const struct example *x = &e->items[i];
        d->word_at[i] = (uint32_t)b->words.n;
        d->labels[i] = x->label == EXAMPLES_NONE ? (int)d->n_labels : x->label;
        d->n_none += x->label == EXAMPLES_NONE;
        struct class_text t;
        ingle_status status = class_text_init(&t, x->text, x->len, err);
        for (size_t w = 0; status == INGLE_OK && w < t.n_words; w++) {
            uint32_t number;
            struct class_word word = t.words[w];
            if (!intern(b, t.bytes + word.from, word.to - word.from, &number) ||
                !add(&b->words, number)) {
                status = status_no_memory(err, "the words of the examples", b->words.n);
            }
        }
        for (size_t w = 0; status == INGLE_OK && w <= t.n_words; w++) {
            if (!add(&b->pairs, pair_before(&t, w))) {
                status = status_no_memory(err, "the words of the examples", b->pairs.n);
            }
        }
        class_text_clear(&t);
        INGLE_TRY(status);
    }
    if (b->words.n >= UINT32_MAX || b->grams.n >= UINT32_MAX) {
        return status_set(err, INGLE_LIMIT, 0, "The examples have too many words.");
    }
    d->word_at[e->n] = (uint32_t)b->words.n;
    if (!add(&b->gram_at, (uint32_t)b->grams.n)) {
        return status_no_memory(err, "the words of the examples", b->words.n);
    }
    return INGLE_OK;
}

/* What read_texts leaves: a last bound even of no words, and grams where there are words. */
static bool has_texts(const struct builder *b) {
    bool has_words = b->grams.items && b->counts.items;
    return b->gram_at.items && (has_words || !b->d->n_words) && (b->pairs.items || !b->pairs.n);
}

struct counted {
    uint32_t hash, count;
};

static int by_hash(const void *a, const void *b) {
    const struct counted *x = a, *y = b;
    return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static int by_count(const void *a, const void *b) {
    const struct counted *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return by_hash(a, b);
}

static float rarity(uint64_t count, size_t n) {
    return logf((1 + (float)n) / (1 + (float)(count < n ? count : n))) + 1;
}

/* Of all[n_all], by hash, those worth a row: their hashes and weights. */
static ingle_status choose(struct counted *all, size_t n_all, size_t most, uint32_t **hashes,
                           size_t *n_chosen, ingle_error *err) {
    if (n_all) qsort(all, n_all, sizeof *all, by_hash);
    size_t n = 0;
    for (size_t i = 0, j; i < n_all; i = j) {
        uint64_t count = 0;
        for (j = i; j < n_all && all[j].hash == all[i].hash; j++) count += all[j].count;
        if (count < MIN_COUNT) continue;
        all[n++] = (struct counted){all[i].hash, count > UINT32_MAX ? UINT32_MAX : (uint32_t)count};
    }
    if (n > most) {
        qsort(all, n, sizeof *all, by_count);
        n = most;
        qsort(all, n, sizeof *all, by_hash);
    }
    if (n == 0) all[n++] = (struct counted){0, MIN_COUNT}; /* no tensor is empty */
    *n_chosen = n;
    *hashes = mem_alloc((n + 1) * sizeof **hashes);
    if (!*hashes) return status_no_memory(err, "the grams", n * sizeof **hashes);
    for (size_t i = 0; i < n; i++) (*hashes)[i] = all[i].hash;
    return INGLE_OK;
}

static ingle_status weigh(struct class_data *d, const struct counted *all, size_t n, size_t from,
                          ingle_error *err) {
    float *weights = mem_realloc(d->weights, (from + n + 1) * sizeof *weights);
    if (!weights) return status_no_memory(err, "the grams", (from + n) * sizeof *weights);
    d->weights = weights;
    for (size_t i = 0; i < n; i++) weights[from + i] = rarity(all[i].count, d->n);
    return INGLE_OK;
}

static ingle_status choose_grams(struct builder *b, size_t max_grams, size_t max_pairs,
                                 ingle_error *err) {
    assert(has_texts(b));
    struct class_data *d = b->d;
    size_t n = b->grams.n > b->pairs.n ? b->grams.n : b->pairs.n;
    struct counted *all = mem_alloc((n + 1) * sizeof *all);
    if (!all) return status_no_memory(err, "the grams of the examples", n * sizeof *all);
    for (size_t w = 0; w < d->n_words; w++) {
        for (size_t i = b->gram_at.items[w]; i < b->gram_at.items[w + 1]; i++) {
            all[i] = (struct counted){b->grams.items[i], b->counts.items[w]};
        }
    }
    ingle_status status = choose(all, b->grams.n, max_grams, &d->hashes, &d->n_grams, err);
    if (status == INGLE_OK) status = weigh(d, all, d->n_grams, 0, err);
    if (status == INGLE_OK) {
        for (size_t i = 0; i < b->pairs.n; i++) all[i] = (struct counted){b->pairs.items[i], 1};
        status = choose(all, b->pairs.n, max_pairs, &d->pair_hashes, &d->n_pairs, err);
    }
    if (status == INGLE_OK) status = weigh(d, all, d->n_pairs, d->n_grams, err);
    mem_free(all);
    return status;
}

/* Rows instead of hashes; what has no row is dropped. */
static void number_grams(struct builder *b) {
    assert(has_texts(b));
    struct class_data *d = b->d;
    size_t n = 0;
    for (size_t w = 0; w < d->n_words; w++) {
        size_t from = b->gram_at.items[w], to = b->gram_at.items[w + 1];
        b->gram_at.items[w] = (uint32_t)n;
        d->word_row[w] = (uint32_t)class_find_row(d->hashes, d->n_grams, b->grams.items[from]);
        for (size_t i = from; i < to; i++) {
            size_t row = class_find_row(d->hashes, d->n_grams, b->grams.items[i]);
            if (row < d->n_grams) b->grams.items[n++] = (uint32_t)row;
        }
    }
    b->gram_at.items[d->n_words] = (uint32_t)n;
    for (size_t i = 0; i < b->pairs.n; i++) {
        b->pairs.items[i] = (uint32_t)class_find_row(d->pair_hashes, d->n_pairs, b->pairs.items[i]);
    }
}

static ingle_status build(struct builder *b, const struct examples *e, size_t max_grams,
                          size_t max_pairs, ingle_error *err) {
    struct class_data *d = b->d;
    d->word_at = mem_alloc((e->n + 1) * sizeof *d->word_at);
    d->labels = mem_alloc((e->n + 1) * sizeof *d->labels);
    if (!d->word_at || !d->labels) return status_no_memory(err, "the examples", e->n);
    INGLE_TRY(read_texts(b, e, err));
    INGLE_TRY(choose_grams(b, max_grams, max_pairs, err));
    d->word_row = mem_alloc((d->n_words + 1) * sizeof *d->word_row);
    if (!d->word_row) return status_no_memory(err, "the words", d->n_words);
    number_grams(b);
    return INGLE_OK;
}

ingle_status class_data_init(struct class_data *d, const struct examples *e, size_t max_grams,
                             size_t max_pairs, ingle_error *err) {
    *d = (struct class_data){.n = e->n, .n_labels = e->n_labels};
    struct builder b = {.d = d};
    ingle_status status = build(&b, e, max_grams, max_pairs, err);
    d->pairs = b.pairs.items;
    d->words = b.words.items;
    d->gram_at = b.gram_at.items;
    d->rows = b.grams.items;
    mem_free(b.slots);
    mem_free(b.counts.items);
    if (status != INGLE_OK) class_data_clear(d);
    return status;
}

void class_data_clear(struct class_data *d) {
    mem_free(d->hashes);
    mem_free(d->gram_at);
    mem_free(d->rows);
    mem_free(d->word_row);
    mem_free(d->pair_hashes);
    mem_free(d->pairs);
    mem_free(d->weights);
    mem_free(d->word_at);
    mem_free(d->words);
    mem_free(d->labels);
    *d = (struct class_data){0};
}
