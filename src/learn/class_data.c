#include "learn/class_data.h"

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
    struct list words, counts, grams, gram_at;
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

/* d->hashes: the grams worth a row. */
static ingle_status choose_grams(struct builder *b, size_t max_grams, ingle_error *err) {
    struct class_data *d = b->d;
    struct counted *all = mem_alloc((b->grams.n + 1) * sizeof *all);
    if (!all) return status_no_memory(err, "the grams of the examples", b->grams.n * sizeof *all);
    for (size_t w = 0; w < d->n_words; w++) {
        for (size_t i = b->gram_at.items[w]; i < b->gram_at.items[w + 1]; i++) {
            all[i] = (struct counted){b->grams.items[i], b->counts.items[w]};
        }
    }
    qsort(all, b->grams.n, sizeof *all, by_hash);
    size_t n = 0;
    for (size_t i = 0, j; i < b->grams.n; i = j) {
        uint64_t count = 0;
        for (j = i; j < b->grams.n && all[j].hash == all[i].hash; j++) count += all[j].count;
        if (count < MIN_COUNT) continue;
        all[n++] = (struct counted){all[i].hash, count > UINT32_MAX ? UINT32_MAX : (uint32_t)count};
    }
    if (n > max_grams) {
        qsort(all, n, sizeof *all, by_count);
        n = max_grams;
        qsort(all, n, sizeof *all, by_hash);
    }
    d->n_grams = n;
    d->hashes = mem_alloc((n + 1) * sizeof *d->hashes);
    for (size_t i = 0; d->hashes && i < n; i++) d->hashes[i] = all[i].hash;
    mem_free(all);
    return d->hashes ? INGLE_OK : status_no_memory(err, "the grams", n * sizeof *d->hashes);
}

/* Rows instead of hashes; what has no row is dropped. */
static void number_grams(struct builder *b) {
    struct class_data *d = b->d;
    size_t n = 0;
    for (size_t w = 0; w < d->n_words; w++) {
        size_t from = b->gram_at.items[w], to = b->gram_at.items[w + 1];
        b->gram_at.items[w] = (uint32_t)n;
        for (size_t i = from; i < to; i++) {
            size_t row = class_find_row(d->hashes, d->n_grams, b->grams.items[i]);
            if (row < d->n_grams) b->grams.items[n++] = (uint32_t)row;
        }
    }
    b->gram_at.items[d->n_words] = (uint32_t)n;
}

ingle_status class_data_init(struct class_data *d, const struct examples *e, size_t max_grams,
                             ingle_error *err) {
    *d = (struct class_data){.n = e->n, .n_labels = e->n_labels};
    struct builder b = {.d = d};
    d->word_at = mem_alloc((e->n + 1) * sizeof *d->word_at);
    d->labels = mem_alloc((e->n + 1) * sizeof *d->labels);
    ingle_status status = INGLE_OK;
    if (!d->word_at || !d->labels) status = status_no_memory(err, "the examples", e->n);
    if (status == INGLE_OK) status = read_texts(&b, e, err);
    if (status == INGLE_OK) status = choose_grams(&b, max_grams, err);
    if (status == INGLE_OK) number_grams(&b);
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
    mem_free(d->word_at);
    mem_free(d->words);
    mem_free(d->labels);
    *d = (struct class_data){0};
}
