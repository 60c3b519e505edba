#include "learn/class_fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* An answer to one example. */
struct answer {
    float probability;
    bool is_right, is_none; /* the likeliest label is the example's; the example has none */
};

/* Mean loss of the examples at a temperature. */
static double loss_at(const struct class_judged *j, double temperature) {
    double loss = 0;
    size_t n = 0;
    for (size_t i = 0; i < j->n; i++) {
        const float *z = j->z + i * j->n_out;
        size_t label = (size_t)j->labels[i];
        if (label >= j->n_out) continue; /* out of scope, and no output for that */
        double sum = exp((double)(z[0] - z[label]) / temperature);
        for (size_t k = 1; k < j->n_out; k++) {
            sum += exp((double)(z[k] - z[label]) / temperature);
        }
        loss += log(sum);
        n++;
    }
    return n ? loss / (double)n : 0;
}

/* By golden sections, over the logarithm; the loss has one valley. */
static float fit_temperature(const struct class_judged *j) {
    const double ratio = 0.6180339887498949;
    double from = log(0.05), to = log(20.0);
    double a = to - ratio * (to - from), b = from + ratio * (to - from);
    double at_a = loss_at(j, exp(a)), at_b = loss_at(j, exp(b));
    for (int i = 0; i < 20; i++) {
        if (at_a < at_b) {
            to = b;
            b = a;
            at_b = at_a;
            a = to - ratio * (to - from);
            at_a = loss_at(j, exp(a));
        } else {
            from = a;
            a = b;
            at_a = at_b;
            b = from + ratio * (to - from);
            at_b = loss_at(j, exp(b));
        }
    }
    return (float)exp((from + to) / 2);
}

static int by_probability(const void *a, const void *b) {
    const struct answer *x = a, *y = b;
    return x->probability < y->probability ? -1 : x->probability > y->probability;
}

/* Between the two answers around the i-th place: everything below is rejected. */
static float between(const struct answer *sorted, size_t n, size_t i) {
    if (i == 0) return 0;
    if (i == n) return sorted[n - 1].probability;
    return (sorted[i - 1].probability + sorted[i].probability) / 2;
}

static float fit_threshold(const struct answer *sorted, size_t n, float loss) {
    size_t n_right = 0, n_lost = 0;
    for (size_t i = 0; i < n; i++) n_right += sorted[i].is_right;
    size_t most = (size_t)(loss * (float)n_right), i = 0;
    for (; i < n; i++) {
        if (sorted[i].is_right && ++n_lost > most) break;
    }
    return between(sorted, n, i);
}

/* Logistic regression of "is right" on logit(probability), by Newton's method with a little weight
 * decay that keeps it finite where right and wrong do not overlap. */
static void fit_confidence(const struct answer *a, size_t n, struct class_decision *d) {
    double slope = 1, shift = 0;
    for (int round = 0; round < 30; round++) {
        double g0 = 1e-3 * (slope - 1), g1 = 1e-3 * shift, h00 = 1e-3, h01 = 0, h11 = 1e-3;
        for (size_t i = 0; i < n; i++) {
            double p = fmin(fmax((double)a[i].probability, 1e-6), 1 - 1e-6);
            double x = log(p / (1 - p)), q = 1 / (1 + exp(-(slope * x + shift)));
            double miss = q - (a[i].is_right ? 1 : 0), bend = q * (1 - q);
            g0 += miss * x;
            g1 += miss;
            h00 += bend * x * x;
            h01 += bend * x;
            h11 += bend;
        }
        double det = h00 * h11 - h01 * h01;
        if (!(det > 0)) break;
        slope -= (h11 * g0 - h01 * g1) / det;
        shift -= (h00 * g1 - h01 * g0) / det;
    }
    d->slope = isfinite(slope) && slope > 0.05 && slope < 20 ? (float)slope : 1;
    d->shift = isfinite(shift) && fabs(shift) < 50 ? (float)shift : 0;
}

static void judge(const struct answer *answers, size_t n, size_t n_none, float threshold,
                  struct class_score *s) {
    size_t right = 0, raw = 0, rejected = 0;
    for (size_t i = 0; i < n; i++) {
        bool is_rejected = answers[i].probability < threshold;
        rejected += answers[i].is_none && is_rejected;
        raw += answers[i].is_right;
        right += answers[i].is_right && !is_rejected;
    }
    float n_in = (float)(n - n_none);
    *s = (struct class_score){.accuracy = (float)right / n_in, .raw = (float)raw / n_in};
    s->recall = n_none ? (float)rejected / (float)n_none : NAN;
}

ingle_status class_fit(const struct class_judged *j, float loss, struct class_decision *d,
                       struct class_score *score, ingle_error *err) {
    struct answer *answers = mem_alloc(j->n * sizeof *answers);
    float *z = mem_alloc(j->n_out * sizeof *z);
    if (!answers || !z) {
        mem_free(answers);
        mem_free(z);
        return status_no_memory(err, "the answers", j->n * sizeof *answers);
    }
    *d = (struct class_decision){.temperature = fit_temperature(j), .slope = 1};
    size_t n_none = 0;
    for (size_t i = 0; i < j->n; i++) {
        memcpy(z, j->z + i * j->n_out, j->n_out * sizeof *z);
        float probability;
        size_t best = class_decide(z, j->n_labels, j->n_out, d, &probability);
        size_t label = (size_t)j->labels[i];
        answers[i] = (struct answer){probability, best == label, label == j->n_labels};
        n_none += answers[i].is_none;
    }
    qsort(answers, j->n, sizeof *answers, by_probability);
    d->threshold = fit_threshold(answers, j->n, loss);
    fit_confidence(answers, j->n, d);
    judge(answers, j->n, n_none, d->threshold, score);
    mem_free(answers);
    mem_free(z);
    return INGLE_OK;
}
