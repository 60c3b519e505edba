#include "engine/pack/tag_chain.h"

#include <math.h>
#include <string.h>

/* The best predecessor of a tag that begins something, or is outside. */
static size_t best_before(const struct tag_chain *c, const float *before, size_t to, float *score) {
    size_t best = 0;
    *score = before[0] + c->transitions[to];
    for (size_t from = 1; from < c->n_tags; from++) {
        float s = before[from] + c->transitions[from * c->n_tags + to];
        if (s <= *score) continue;
        *score = s;
        best = from;
    }
    return best;
}

static void step(const struct tag_chain *c, const float *before, const float *scores, float *now,
                 uint8_t *back) {
    size_t n = c->n_tags;
    for (size_t to = 0; to < n; to++) {
        float score;
        if (!tag_is_inner(to)) {
            back[to] = (uint8_t)best_before(c, before, to, &score);
        } else {
            float first = before[to - 1] + c->transitions[(to - 1) * n + to];
            float inner = before[to] + c->transitions[to * n + to];
            back[to] = (uint8_t)(first >= inner ? to - 1 : to);
            score = first >= inner ? first : inner;
        }
        now[to] = score + scores[to];
    }
}

void tag_viterbi(const struct tag_chain *c, const float *scores, size_t n, uint8_t *back,
                 uint8_t *tags) {
    float rows[2][TAG_MAX_TAGS];
    size_t n_tags = c->n_tags;
    if (n == 0) return;
    for (size_t t = 0; t < n_tags; t++) {
        rows[0][t] = tag_is_inner(t) ? -HUGE_VALF : c->transitions[n_tags * n_tags + t] + scores[t];
    }
    for (size_t i = 1; i < n; i++) {
        step(c, rows[(i - 1) & 1], scores + i * n_tags, rows[i & 1], back + i * n_tags);
    }
    const float *last = rows[(n - 1) & 1];
    size_t best = 0;
    for (size_t t = 1; t < n_tags; t++) {
        if (last[t] > last[best]) best = t;
    }
    for (size_t i = n; i-- > 0;) {
        tags[i] = (uint8_t)best;
        if (i > 0) best = back[i * n_tags + best];
    }
}

void tag_exp_transitions(const struct tag_chain *c, float *exp_transitions) {
    for (size_t from = 0; from <= c->n_tags; from++) {
        for (size_t to = 0; to < c->n_tags; to++) {
            size_t at = from * c->n_tags + to;
            bool may = tag_may_follow(from, to, c->n_tags);
            exp_transitions[at] = may ? expf(c->transitions[at]) : 0.0f;
        }
    }
}

static float scale_to_one(float *row, size_t n) {
    float sum = 0.0f;
    for (size_t t = 0; t < n; t++) sum += row[t];
    for (size_t t = 0; t < n; t++) row[t] /= sum;
    return sum;
}

static float forward_step(size_t n_tags, const float *exp_transitions, const float *weights,
                          const float *before, float *now) {
    memset(now, 0, n_tags * sizeof *now);
    for (size_t from = 0; from < n_tags; from++) {
        const float *row = exp_transitions + from * n_tags;
        for (size_t to = 0; to < n_tags; to++) now[to] += before[from] * row[to];
    }
    for (size_t t = 0; t < n_tags; t++) now[t] *= weights[t];
    return scale_to_one(now, n_tags);
}

double tag_forward_backward(size_t n_tags, const float *exp_transitions, const float *weights,
                            size_t n, float *forward, float *backward, float *norms) {
    if (n == 0) return 0.0;
    for (size_t t = 0; t < n_tags; t++) {
        forward[t] = exp_transitions[n_tags * n_tags + t] * weights[t];
        backward[(n - 1) * n_tags + t] = 1.0f;
    }
    norms[0] = scale_to_one(forward, n_tags);
    for (size_t i = 1; i < n; i++) {
        norms[i] = forward_step(n_tags, exp_transitions, weights + i * n_tags,
                                forward + (i - 1) * n_tags, forward + i * n_tags);
    }
    for (size_t i = n - 1; i > 0; i--) {
        float next[TAG_MAX_TAGS], *now = backward + (i - 1) * n_tags;
        for (size_t t = 0; t < n_tags; t++) {
            next[t] = weights[i * n_tags + t] * backward[i * n_tags + t] / norms[i];
        }
        for (size_t from = 0; from < n_tags; from++) {
            const float *row = exp_transitions + from * n_tags;
            float sum = 0.0f;
            for (size_t to = 0; to < n_tags; to++) sum += row[to] * next[to];
            now[from] = sum;
        }
    }
    double log_z = 0.0;
    for (size_t i = 0; i < n; i++) log_z += log((double)norms[i]);
    return log_z;
}
