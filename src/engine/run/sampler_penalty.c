/* Logit bias, and the penalties for tokens that occurred lately. */
#include "engine/run/sampler_internal.h"

void sampler_add_bias(const struct sampler *s, float *logits) {
    for (size_t i = 0; i < s->n_bias; i++) logits[s->bias[i].token] += s->bias[i].bias;
}

/* Walks the window, not the vocabulary: it is the shorter of the two as a rule. A token that
 * occurs often is met often; its count is negated at the first meeting and restored after. */
void sampler_penalise(struct sampler *s, float *logits) {
    const ingle_sampling_options *opt = &s->opt;
    size_t n = s->n_history < s->penalty_window ? s->n_history : s->penalty_window;
    const int32_t *recent = s->history + (s->n_history - n);
    for (size_t i = 0; i < n; i++) {
        int32_t id = recent[i];
        int32_t count = s->counts[id];
        if (count < 0) continue;
        s->counts[id] = -count;
        float x = logits[id];
        x = x > 0 ? x / opt->repetition_penalty : x * opt->repetition_penalty;
        logits[id] = x - (opt->presence_penalty + (float)count * opt->frequency_penalty);
    }
    for (size_t i = 0; i < n; i++) {
        int32_t id = recent[i];
        if (s->counts[id] < 0) s->counts[id] = -s->counts[id];
    }
}
