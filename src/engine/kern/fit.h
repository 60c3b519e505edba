/* Small numerical helpers of the quantisers: rounding into a range of levels, the largest value of
 * a block, and scales fitted by least squares. Every operation is rounded to float in the order
 * written, since the bytes of a file depend on it. */
#ifndef INGLE_ENGINE_KERN_FIT_H
#define INGLE_ENGINE_KERN_FIT_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/* Blocks whose largest magnitude is below this are zero. */
#define KERN_FIT_TINY 1e-15f

/* x rounded to nearest even and limited to low..high; NaN gives low. */
static inline int fit_level(float x, int low, int high) {
    const float big = 12582912.0f; /* 1.5 * 2^23: sums with it have no fraction bits */
    if (!(x > (float)low)) return low;
    if (x > (float)high) return high;
    return (int)((x + big) - big);
}

/* The value of largest magnitude, sign kept; the first of equals. */
static inline float fit_extreme(const float *x, int n) {
    float extreme = 0.0f;
    for (int i = 0; i < n; i++) {
        if (fabsf(x[i]) > fabsf(extreme)) extreme = x[i];
    }
    return extreme;
}

/* Scale s and levels l in -n_max..n_max - 1 that make sum x^2 (x - s*l)^2 small over 16 values.
 * The level fields hold l + n_max. Returns s. */
float kern_fit_symmetric(const float *x, int n_max, uint8_t *level);

/* The same, for Q3_K, improved level by level instead of by trying scales. */
float kern_fit_refined(const float *x, int n_max, uint8_t *level);

struct kern_fit_search {
    int n_max;   /* levels 0..n_max */
    float first; /* step k tries the scale (max - min) / (n_max + first + 0.1 k) */
    int n_steps;
    bool absolute; /* error by magnitude instead of by square */
};

/* Scale s and minimum -m <= 0 with x about s * level - m, error weighted by w. Returns s. */
float kern_fit_affine(const float *x, const float *w, int n, const struct kern_fit_search *search,
                      uint8_t *level, float *m);

/* Scale s with x about s * table[i] for 32 values, table being IQ4's; 0 for a tiny block. */
float kern_fit_iq4(const float *x);

/* The entry of IQ4's table nearest to x; of two equally near the upper. */
int kern_fit_iq4_index(float x);

#endif
