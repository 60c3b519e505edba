/* Sums over a row, in a fixed number of lanes: an order that compilers can vectorise. */
#ifndef INGLE_LEARN_NN_ROWS_H
#define INGLE_LEARN_NN_ROWS_H

#define NN_LANES 16

static inline float nn_sum_lanes(const float *lanes) {
    float sum = 0.0f;
    for (int i = 0; i < NN_LANES; i++) sum += lanes[i];
    return sum;
}

static inline float nn_dot(const float *a, const float *b, int n) {
    float lanes[NN_LANES] = {0}, rest = 0.0f;
    int i = 0;
    for (; i + NN_LANES <= n; i += NN_LANES) {
        for (int k = 0; k < NN_LANES; k++) lanes[k] += a[i + k] * b[i + k];
    }
    for (; i < n; i++) rest += a[i] * b[i];
    return rest + nn_sum_lanes(lanes);
}

#endif
