/* Operations on one row of floats: norm, gate, sum, rotation. */
#include <math.h>

#include "engine/kern/arm/exp_neon.h"
#include "engine/kern/arm/kern_arm.h"
#include "engine/kern/arm/lanes_neon.h"

static KERN_DECL_RMS_NORM(rms_norm) {
    float64x2_t even = vdupq_n_f64(0.0), odd = even;
    for (int i = 0; i < n; i += 4) {
        float32x4_t v = load_lanes(x + i, n - i);
        float64x2_t low = vcvt_f64_f32(vget_low_f32(v)), high = vcvt_high_f64_f32(v);
        even = vfmaq_f64(even, low, low);
        odd = vfmaq_f64(odd, high, high);
    }
    double mean = vaddvq_f64(vaddq_f64(even, odd)) / n;
    float32x4_t scale = vdupq_n_f32(1.0f / sqrtf((float)mean + eps));
    for (int i = 0; i < n; i += 4) {
        float32x4_t v = vmulq_f32(load_lanes(x + i, n - i), scale);
        store_lanes(y + i, vmulq_f32(v, load_lanes(w + i, n - i)), n - i);
    }
}

static KERN_DECL_SILU_MUL(silu_mul) {
    const float32x4_t one = vdupq_n_f32(1.0f);
    for (int i = 0; i < n; i += 4) {
        float32x4_t g = load_lanes(gate + i, n - i);
        float32x4_t silu = vdivq_f32(g, vaddq_f32(one, exp_neon(vnegq_f32(g))));
        store_lanes(y + i, vmulq_f32(silu, load_lanes(up + i, n - i)), n - i);
    }
}

static KERN_DECL_ADD(add) {
    for (int i = 0; i < n; i += 4) {
        store_lanes(y + i, vaddq_f32(load_lanes(y + i, n - i), load_lanes(x + i, n - i)), n - i);
    }
}

static KERN_DECL_EXP_SUM(exp_sum) {
    const float32x4_t factor = vdupq_n_f32(scale), offset = vdupq_n_f32(shift);
    float32x4_t sum = vdupq_n_f32(0.0f);
    for (int i = 0; i < n; i += 4) {
        float32x4_t v = exp_neon(vfmaq_f32(offset, load_lanes(x + i, n - i), factor));
        store_lanes(y + i, v, n - i);
        sum = vaddq_f32(sum, load_lanes(y + i, n - i)); /* lanes that do not exist add 0 */
    }
    return vaddvq_f32(sum);
}

static KERN_DECL_PEAKS(peaks) {
    for (int i = 0; i < n; i += group, peaks++) {
        int end = n - i < group ? n : i + group, k = i;
        float32x4_t top = vdupq_n_f32(-INFINITY);
        for (; k + 4 <= end; k += 4) top = vmaxnmq_f32(top, vld1q_f32(x + k));
        float best = vmaxnmvq_f32(top);
        for (; k < end; k++) best = x[k] > best ? x[k] : best;
        *peaks = best;
    }
}

/* Rotates 4 pairs (a, b), whose cosines and sines alternate at cs. */
static inline void rotate(float32x4_t *a, float32x4_t *b, float32x4x2_t cs) {
    float32x4_t c = cs.val[0], s = cs.val[1];
    float32x4_t turned = vfmsq_f32(vmulq_f32(*a, c), *b, s);
    *b = vfmaq_f32(vmulq_f32(*b, c), *a, s);
    *a = turned;
}

/* Up to 4 pairs (floats 2i and 2i + 1) at src, those that do not exist 0. */
static inline float32x4x2_t load_pairs(const float *src, int n) {
    if (n >= 4) return vld2q_f32(src);
    float eight[8] = {0};
    memcpy(eight, src, 2 * (size_t)n * sizeof *src);
    return vld2q_f32(eight);
}

/* Pairs side by side. */
static void rope_norm(float *x, const float *cs, int n_rot) {
    for (int i = 0; i < n_rot; i += 8) {
        int n = (n_rot - i) / 2;
        float32x4x2_t v = load_pairs(x + i, n);
        rotate(&v.val[0], &v.val[1], load_pairs(cs + i, n));
        if (n >= 4) {
            vst2q_f32(x + i, v);
        } else {
            float eight[8];
            vst2q_f32(eight, v);
            memcpy(x + i, eight, 2 * (size_t)n * sizeof *x);
        }
    }
}

/* Pairs half of n_rot apart. */
static void rope_neox(float *x, const float *cs, int n_rot) {
    int half = n_rot / 2;
    for (int i = 0; i < half; i += 4) {
        int n = half - i;
        float32x4_t a = load_lanes(x + i, n), b = load_lanes(x + half + i, n);
        rotate(&a, &b, load_pairs(cs + 2 * i, n));
        store_lanes(x + i, a, n);
        store_lanes(x + half + i, b, n);
    }
}

static KERN_DECL_ROPE(rope) {
    for (int h = 0; h < n_heads; h++, x += head_dim) {
        if (neox)
            rope_neox(x, cs, n_rot);
        else
            rope_norm(x, cs, n_rot);
    }
}

void kern_row_neon(struct kern_ops *ops) {
    ops->rms_norm = rms_norm;
    ops->silu_mul = silu_mul;
    ops->add = add;
    ops->exp_sum = exp_sum;
    ops->peaks = peaks;
    ops->rope = rope;
}
