#include "task/terms.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define MAX_PROBES 64 /* so that no text makes the table slow: past them a word does not count */
#define STOP_WORD UINT32_MAX

struct term_slot {
    uint64_t key;   /* 0 = empty */
    uint32_t count; /* of sentences that have the word; STOP_WORD */
    uint32_t last;  /* the sentence that counted it, from 1 */
};

/* Words that say nothing of what a text is about. In other languages the count of sentences that
 * have a word does alone what this list helps it to. */
static const char stop_words[] =
    "a about after all also an and any are as at be because been but by can could did do does for "
    "from had has have he her his how i if in into is it its may me more most my no not of on one "
    "or other our out over she so some such than that the their them then there these they this "
    "those to up us was we were what when where which while who why will with would you your";

static bool is_letter(unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c >= 0x80;
}

/* Length of an ideograph or a kana at p, which is a word by itself; 0 for anything else. They are
 * the characters of three bytes from e2 ba to ed 9e, less the Korean ones, which come in words. */
static size_t ideograph(const unsigned char *p, size_t len) {
    if (len < 3 || p[0] < 0xe3 || p[0] > 0xe9) return 0;
    return (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80 ? 3 : 0;
}

uint64_t terms_next_word(const char *text, size_t len, size_t *at) {
    const unsigned char *p = (const unsigned char *)text;
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    while (*at < len && !is_letter(p[*at])) ++*at;
    size_t from = *at, alone = from < len ? ideograph(p + from, len - from) : 0;
    if (from == len) return 0;
    for (; *at < len && is_letter(p[*at]); ++*at) {
        if (alone ? *at == from + alone : ideograph(p + *at, len - *at) > 0) break;
        unsigned char c = p[*at];
        if (c >= 'A' && c <= 'Z') c |= 32;
        hash = (hash ^ c) * 1099511628211u;
    }
    hash ^= hash >> 32;
    return hash ? hash : 1;
}

/* The word's slot, or the empty one where it belongs; NULL if too many are in its way. */
static struct term_slot *find(const struct terms *t, uint64_t key) {
    size_t i = (size_t)(key * 0x9e3779b97f4a7c15u >> 32) & (t->n_slots - 1);
    for (int probe = 0; probe < MAX_PROBES; probe++) {
        struct term_slot *s = &t->slots[i];
        if (s->key == key || s->key == 0) return s;
        i = (i + 1) & (t->n_slots - 1);
    }
    return NULL;
}

static ingle_status grow(struct terms *t, size_t n_slots, ingle_error *err) {
    struct terms old = *t;
    t->slots = mem_table(n_slots, sizeof *t->slots);
    if (!t->slots) {
        t->slots = old.slots;
        return status_no_memory(err, "the words", n_slots * sizeof *t->slots);
    }
    t->n_slots = n_slots;
    t->n = 0;
    for (size_t i = 0; i < old.n_slots; i++) {
        if (old.slots[i].key == 0) continue;
        struct term_slot *s = find(t, old.slots[i].key);
        if (!s) continue;
        *s = old.slots[i];
        t->n++;
    }
    mem_free(old.slots);
    return INGLE_OK;
}

ingle_status terms_init(struct terms *t, ingle_error *err) {
    *t = (struct terms){0};
    INGLE_TRY(grow(t, 4096, err));
    for (size_t at = 0;;) {
        uint64_t key = terms_next_word(stop_words, sizeof stop_words - 1, &at);
        if (!key) return INGLE_OK;
        struct term_slot *s = find(t, key);
        if (!s) continue;
        *s = (struct term_slot){.key = key, .count = STOP_WORD};
        t->n++;
    }
}

void terms_clear(struct terms *t) {
    mem_free(t->slots);
    *t = (struct terms){0};
}

ingle_status terms_count(struct terms *t, const char *text, size_t len, ingle_error *err) {
    t->n_sentences++;
    for (size_t at = 0;;) {
        uint64_t key = terms_next_word(text, len, &at);
        if (!key) return INGLE_OK;
        struct term_slot *s = find(t, key);
        if (!s || (s->key == 0 && t->n >= TERMS_MAX)) continue;
        if (s->key == 0 && 2 * t->n >= t->n_slots) {
            INGLE_TRY(grow(t, 2 * t->n_slots, err));
            s = find(t, key);
            if (!s) continue;
        }
        t->n += s->key == 0;
        s->key = key;
        if (s->count == STOP_WORD || s->last == t->n_sentences) continue;
        s->last = t->n_sentences;
        s->count++;
    }
}

static int by_id(const void *a, const void *b) {
    uint32_t x = ((const struct term *)a)->id, y = ((const struct term *)b)->id;
    return (x > y) - (x < y);
}

void terms_vector(const struct terms *t, const char *text, size_t len, struct term_vector *out) {
    struct term *terms = out->terms;
    size_t n = 0;
    for (size_t at = 0; n < TERMS_OF_SENTENCE;) {
        uint64_t key = terms_next_word(text, len, &at);
        if (!key) break;
        const struct term_slot *s = find(t, key);
        if (!s || s->key == 0 || s->count == STOP_WORD || s->count == 0) continue;
        terms[n++] = (struct term){(uint32_t)(s - t->slots), 1.0f};
    }
    qsort(terms, n, sizeof *terms, by_id);
    out->n = 0;
    for (size_t i = 0; i < n; i++) {
        if (out->n > 0 && terms[out->n - 1].id == terms[i].id) {
            terms[out->n - 1].weight += 1.0f;
        } else {
            terms[out->n++] = terms[i];
        }
    }
    float square = 0;
    for (size_t i = 0; i < out->n; i++) {
        float share = (float)t->n_sentences / (float)t->slots[terms[i].id].count;
        terms[i].weight = (1.0f + logf(terms[i].weight)) * logf(1.0f + share);
        square += terms[i].weight * terms[i].weight;
    }
    for (size_t i = 0; i < out->n; i++) terms[i].weight /= sqrtf(square);
}

float term_vector_dot(const struct term_vector *a, const struct term_vector *b) {
    float sum = 0;
    for (size_t i = 0, j = 0; i < a->n && j < b->n;) {
        if (a->terms[i].id == b->terms[j].id) {
            sum += a->terms[i++].weight * b->terms[j++].weight;
        } else if (a->terms[i].id < b->terms[j].id) {
            i++;
        } else {
            j++;
        }
    }
    return sum;
}
