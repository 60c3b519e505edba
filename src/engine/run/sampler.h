/* Chooses the next token from a row of logits: the chain documented in ingle/sampling.h.
 * Sessions and the API call it; it knows nothing of models or files. All memory is taken at init,
 * choosing and accepting never allocate. */
#ifndef INGLE_ENGINE_RUN_SAMPLER_H
#define INGLE_ENGINE_RUN_SAMPLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"
#include "base/status.h"
#include "engine/kern/ops.h"
#include "ingle/sampling.h"

/* "All" tokens looked back at means at most so many. */
#define SAMPLER_MAX_WINDOW (1 << 20)
#define SAMPLER_MAX_BREAKERS 256
#define SAMPLER_MAX_BIASES (1 << 20)

/* Tokens whose greatest logit is found first, so that most need no further look. */
#define SAMPLER_BLOCK 256

/* What a sampler needs of a model: how many tokens there are, the bytes of each (control tokens
 * have none; only used during init), and its kernel tier's search for the greatest logits. */
struct sampler_vocab {
    int n_vocab;
    const char *(*bytes)(const void *ctx, int32_t id, size_t *len);
    const void *ctx;
    kern_peaks_fn peaks;
};

/* A token still in the running. Ordered by key, the greater first, then by id, the lower first. */
struct cand {
    float key;
    float logit;
    float weight; /* proportional to the probability; see sampler_cut.c */
    int32_t id;
};

struct sampler {
    ingle_sampling_options opt; /* its pointers are cleared: the arrays are copied below */
    int n_vocab;
    struct rng rng;

    /* The latest tokens, oldest first. When full, the newest `window` move to the front. */
    int32_t *history; /* [history_cap] */
    size_t n_history, history_cap, window;

    kern_peaks_fn find_peaks;
    float *peaks;       /* [n_vocab / SAMPLER_BLOCK + 1] the greatest logit of every block */
    float *adjusted;    /* [n_vocab] logits after bias, penalties and DRY; NULL if all are off */
    struct cand *cands; /* [n_vocab]; NULL if greedy */
    int32_t *counts;    /* [n_vocab] occurrences in the penalty window; NULL if penalties are off */
    size_t penalty_window;

    int32_t *dry_match; /* [window] length of the match at each distance; NULL if DRY is off */
    int32_t *dry_best;  /* [n_vocab] longest repeat a token would continue; zero between calls */
    uint8_t *breakers;  /* [n_vocab] 1 = the token ends a repeat */
    size_t dry_window;

    ingle_logit_bias *bias; /* [n_bias] */
    size_t n_bias;
};

/* BAD_ARGUMENT names the option that is out of range and the range. */
BASE_NODISCARD ingle_status sampler_init(struct sampler *s, const struct sampler_vocab *vocab,
                                         const ingle_sampling_options *opt, ingle_error *err);
void sampler_clear(struct sampler *s);

/* See ingle_sampler_sample(), ingle_sampler_accept(). An id outside the vocabulary is ignored. */
int32_t sampler_sample(struct sampler *s, const float *logits);
void sampler_accept(struct sampler *s, int32_t id);

/* Every option at its documented default. */
ingle_sampling_options sampler_default_options(void);

#endif
