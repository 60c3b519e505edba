/* Which sentence of a text a sentence of its summary rests on: the one that shares most of its
 * words, longer words counting for more. A guide for the eye, no proof. */
#include <math.h>
#include <string.h>

#include "base/ascii.h"
#include "base/hash.h"
#include "daemon/own/own_task.h"

#define MAX_SENTENCES 32 /* of the summary, a bit of a mask each */
#define N_BUCKETS 4096   /* of its words; a power of two */
#define MIN_SHARE 0.25   /* of a sentence's words, by weight */

struct sentence {
    size_t from, to;
    double weight; /* of its words */
    double best;
    size_t source_from, source_to;
};

struct matching {
    struct sentence sentences[MAX_SENTENCES];
    size_t n;
    uint64_t words[N_BUCKETS]; /* hashes; 0 = none */
    uint32_t masks[N_BUCKETS]; /* of the sentences that have it */
};

/* ---- cutting up ---- */

static bool ends_here(const char *text, size_t len, size_t i) {
    char c = text[i];
    if (c == '\n') return true;
    if (c != '.' && c != '!' && c != '?') return false;
    return i + 1 == len || text[i + 1] == ' ' || text[i + 1] == '\n';
}

/* The next sentence from *at on, without the blanks around it; false at the end. */
static bool next_sentence(const char *text, size_t len, size_t *at, size_t *from, size_t *to) {
    while (*at < len && (text[*at] == ' ' || text[*at] == '\n' || text[*at] == '\t')) ++*at;
    *from = *at;
    while (*at < len && !ends_here(text, len, *at)) ++*at;
    if (*at < len) ++*at;
    *to = *at;
    while (*to > *from && text[*to - 1] == '\n') --*to;
    return *to > *from;
}

static bool is_word(char c) {
    return ascii_is_digit(c) || ascii_is_letter(c) || (unsigned char)c >= 0x80;
}

/* The next word of text[*at..to): its hash, case aside, and its weight; 0 at the end. */
static uint64_t next_word(const char *text, size_t *at, size_t to, double *weight) {
    uint64_t hash = 1469598103934665603u;
    while (*at < to && !is_word(text[*at])) ++*at;
    size_t from = *at;
    for (; *at < to && is_word(text[*at]); ++*at) {
        hash = (hash ^ (uint64_t)(unsigned char)ascii_lower(text[*at])) * 1099511628211u;
    }
    size_t len = *at - from;
    *weight = len < 3 ? 0.1 : sqrt((double)len);
    return len == 0 ? 0 : hash | 1;
}

/* ---- matching ---- */

static size_t bucket_of(const struct matching *m, uint64_t word) {
    size_t i = (size_t)word >> 1 & (N_BUCKETS - 1);
    while (m->words[i] != 0 && m->words[i] != word) i = (i + 1) & (N_BUCKETS - 1);
    return i;
}

static void learn_summary(struct matching *m, const char *text, size_t len) {
    size_t n_words = 0;
    for (size_t at = 0, from, to;
         m->n < MAX_SENTENCES && next_sentence(text, len, &at, &from, &to);) {
        struct sentence *s = &m->sentences[m->n];
        *s = (struct sentence){.from = from, .to = to};
        double weight;
        uint64_t word;
        for (size_t i = from;
             (word = next_word(text, &i, to, &weight)) && n_words < N_BUCKETS / 2;) {
            size_t b = bucket_of(m, word);
            n_words += m->words[b] == 0;
            m->words[b] = word;
            m->masks[b] |= UINT32_C(1) << m->n;
            s->weight += weight;
        }
        m->n++;
    }
}

/* Shared words of one sentence of the source with each of the summary. */
static void compare(struct matching *m, const char *text, size_t from, size_t to) {
    double shared[MAX_SENTENCES] = {0}, total = 0, weight;
    uint64_t word;
    for (size_t i = from; (word = next_word(text, &i, to, &weight));) {
        uint32_t mask = m->masks[bucket_of(m, word)];
        total += weight;
        for (size_t k = 0; mask; k++, mask >>= 1) {
            if (mask & 1) shared[k] += weight;
        }
    }
    for (size_t k = 0; k < m->n; k++) {
        struct sentence *s = &m->sentences[k];
        /* Of two that share as much, the shorter one says it more plainly. */
        double score = shared[k] / (s->weight + 0.05 * total + 1e-9);
        if (shared[k] < MIN_SHARE * s->weight || score <= s->best) continue;
        s->best = score;
        s->source_from = from;
        s->source_to = to;
    }
}

static void put_range(struct json *j, const char *key, const char *text, size_t len, size_t from,
                      size_t to) {
    struct utf16_count c = {.text = text, .len = len};
    json_open(j, key, '[');
    json_uint(j, utf16_at(&c, from));
    json_uint(j, utf16_at(&c, to));
    json_end(j, ']');
}

void own_put_sources(struct json *j, const char *key, const char *summary, size_t n_summary,
                     const char *source, size_t n_source) {
    static const struct matching none;
    struct matching m = none;
    learn_summary(&m, summary, n_summary);
    for (size_t at = 0, from, to; next_sentence(source, n_source, &at, &from, &to);) {
        compare(&m, source, from, to);
    }
    json_open(j, key, '[');
    for (size_t i = 0; i < m.n; i++) {
        const struct sentence *s = &m.sentences[i];
        if (s->best <= 0) continue;
        json_begin(j, '{');
        put_range(j, "summary", summary, n_summary, s->from, s->to);
        put_range(j, "source", source, n_source, s->source_from, s->source_to);
        json_end(j, '}');
    }
    json_end(j, ']');
}
