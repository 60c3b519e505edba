/* The second network of a classifier's member: it sees the same words as one bag, in which order
 * counts only between neighbours.
 *
 *     grams and pairs   each weighs its rarity; words and pairs together have length 1, and so have
 *                       the parts of words
 *     the text          sum of their rows * weights, + bias, at least 0     [dim]
 *     the labels        times `out`, + bias                                 [n_out]
 *
 * It errs elsewhere than the network of windows (class_net.h), so that both together err less. It
 * learns from one example after the other by AdaGrad (Duchi et al. 2011), with one sum of squares
 * for a row. */
#ifndef INGLE_LEARN_CLASS_BAG_H
#define INGLE_LEARN_CLASS_BAG_H

#include "base/rng.h"
#include "learn/class_data.h"

struct class_bag_options {
    int dim;                                  /* multiple of 32 */
    float rate, out_rate;                     /* of learning, at the beginning */
    float smoothing;                          /* of labels */
    float drop_word, drop_gram, drop_feature; /* shares that training leaves out */
};

struct class_bag_options class_bag_options_default(void);

struct class_bag_item;

struct class_bag {
    const struct class_data *data;
    const struct class_bag_options *opt;
    int dim, n_out;
    size_t n_rows;         /* grams, then pairs */
    float *rows;           /* [n_rows][dim] owned */
    float *bias;           /* [dim] owned */
    float *out, *out_bias; /* [n_out][dim], [n_out] owned */
    float *row_sum;        /* [n_rows] owned, like all below: sums of squares */
    float *bias_sum, *out_sum, *out_bias_sum;
    float *feature, *slope;       /* [dim] of the example at hand */
    float *z;                     /* [n_out] */
    struct class_bag_item *items; /* [most of a text] */
    uint8_t *dropped;             /* [longest text] */
    struct rng rng;
};

/* All but *b is borrowed. Cleared by the caller, also after a failure. */
BASE_NODISCARD ingle_status class_bag_init(struct class_bag *b, const struct class_data *data,
                                           const struct class_bag_options *opt, uint64_t seed,
                                           ingle_error *err);
void class_bag_clear(struct class_bag *b);

/* Learns example i; done: the share of the run that is over. */
void class_bag_learn(struct class_bag *b, size_t i, float done);

/* z[n_out] = the logarithms of what the network expects of example i. */
void class_bag_predict(struct class_bag *b, size_t i, float *z);

#endif
