#include "engine/run/logprob.h"

#include <math.h>

/* Keeps top[0..n) sorted; returns the new n, at most n_top. */
static int enter(ingle_token_logprob *top, int n, int n_top, int32_t id, float logit) {
    if (n == n_top && !(logit > top[n - 1].logprob)) return n;
    int at = n < n_top ? n++ : n - 1;
    for (; at > 0 && top[at - 1].logprob < logit; at--) top[at] = top[at - 1];
    top[at] = (ingle_token_logprob){.token = id, .logprob = logit};
    return n;
}

int logprob_read(const float *logits, int n_vocab, int32_t id, float *logprob, int n_top,
                 ingle_token_logprob *top) {
    float greatest = -INFINITY;
    int n = 0;
    for (int i = 0; i < n_vocab; i++) {
        if (!(logits[i] > -INFINITY)) continue;
        if (logits[i] > greatest) greatest = logits[i];
        if (n_top > 0) n = enter(top, n, n_top, i, logits[i]);
    }
    *logprob = -INFINITY;
    if (!(greatest > -INFINITY)) return 0; /* nothing is possible */
    double sum = 0;
    for (int i = 0; i < n_vocab; i++) {
        if (logits[i] > -INFINITY) sum += exp((double)logits[i] - (double)greatest);
    }
    double log_sum = (double)greatest + log(fmax(sum, 1)); /* the greatest counts 1 */
    if (logits[id] > -INFINITY) *logprob = (float)((double)logits[id] - log_sum);
    for (int i = 0; i < n; i++) top[i].logprob = (float)((double)top[i].logprob - log_sum);
    return n;
}
