#include "engine/run/sampler.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/size.h"
#include "engine/run/sampler_internal.h"

/* Zeroed room for n elements; NULL is remembered in *ok so that init can check once. */
static void *take(size_t n, size_t size, bool *ok) {
    void *ptr = mem_calloc(n, size);
    if (!ptr) *ok = false;
    return ptr;
}

static size_t window_of(int last_n) {
    return last_n < 0 ? SAMPLER_MAX_WINDOW : (size_t)last_n;
}

static bool take_memory(struct sampler *s) {
    const ingle_sampling_options *opt = &s->opt;
    size_t n_vocab = (size_t)s->n_vocab;
    bool ok = true;
    s->peaks = take(n_vocab / SAMPLER_BLOCK + 1, sizeof *s->peaks, &ok);
    if (opt->repetition_penalty != 1 || opt->presence_penalty != 0 || opt->frequency_penalty != 0) {
        s->penalty_window = window_of(opt->penalty_last_n);
    }
    if (opt->dry_multiplier > 0) s->dry_window = window_of(opt->dry_last_n);
    s->window = s->penalty_window > s->dry_window ? s->penalty_window : s->dry_window;

    if (s->window) {
        /* Untouched memory costs nothing, so the largest window is as cheap as it is used. */
        s->history_cap = 2 * s->window;
        s->history = take(s->history_cap, sizeof *s->history, &ok);
    }
    if (s->penalty_window) s->counts = take(n_vocab, sizeof *s->counts, &ok);
    if (s->dry_window) {
        s->dry_match = take(s->dry_window, sizeof *s->dry_match, &ok);
        s->dry_best = take(n_vocab, sizeof *s->dry_best, &ok);
        s->breakers = take(n_vocab, sizeof *s->breakers, &ok);
    }
    if (opt->n_logit_bias) s->bias = take(opt->n_logit_bias, sizeof *s->bias, &ok);
    if (s->window || s->bias) s->adjusted = take(n_vocab, sizeof *s->adjusted, &ok);
    if (opt->temperature > 0) s->cands = take(n_vocab, sizeof *s->cands, &ok);
    return ok;
}

ingle_status sampler_init(struct sampler *s, const struct sampler_vocab *vocab,
                          const ingle_sampling_options *opt, ingle_error *err) {
    *s = (struct sampler){.n_vocab = vocab->n_vocab, .find_peaks = vocab->peaks};
    INGLE_TRY(sampler_check_options(opt, vocab->n_vocab, err));
    s->opt = *opt;
    if (!take_memory(s)) {
        sampler_clear(s);
        return status_no_memory(err, "the sampler", (uint64_t)vocab->n_vocab * sizeof(struct cand));
    }
    if (s->bias) memcpy(s->bias, opt->logit_bias, opt->n_logit_bias * sizeof *s->bias);
    s->n_bias = opt->n_logit_bias;
    if (s->breakers) dry_mark_breakers(s, vocab, opt);
    s->opt.logit_bias = NULL;
    s->opt.dry_breakers = NULL;
    rng_init(&s->rng, opt->seed);
    return INGLE_OK;
}

void sampler_clear(struct sampler *s) {
    mem_free(s->history);
    mem_free(s->peaks);
    mem_free(s->adjusted);
    mem_free(s->cands);
    mem_free(s->counts);
    mem_free(s->dry_match);
    mem_free(s->dry_best);
    mem_free(s->breakers);
    mem_free(s->bias);
    *s = (struct sampler){0};
}

/* The lowest id among the greatest. */
static int32_t likeliest(const float *logits, const float *peaks, int n_vocab) {
    int best = 0, n_blocks = (n_vocab + SAMPLER_BLOCK - 1) / SAMPLER_BLOCK;
    for (int i = 1; i < n_blocks; i++) {
        if (peaks[i] > peaks[best]) best = i;
    }
    if (!(peaks[best] > -INFINITY)) return INGLE_TOKEN_NONE;
    int32_t id = best * SAMPLER_BLOCK;
    while (logits[id] != peaks[best]) id++;
    return id;
}

int32_t sampler_sample(struct sampler *s, const float *logits) {
    const ingle_sampling_options *opt = &s->opt;
    const float *x = logits;
    if (s->adjusted) {
        memcpy(s->adjusted, logits, (size_t)s->n_vocab * sizeof *logits);
        sampler_add_bias(s, s->adjusted);
        if (s->counts) sampler_penalise(s, s->adjusted);
        if (s->breakers) dry_penalise(s, s->adjusted);
        x = s->adjusted;
    }
    s->find_peaks(s->peaks, x, s->n_vocab, SAMPLER_BLOCK);
    if (!s->cands) return likeliest(x, s->peaks, s->n_vocab);

    int n = cut_collect(s->cands, x, s->peaks, s->n_vocab, opt->top_k);
    if (n == 0) return INGLE_TOKEN_NONE;
    if (opt->typical_p < 1) n = cut_typical(s->cands, n, opt->typical_p);
    if (opt->top_p < 1) n = cut_top_p(s->cands, n, opt->top_p);
    if (opt->min_p > 0) n = cut_min_p(s->cands, n, opt->min_p);
    return cut_draw(s->cands, n, opt->temperature, rng_unit(&s->rng));
}

void sampler_accept(struct sampler *s, int32_t id) {
    if (id < 0 || id >= s->n_vocab || s->window == 0) return;
    if (s->n_history == s->history_cap) {
        size_t n_old = s->n_history - s->window;
        memmove(s->history, s->history + n_old, s->window * sizeof *s->history);
        s->n_history = s->window;
    }
    s->history[s->n_history++] = id;
    if (!s->counts) return;
    s->counts[id]++;
    if (s->n_history > s->penalty_window) {
        s->counts[s->history[s->n_history - s->penalty_window - 1]]--;
    }
}
