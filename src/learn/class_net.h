/* The network of a text classifier, and one training run of it on one thread.
 *
 *     a word        sum of the rows of its grams / sqrt(how many)          [dim]
 *     a window      of 1, 2 or 3 words, times the filters of that width    [n_filters] each
 *     the text      the greatest value of every filter, + bias, at least 0 [3 * n_filters]
 *     the labels    times `out`, + bias                                    [n_out]
 *
 * (A convolution over words with max pooling, after Kim 2014; words out of character n-grams, after
 * Bojanowski et al. 2017.) Words outside of the text are zeros. Training drops words, grams, and
 * elements of what is computed, smooths labels and follows Adam (Kingma and Ba 2015). Results
 * depend on data, order and seed alone. */
#ifndef INGLE_LEARN_CLASS_NET_H
#define INGLE_LEARN_CLASS_NET_H

#include "base/rng.h"
#include "engine/kern/ops.h"
#include "learn/class_bag.h"

#define CLASS_WIDTHS 3 /* of windows: 1, 2 and 3 words */

struct class_net {
    int dim, n_filters, n_out; /* dim and n_filters are multiples of 32 */
    size_t n_grams, n_dense;
    float *rows;  /* [n_grams][dim] owned */
    float *dense; /* [n_dense] owned: filters of width 1, 2, 3 [n_filters][width * dim]; their
                     biases [3 * n_filters]; out [n_out][3 * n_filters]; its biases [n_out] */
};

static inline int class_net_n_features(const struct class_net *net) {
    return CLASS_WIDTHS * net->n_filters;
}
float *class_net_filters(const struct class_net *net, int width); /* width 1 to 3 */
float *class_net_filter_biases(const struct class_net *net);
float *class_net_out(const struct class_net *net);
float *class_net_out_biases(const struct class_net *net);

struct class_options {
    int dim, n_filters;
    int n_passes, batch;
    int min_steps;              /* few examples are passed over more often */
    float rate;                 /* of learning, at its peak */
    float row_rate;             /* of rows, in times that: most batches pass most of them by */
    float smoothing;            /* of labels */
    float drop_word, drop_gram; /* shares that training leaves out */
    float drop_dim, drop_feature;
    struct class_bag_options bag;
    float decay; /* of weights, but not of rows */
};

struct class_options class_options_default(void);

/* What a pass through the network needs besides it: one thread's. */
struct class_scratch;

struct class_trainer {
    struct class_net net;
    const struct class_data *data;
    const struct class_options *opt;
    const struct kern_ops *ops;
    uint32_t *order; /* [n] owned: the examples it trains on, shuffled for every pass */
    size_t n;
    int step, n_steps, per_pass; /* batches */
    double loss;                 /* mean of the examples of this pass so far */
    size_t n_seen;               /* in this pass */
    struct rng rng;
    float *grad, *mean, *square;   /* [n_dense] owned */
    float *row_mean, *row_square;  /* [n_grams][dim] owned */
    struct class_bag bag;          /* the member's other network, which learns beside this one */
    struct class_scratch *scratch; /* owned */
};

/* On `n` of data's examples, which are copied from `subset`. All but *t is borrowed. Cleared by the
 * caller, also after a failure. */
BASE_NODISCARD ingle_status class_trainer_init(
    struct class_trainer *t, const struct class_data *data, const uint32_t *subset, size_t n,
    const struct class_options *opt, const struct kern_ops *ops, uint64_t seed, ingle_error *err);
void class_trainer_clear(struct class_trainer *t);

/* One batch; false if all passes are over. */
bool class_trainer_step(struct class_trainer *t);

/* out[n][n_out]: the logarithms of what this network and the bag expect of these examples of data,
 * their mean. */
void class_trainer_predict(struct class_trainer *t, const uint32_t *which, size_t n, float *out);

/* The gradient of the mean loss of these examples into t->grad and *row_grad [n_grams][dim], with
 * nothing dropped: for tests. */
double class_trainer_gradient(struct class_trainer *t, const uint32_t *which, size_t n,
                              float *row_grad);

#endif
