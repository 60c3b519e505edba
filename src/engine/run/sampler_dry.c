/* DRY, "don't repeat yourself" (p-e-w, text-generation-webui pull request 5677, 2024): a token
 * that would continue a sequence which already occurred is penalised, the more the longer the
 * sequence is.
 *
 * Let r be the window read backwards, r[0] the newest token. For a distance k >= 1, m(k) is how
 * many tokens r[k], r[k+1] ... equal r[0], r[1] ..., counted up to the first breaker in r: so long
 * is the end of the text that occurred k tokens earlier too, and r[k-1] is what followed there.
 * A token t that followed somewhere gets
 *
 *     logit[t] -= multiplier * base ^ (M - allowed_length)    M = max m(k) over r[k-1] = t
 *
 * if M >= allowed_length and M > 0. m() is the Z-function of r, found in linear time (Gusfield
 * 1997), where comparing at every k would be quadratic on a text such as one token repeated. */
#include <math.h>
#include <string.h>

#include "engine/run/sampler_internal.h"

/* Beyond every real logit, yet far from the end of the float range. */
#define DRY_MAX_PENALTY 1e30

void dry_mark_breakers(struct sampler *s, const struct sampler_vocab *vocab,
                       const ingle_sampling_options *opt) {
    static const char *const usual[] = {"\n", ":", "\"", "*"};
    const char *const *texts = opt->dry_breakers ? opt->dry_breakers : usual;
    size_t n_texts = opt->dry_breakers ? opt->n_dry_breakers : BASE_COUNT(usual);
    for (int32_t id = 0; id < vocab->n_vocab; id++) {
        size_t len = 0;
        const char *bytes = vocab->bytes(vocab->ctx, id, &len);
        for (size_t i = 0; i < n_texts && !s->breakers[id]; i++) {
            if (len && memmem(bytes, len, texts[i], strlen(texts[i]))) s->breakers[id] = 1;
        }
    }
}

/* match[k] = m(k) for k in 1..n-1, where newest[-i] is r[i] and m() is at most `limit`. */
static void match_backwards(int32_t *match, const int32_t *newest, int32_t n, int32_t limit) {
    int32_t left = 0, right = 0; /* r[left..right) equals r[0..right-left) */
    for (int32_t k = 1; k < n; k++) {
        int32_t len = 0;
        if (k < right) {
            len = match[k - left];
            if (len > right - k) len = right - k;
        }
        while (len < limit && k + len < n && newest[-len] == newest[-(k + len)]) len++;
        match[k] = len;
        if (k + len > right) {
            left = k;
            right = k + len;
        }
    }
}

void dry_penalise(struct sampler *s, float *logits) {
    const ingle_sampling_options *opt = &s->opt;
    int32_t n = (int32_t)(s->n_history < s->dry_window ? s->n_history : s->dry_window);
    if (n < 2) return;
    const int32_t *newest = s->history + s->n_history - 1;
    int32_t limit = 0;
    while (limit < n && !s->breakers[newest[-limit]]) limit++;
    if (limit == 0 || limit < opt->dry_allowed_length) return;

    match_backwards(s->dry_match, newest, n, limit);
    for (int32_t k = 1; k < n; k++) {
        int32_t next = newest[-(k - 1)];
        if (s->dry_match[k] > s->dry_best[next] && !s->breakers[next]) {
            s->dry_best[next] = s->dry_match[k];
        }
    }
    for (int32_t k = 1; k < n; k++) {
        int32_t next = newest[-(k - 1)];
        int32_t best = s->dry_best[next];
        s->dry_best[next] = 0;
        if (best == 0 || best < opt->dry_allowed_length) continue;
        double penalty = (double)opt->dry_multiplier *
                         pow((double)opt->dry_base, (double)(best - opt->dry_allowed_length));
        logits[next] -= (float)(penalty < DRY_MAX_PENALTY ? penalty : DRY_MAX_PENALTY);
    }
}
