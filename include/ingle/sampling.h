/* How the next token is chosen from the logits. */
#ifndef INGLE_SAMPLING_H
#define INGLE_SAMPLING_H

#include "ingle/tokenizer.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ingle_sampler ingle_sampler;

typedef struct ingle_logit_bias {
    ingle_token token;
    float bias; /* added to the logit; -INFINITY forbids the token */
} ingle_logit_bias;

/* The steps run in this order; each is off at its default but temperature.
 * logit bias, repetition/presence/frequency penalties, DRY, then greedy if temperature is 0,
 * else top-k, typical, top-p, min-p, temperature, draw. "All" tokens looked back at are at most
 * the last 1,048,576. */
typedef struct ingle_sampling_options {
    size_t size;
    uint64_t seed;            /* the same seed replays the same draws */
    float temperature;        /* >= 0; 0 = greedy. Default 0.8 */
    int top_k;                /* keep the k likeliest; 0 = all. Default 40 */
    float top_p;              /* keep the smallest set with this mass; 1 = all. Default 0.95 */
    float min_p;              /* drop below this fraction of the likeliest; 0 = off. Default 0.05 */
    float typical_p;          /* locally typical sampling (Meister et al. 2022); 1 = off */
    int penalty_last_n;       /* tokens looked back at; 0 = off, -1 = all. Default 64 */
    float repetition_penalty; /* > 0; divides positive, multiplies negative logits; 1 = off */
    float presence_penalty;   /* subtracted once from a logit whose token occurred; 0 = off */
    float frequency_penalty;  /* subtracted per occurrence; 0 = off */
    float dry_multiplier;     /* DRY repetition control (p-e-w 2024); 0 = off */
    float dry_base;           /* > 1. Default 1.75 */
    int dry_allowed_length;   /* repeats up to this length are free. Default 2 */
    int dry_last_n;           /* tokens looked back at; -1 = all, 0 = off. Default -1 */
    const char *const
        *dry_breakers;     /* a token that contains one of these ends a repeat; NULL = default */
    size_t n_dry_breakers; /* default breakers: newline ':' '"' '*' */
    const ingle_logit_bias *logit_bias;
    size_t n_logit_bias;
} ingle_sampling_options;

INGLE_API ingle_sampling_options ingle_sampling_options_default(void);

/* opt may be NULL; its arrays are copied. BAD_ARGUMENT names the option that is out of range. */
INGLE_API INGLE_NODISCARD ingle_status ingle_sampler_new(ingle_sampler **out,
                                                         const ingle_model *model,
                                                         const ingle_sampling_options *opt,
                                                         ingle_error *err);
INGLE_API void ingle_sampler_free(ingle_sampler *sampler);

/* Chooses a token from logits[0..n_vocab) (unchanged). NaN counts as forbidden. Does not record
 * the choice. INGLE_TOKEN_NONE if every token is forbidden. Not thread-safe on one sampler. */
INGLE_API ingle_token ingle_sampler_sample(ingle_sampler *sampler, const float *logits);

/* Records that a token was said or read, for the penalties. */
INGLE_API void ingle_sampler_accept(ingle_sampler *sampler, ingle_token token);

#ifdef __cplusplus
}
#endif

#endif
