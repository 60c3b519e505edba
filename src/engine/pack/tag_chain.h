/* A linear chain over tags: a conditional random field's arithmetic, for deciding and for training.
 * Of n_labels labels there are 1 + 2 n_labels tags: 0 outside, 1 + 2l the first token of a span of
 * label l, 2 + 2l a later one, which follows only a token of the same label. */
#ifndef INGLE_ENGINE_PACK_TAG_CHAIN_H
#define INGLE_ENGINE_PACK_TAG_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAG_MAX_LABELS 64
#define TAG_MAX_TAGS (1 + 2 * TAG_MAX_LABELS)

struct tag_chain {
    size_t n_tags;
    const float *transitions; /* [n_tags + 1][n_tags] from, to; the last row is the start. Those
                                 that cannot be are never read */
};

static inline bool tag_is_inner(size_t tag) {
    return tag > 0 && tag % 2 == 0;
}

/* May `to` follow `from`? from == n_tags: the start. */
static inline bool tag_may_follow(size_t from, size_t to, size_t n_tags) {
    return !tag_is_inner(to) || (from < n_tags && (from == to || from + 1 == to));
}

/* The likeliest tags[n] of scores[n][n_tags]; back[n][n_tags] is scratch. Of equals, the lowest. */
void tag_viterbi(const struct tag_chain *c, const float *scores, size_t n, uint8_t *back,
                 uint8_t *tags);

/* exp_transitions[n_tags + 1][n_tags]: of the chain, 0 for those that cannot be. */
void tag_exp_transitions(const struct tag_chain *c, float *exp_transitions);

/* Forward and backward. weights[n][n_tags] are exp(score), of any scale in each row; forward and
 * backward [n][n_tags], norms[n]. The probability of a tag at i is then
 * forward[i][t] * backward[i][t], that of the step from s at i - 1 to t at i
 * forward[i-1][s] * exp_transitions[s][t] * weights[i][t] * backward[i][t] / norms[i].
 * Returns the sum of log(norms), the logarithm of all paths' weight. */
double tag_forward_backward(size_t n_tags, const float *exp_transitions, const float *weights,
                            size_t n, float *forward, float *backward, float *norms);

#endif
