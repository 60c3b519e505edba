/* How far two sets of logits are apart. Pure arithmetic. */
#ifndef INGLE_TESTS_ORACLE_MEASURE_H
#define INGLE_TESTS_ORACLE_MEASURE_H

#include <stddef.h>

/* |a - b| / |b| over all logits, in the Euclidean norm. A NaN in either gives infinity. */
double measure_relative(const float *a, const float *b, int n_rows, int n_vocab);

/* Kullback-Leibler divergence of the distribution q from p, in nats, over the rows. */
struct divergence {
    double sum, max;
    int n;      /* rows */
    int n_same; /* rows whose likeliest token is the same */
};
void measure_divergence(struct divergence *d, const float *p, const float *q, int n_rows,
                        int n_vocab);
double divergence_mean(const struct divergence *d);

/* Standard error of sum(a) / sum(b) over n models, each of which gave one a and one b: the models
 * are drawn independently, the positions in one are not. 0 for fewer than two. */
double measure_ratio_error(const double *a, const double *b, int n);

#endif
