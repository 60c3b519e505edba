/* Examples as a classifier's network reads them: words by number, and of every word the rows of its
 * grams (engine/pack/class_text.h). The rows are those of grams that the examples have at least
 * twice, the most frequent if there are too many. */
#ifndef INGLE_LEARN_CLASS_DATA_H
#define INGLE_LEARN_CLASS_DATA_H

#include "learn/examples.h"

struct class_data {
    uint32_t *hashes; /* [n_grams] owned, rising: what the rows stand for */
    size_t n_grams;
    uint32_t *gram_at;     /* [n_words + 1] owned: where a word's rows begin in rows */
    uint32_t *rows;        /* owned */
    size_t n_words;        /* different ones */
    uint32_t *word_row;    /* [n_words] owned: the row of the word itself; n_grams = none */
    uint32_t *pair_hashes; /* [n_pairs] owned, rising: of two words in a row (class_pair_gram()) */
    size_t n_pairs;
    uint32_t *pairs; /* owned: of text i from word_at[i] + i on, one more than it has words: of each
                        word and the one before; n_pairs = none */
    float *weights;  /* [n_grams + n_pairs] owned: how rare they are */
    uint32_t *word_at; /* [n + 1] owned: where a text's words begin in words */
    uint32_t *words;   /* owned */
    int *labels;       /* [n] owned; n_labels = out of scope */
    size_t n, n_labels, n_none;
};

BASE_NODISCARD ingle_status class_data_init(struct class_data *d, const struct examples *e,
                                            size_t max_grams, size_t max_pairs, ingle_error *err);
void class_data_clear(struct class_data *d);

/* Outputs of a network for this data: the labels, and out of scope if there are examples of it. */
static inline size_t class_data_n_out(const struct class_data *d) {
    return d->n_labels + (d->n_none > 0);
}

static inline size_t class_data_len(const struct class_data *d, size_t i) {
    return d->word_at[i + 1] - d->word_at[i];
}

#endif
