#include "oracle/measure.h"

#include <math.h>

double measure_relative(const float *a, const float *b, int n_rows, int n_vocab) {
    double off = 0, squares = 0;
    for (size_t i = 0; i < (size_t)n_rows * (size_t)n_vocab; i++) {
        double diff = (double)a[i] - (double)b[i];
        off += diff * diff;
        squares += (double)b[i] * (double)b[i];
    }
    return isfinite(off) ? sqrt(off / squares) : INFINITY;
}

static int likeliest(const float *row, int n) {
    int best = 0;
    for (int i = 1; i < n; i++) {
        if (row[i] > row[best]) best = i;
    }
    return best;
}

/* log of the sum of exp(row[i]) */
static double log_total(const float *row, int n) {
    double top = (double)row[likeliest(row, n)], total = 0;
    for (int i = 0; i < n; i++) total += exp((double)row[i] - top);
    return top + log(total);
}

void measure_divergence(struct divergence *d, const float *p, const float *q, int n_rows,
                        int n_vocab) {
    for (int r = 0; r < n_rows; r++, p += n_vocab, q += n_vocab) {
        double log_p = log_total(p, n_vocab), log_q = log_total(q, n_vocab), kl = 0;
        for (int i = 0; i < n_vocab; i++) {
            double lp = (double)p[i] - log_p, lq = (double)q[i] - log_q;
            kl += exp(lp) * (lp - lq);
        }
        if (!isfinite(kl)) kl = INFINITY;
        d->sum += kl;
        if (kl > d->max) d->max = kl;
        d->n++;
        d->n_same += likeliest(p, n_vocab) == likeliest(q, n_vocab);
    }
}

double divergence_mean(const struct divergence *d) {
    return d->n ? d->sum / d->n : 0;
}

double measure_ratio_error(const double *a, const double *b, int n) {
    double sum_a = 0, sum_b = 0, squares = 0;
    for (int i = 0; i < n; i++) sum_a += a[i], sum_b += b[i];
    for (int i = 0; i < n; i++) {
        double off = a[i] - sum_a / sum_b * b[i];
        squares += off * off;
    }
    return n < 2 ? 0 : sqrt(squares * n / (n - 1)) / sum_b;
}
