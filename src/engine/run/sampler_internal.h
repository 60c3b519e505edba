/* The steps of the sampler's chain, one file each; only sampler.c puts them in order. */
#ifndef INGLE_ENGINE_RUN_SAMPLER_INTERNAL_H
#define INGLE_ENGINE_RUN_SAMPLER_INTERNAL_H

#include "engine/run/sampler.h"

/* sampler_options.c: the ranges. */
BASE_NODISCARD ingle_status sampler_check_options(const ingle_sampling_options *opt, int n_vocab,
                                                  ingle_error *err);

/* sampler_penalty.c */
void sampler_add_bias(const struct sampler *s, float *logits);
void sampler_penalise(struct sampler *s, float *logits);

/* sampler_dry.c. mark_breakers() needs s->breakers zeroed. */
void dry_mark_breakers(struct sampler *s, const struct sampler_vocab *vocab,
                       const ingle_sampling_options *opt);
void dry_penalise(struct sampler *s, float *logits);

/* sampler_cut.c. Each takes n >= 1 candidates (but collect), keeps the first so many of them in
 * c[0..) and returns how many: at least one. */
int cut_collect(struct cand *c, const float *logits, const float *peaks, int n_vocab,
                int top_k); /* may return 0 */
int cut_typical(struct cand *c, int n, float share);
int cut_top_p(struct cand *c, int n, float share);
int cut_min_p(struct cand *c, int n, float fraction);
int32_t cut_draw(struct cand *c, int n, float temperature, double unit); /* unit in [0, 1) */

#endif
