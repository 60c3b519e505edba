/* Deterministic finite automata over bytes: sets of texts, each with a label. Immutable once made,
 * trimmed (from every state an accepting one is reached), so that step() keeps the promise of
 * machine.h. The texts are whole UTF-8 (RFC 3629); complements are taken within that.
 *
 * Every maker is bounded: more than DFA_MAX_STATES states are INGLE_LIMIT. All automata are freed
 * by their owner with dfa_free(); NULL is fine. */
#ifndef INGLE_ENGINE_CONSTRAINT_DFA_H
#define INGLE_ENGINE_CONSTRAINT_DFA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define DFA_DEAD 0u
#define DFA_MAX_STATES (1u << 16)
#define DFA_INFINITE UINT64_MAX

struct dfa {
    uint8_t classes[256]; /* of bytes that no state tells apart */
    uint32_t n_classes;
    uint32_t n_states; /* without state 0, the dead one */
    uint32_t start;    /* DFA_DEAD: the empty set */
    uint32_t *next;    /* [n_states + 1][n_classes] */
    uint32_t *labels;  /* [n_states + 1]; 0 = the text so far is not in the set */
    uint8_t *finish;   /* [n_states + 1] next byte on a shortest way to an accepting state */
    uint32_t *left;    /* [n_states + 1] bytes of that way; 0 in accepting states */
};

static inline uint32_t dfa_step(const struct dfa *d, uint32_t state, uint8_t byte) {
    return d->next[(size_t)state * d->n_classes + d->classes[byte]];
}

void dfa_free(struct dfa *d);

/* Makers. Labels of accepting states are 1 unless said otherwise. */
BASE_NODISCARD ingle_status dfa_any(struct dfa **out, ingle_error *err); /* every UTF-8 text */
/* Every text of a list, labelled 1 + its index (the first of equal ones). */
BASE_NODISCARD ingle_status dfa_texts(struct dfa **out, const char *const *texts,
                                      const size_t *lens, size_t n, ingle_error *err);
/* Every text that contains none of these. */
BASE_NODISCARD ingle_status dfa_without(struct dfa **out, const char *const *texts,
                                        const size_t *lens, size_t n, ingle_error *err);
/* Texts of min to max characters (code points); max UINT32_MAX = no end. */
BASE_NODISCARD ingle_status dfa_length(struct dfa **out, uint32_t min, uint32_t max,
                                       ingle_error *err);

/* A regular expression as ECMA-262 defines it with the flag u. search: the texts that have a match
 * anywhere, as JSON Schema's "pattern" means it; else those that match as a whole. REFUSED, naming
 * it, for what is no regular language (backreferences) or not supported; INVALID for what is no
 * expression; err->where is the offset in the pattern. */
BASE_NODISCARD ingle_status dfa_regex(struct dfa **out, const char *pattern, size_t len,
                                      bool search, ingle_error *err);

/* Texts by the labels they have in a and b (0 = not in it): combine gives the label of the result.
 * combine(0, 0) is 0 unless whole is true: then texts of neither are asked for too, within all
 * UTF-8 texts (complements). */
typedef uint32_t (*dfa_combine_fn)(uint32_t label_a, uint32_t label_b, void *user);
BASE_NODISCARD ingle_status dfa_product(struct dfa **out, const struct dfa *a, const struct dfa *b,
                                        bool whole, dfa_combine_fn combine, void *user,
                                        ingle_error *err);
BASE_NODISCARD ingle_status dfa_and(struct dfa **out, const struct dfa *a, const struct dfa *b,
                                    ingle_error *err);
BASE_NODISCARD ingle_status dfa_or(struct dfa **out, const struct dfa *a, const struct dfa *b,
                                   ingle_error *err);
BASE_NODISCARD ingle_status dfa_not(struct dfa **out, const struct dfa *a, ingle_error *err);

bool dfa_is_empty(const struct dfa *d);
/* Number of texts with this label (0 = any): at most max, or DFA_INFINITE if there is no end. */
BASE_NODISCARD ingle_status dfa_count(uint64_t *out, const struct dfa *d, uint32_t label,
                                      uint64_t max, ingle_error *err);
/* The label of a text; 0 if it is not in the set. */
uint32_t dfa_match(const struct dfa *d, const char *text, size_t len);

#endif
