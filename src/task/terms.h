/* The words of a text's sentences as vectors of tf-idf: how often a word is in the sentence, and
 * how rare it is among the sentences of the same text. */
#ifndef INGLE_TASK_TERMS_H
#define INGLE_TASK_TERMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Different words that are told apart; those that a text has beyond do not count. */
#define TERMS_MAX ((size_t)1 << 20)
#define TERMS_OF_SENTENCE 512

struct term {
    uint32_t id; /* below n_slots */
    float weight;
};

/* A sentence's vector, of length 1: ids ascend. */
struct term_vector {
    size_t n;
    struct term terms[TERMS_OF_SENTENCE];
};

struct term_slot;

struct terms {
    struct term_slot *slots; /* [n_slots] owned */
    size_t n_slots, n;
    uint32_t n_sentences;
};

BASE_NODISCARD ingle_status terms_init(struct terms *t, ingle_error *err);
void terms_clear(struct terms *t);

/* One more sentence of the text. NO_MEMORY. */
BASE_NODISCARD ingle_status terms_count(struct terms *t, const char *text, size_t len,
                                        ingle_error *err);

/* After all have been counted: the vector of one; empty if it has no word that says anything. */
void terms_vector(const struct terms *t, const char *text, size_t len, struct term_vector *out);

float term_vector_dot(const struct term_vector *a, const struct term_vector *b);

/* The next word at or behind *at, which moves behind it: its hash; 0 if there is none. */
uint64_t terms_next_word(const char *text, size_t len, size_t *at);

#endif
