/* The network that becomes an encoder, and one step of its learning.
 *
 *   word    v = row(word) + mean of rows(pieces of the word)
 *   text    u = s / |s|,  s = sum of w(word) v(word) over its words
 *   batch   for each pair its own b among the b of all pairs must be nearest to a, and the other
 *           way round: the mean of both cross entropies over dot products / temperature
 *
 * (Contrastive learning with negatives in the batch: van den Oord 2018, arXiv:1807.03748; pieces:
 * Bojanowski 2016, arXiv:1607.04606.) Every gradient is a sum in a fixed order, so any number of
 * threads gives the same bits. */
#ifndef INGLE_LEARN_ENCODER_NET_H
#define INGLE_LEARN_ENCODER_NET_H

#include "base/rng.h"
#include "learn/encoder_pairs.h"
#include "learn/learn.h"

#define NET_NO_ROW UINT32_MAX
#define ENCODER_NET_MAX_DIMS 1024

struct encoder_net_options {
    int n_dims;
    size_t max_words;  /* words with a row of their own: those used most, twice at least */
    size_t n_pieces;   /* rows of pieces */
    int n_batch;       /* pairs of a batch, at most */
    float temperature; /* of the softmax */
};

struct encoder_net {
    const struct encoder_pairs *pairs; /* borrowed */
    struct encoder_net_options opt;
    size_t n_rows; /* words' rows, then pieces' */
    size_t n_word_rows;
    float *rows;      /* [n_rows][n_dims] */
    float *row_steps; /* [n_rows][n_dims] sums of squared gradients (AdaGrad) */
    float *weights;   /* [n_vocab] w */
    float *weight_steps;
    uint32_t *row_of; /* [n_vocab] NET_NO_ROW for words without */
    struct net_batch *batch;
};

BASE_NODISCARD ingle_status encoder_net_init(struct encoder_net *net,
                                             const struct encoder_pairs *pairs,
                                             const struct encoder_net_options *opt, uint64_t seed,
                                             ingle_error *err);
void encoder_net_clear(struct encoder_net *net);

/* How a batch is made harder: shares, 0 = not at all. */
struct encoder_noise {
    float word_dropout; /* of a text's words that are left out, never all */
    float row_dropout;  /* of the words that must do with their pieces */
};

/* The loss of the pairs chosen[0..n), 2 <= n <= n_batch, and its gradients, kept in net->batch. */
float encoder_net_run(struct encoder_net *net, struct learn *l, const uint32_t *chosen, int n,
                      const struct encoder_noise *noise, struct rng *rng);

/* Goes a step against the gradients of the last run. */
void encoder_net_step(struct encoder_net *net, struct learn *l, float rate);

/* The vectors of the last run: [2 n][n_dims], those of a first. */
const float *encoder_net_vectors(const struct encoder_net *net);

/* The gradient of a row / of a word's weight in the last run, for tests: g[n_dims]. */
void encoder_net_row_gradient(const struct encoder_net *net, size_t row, float *g);
float encoder_net_weight_gradient(const struct encoder_net *net, size_t word);

/* v of any word, weight included. */
void encoder_net_word(const struct encoder_net *net, size_t word, float *v);

#endif
