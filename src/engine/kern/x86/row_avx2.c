/* Operations on one row of floats: norm, gate, sum, rotation. */
#include <math.h>

#include "engine/kern/x86/exp_avx2.h"
#include "engine/kern/x86/kern_x86.h"
#include "engine/kern/x86/lanes_avx2.h"

static KERN_DECL_RMS_NORM(rms_norm) {
    __m256d even = _mm256_setzero_pd(), odd = _mm256_setzero_pd();
    for (int i = 0; i < n; i += 8) {
        __m256 v = _mm256_maskload_ps(x + i, lanes(n, i));
        __m256d low = _mm256_cvtps_pd(_mm256_castps256_ps128(v));
        __m256d high = _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1));
        even = _mm256_fmadd_pd(low, low, even);
        odd = _mm256_fmadd_pd(high, high, odd);
    }
    __m256d all = _mm256_add_pd(even, odd);
    __m128d two = _mm_add_pd(_mm256_castpd256_pd128(all), _mm256_extractf128_pd(all, 1));
    double mean = _mm_cvtsd_f64(_mm_add_sd(two, _mm_unpackhi_pd(two, two))) / n;
    __m256 scale = _mm256_set1_ps(1.0f / sqrtf((float)mean + eps));
    for (int i = 0; i < n; i += 8) {
        __m256i m = lanes(n, i);
        __m256 v = _mm256_mul_ps(_mm256_maskload_ps(x + i, m), scale);
        _mm256_maskstore_ps(y + i, m, _mm256_mul_ps(v, _mm256_maskload_ps(w + i, m)));
    }
}

static KERN_DECL_SILU_MUL(silu_mul) {
    const __m256 one = _mm256_set1_ps(1.0f);
    for (int i = 0; i < n; i += 8) {
        __m256i m = lanes(n, i);
        __m256 g = _mm256_maskload_ps(gate + i, m);
        __m256 e = exp_avx2(_mm256_sub_ps(_mm256_setzero_ps(), g));
        __m256 silu = _mm256_div_ps(g, _mm256_add_ps(one, e));
        _mm256_maskstore_ps(y + i, m, _mm256_mul_ps(silu, _mm256_maskload_ps(up + i, m)));
    }
}

static KERN_DECL_ADD(add) {
    for (int i = 0; i < n; i += 8) {
        __m256i m = lanes(n, i);
        __m256 sum = _mm256_add_ps(_mm256_maskload_ps(y + i, m), _mm256_maskload_ps(x + i, m));
        _mm256_maskstore_ps(y + i, m, sum);
    }
}

static KERN_DECL_EXP_SUM(exp_sum) {
    const __m256 factor = _mm256_set1_ps(scale), offset = _mm256_set1_ps(shift);
    __m256 sum = _mm256_setzero_ps();
    for (int i = 0; i < n; i += 8) {
        __m256i m = lanes(n, i);
        __m256 v = exp_avx2(_mm256_fmadd_ps(_mm256_maskload_ps(x + i, m), factor, offset));
        _mm256_maskstore_ps(y + i, m, v);
        sum = _mm256_add_ps(sum, _mm256_and_ps(v, _mm256_castsi256_ps(m)));
    }
    return add_lanes(sum);
}

/* max(a, b) is b if one of them is NaN. */
static KERN_DECL_PEAKS(peaks) {
    const __m256 none = _mm256_set1_ps(-INFINITY);
    for (int i = 0; i < n; i += group, peaks++) {
        int end = n - i < group ? n : i + group;
        __m256 top = none;
        for (int k = i; k < end; k += 8) {
            __m256i m = lanes(end, k);
            __m256 v = _mm256_blendv_ps(none, _mm256_maskload_ps(x + k, m), _mm256_castsi256_ps(m));
            top = _mm256_max_ps(v, top);
        }
        *peaks = max_lane(top);
    }
}

/* Pairs side by side: both lanes of a pair take its cos and its sin, and the partner's value. */
static void rope_norm(float *x, const float *cs, int n_rot) {
    for (int i = 0; i < n_rot; i += 8) {
        __m256i m = lanes(n_rot, i);
        __m256 angle = _mm256_maskload_ps(cs + i, m);
        __m256 v = _mm256_maskload_ps(x + i, m);
        __m256 cross = _mm256_mul_ps(_mm256_permute_ps(v, 0xb1), _mm256_movehdup_ps(angle));
        v = _mm256_fmaddsub_ps(v, _mm256_moveldup_ps(angle), cross);
        _mm256_maskstore_ps(x + i, m, v);
    }
}

/* Every second of 16 floats, the lanes of the two shuffled back into order. */
BASE_ALWAYS_INLINE __m256 in_order(__m256 v) {
    return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(v), 0xd8));
}

static void rope_neox(float *x, const float *cs, int n_rot) {
    int half = n_rot / 2;
    for (int i = 0; i < half; i += 8) {
        __m256i m = lanes(half, i);
        __m256 low = _mm256_maskload_ps(cs + 2 * i, lanes(n_rot, 2 * i));
        __m256 high = _mm256_setzero_ps();
        if (n_rot - 2 * i > 8) {
            high = _mm256_maskload_ps(cs + 2 * i + 8, lanes(n_rot, 2 * i + 8));
        }
        __m256 c = in_order(_mm256_shuffle_ps(low, high, 0x88));
        __m256 s = in_order(_mm256_shuffle_ps(low, high, 0xdd));
        __m256 a = _mm256_maskload_ps(x + i, m), b = _mm256_maskload_ps(x + half + i, m);
        _mm256_maskstore_ps(x + i, m, _mm256_fmsub_ps(a, c, _mm256_mul_ps(b, s)));
        _mm256_maskstore_ps(x + half + i, m, _mm256_fmadd_ps(a, s, _mm256_mul_ps(b, c)));
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

void kern_row_avx2(struct kern_ops *ops) {
    ops->rms_norm = rms_norm;
    ops->silu_mul = silu_mul;
    ops->add = add;
    ops->exp_sum = exp_sum;
    ops->peaks = peaks;
    ops->rope = rope;
}
