/* Operations on one row of floats: norm, gate, sum, rotation. */
#include <math.h>

#include "engine/kern/x86/exp_avx512.h"
#include "engine/kern/x86/kern_x86.h"

/* Lanes that exist of the 16 at i. */
static inline __mmask16 lanes(int n, int i) {
    return n - i >= 16 ? (__mmask16)0xffff : (__mmask16)((1u << (n - i)) - 1);
}

static KERN_DECL_RMS_NORM(rms_norm) {
    __m512d even = _mm512_setzero_pd(), odd = _mm512_setzero_pd();
    for (int i = 0; i < n; i += 16) {
        __m512 v = _mm512_maskz_loadu_ps(lanes(n, i), x + i);
        __m512d low = _mm512_cvtps_pd(_mm512_castps512_ps256(v));
        __m512d high = _mm512_cvtps_pd(_mm512_extractf32x8_ps(v, 1));
        even = _mm512_fmadd_pd(low, low, even);
        odd = _mm512_fmadd_pd(high, high, odd);
    }
    double mean = _mm512_reduce_add_pd(_mm512_add_pd(even, odd)) / n;
    __m512 scale = _mm512_set1_ps(1.0f / sqrtf((float)mean + eps));
    for (int i = 0; i < n; i += 16) {
        __mmask16 m = lanes(n, i);
        __m512 v = _mm512_mul_ps(_mm512_maskz_loadu_ps(m, x + i), scale);
        _mm512_mask_storeu_ps(y + i, m, _mm512_mul_ps(v, _mm512_maskz_loadu_ps(m, w + i)));
    }
}

static KERN_DECL_SILU_MUL(silu_mul) {
    const __m512 one = _mm512_set1_ps(1.0f);
    for (int i = 0; i < n; i += 16) {
        __mmask16 m = lanes(n, i);
        __m512 g = _mm512_maskz_loadu_ps(m, gate + i);
        __m512 e = exp_avx512(_mm512_sub_ps(_mm512_setzero_ps(), g));
        __m512 silu = _mm512_div_ps(g, _mm512_add_ps(one, e));
        _mm512_mask_storeu_ps(y + i, m, _mm512_mul_ps(silu, _mm512_maskz_loadu_ps(m, up + i)));
    }
}

static KERN_DECL_ADD(add) {
    for (int i = 0; i < n; i += 16) {
        __mmask16 m = lanes(n, i);
        __m512 sum =
            _mm512_add_ps(_mm512_maskz_loadu_ps(m, y + i), _mm512_maskz_loadu_ps(m, x + i));
        _mm512_mask_storeu_ps(y + i, m, sum);
    }
}

static KERN_DECL_EXP_SUM(exp_sum) {
    const __m512 factor = _mm512_set1_ps(scale), offset = _mm512_set1_ps(shift);
    __m512 sum = _mm512_setzero_ps();
    for (int i = 0; i < n; i += 16) {
        __mmask16 m = lanes(n, i);
        __m512 v = exp_avx512(_mm512_fmadd_ps(_mm512_maskz_loadu_ps(m, x + i), factor, offset));
        _mm512_mask_storeu_ps(y + i, m, v);
        sum = _mm512_mask_add_ps(sum, m, sum, v);
    }
    return _mm512_reduce_add_ps(sum);
}

/* max(a, b) is b if one of them is NaN. */
static KERN_DECL_PEAKS(peaks) {
    const __m512 none = _mm512_set1_ps(-INFINITY);
    for (int i = 0; i < n; i += group, peaks++) {
        int end = n - i < group ? n : i + group;
        __m512 top = none;
        for (int k = i; k < end; k += 16) {
            __m512 v = _mm512_mask_loadu_ps(none, lanes(end, k), x + k);
            top = _mm512_max_ps(v, top);
        }
        *peaks = _mm512_reduce_max_ps(top);
    }
}

/* Pairs side by side: both lanes of a pair take its cos and its sin, and the partner's value. */
static void rope_norm(float *x, const float *cs, int n_rot) {
    for (int i = 0; i < n_rot; i += 16) {
        __mmask16 m = lanes(n_rot, i);
        __m512 angle = _mm512_maskz_loadu_ps(m, cs + i);
        __m512 v = _mm512_maskz_loadu_ps(m, x + i);
        __m512 cross = _mm512_mul_ps(_mm512_permute_ps(v, 0xb1), _mm512_movehdup_ps(angle));
        v = _mm512_fmaddsub_ps(v, _mm512_moveldup_ps(angle), cross);
        _mm512_mask_storeu_ps(x + i, m, v);
    }
}

static void rope_neox(float *x, const float *cs, int n_rot) {
    const __m512i evens =
        _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odds = _mm512_add_epi32(evens, _mm512_set1_epi32(1));
    int half = n_rot / 2;
    for (int i = 0; i < half; i += 16) {
        __mmask16 m = lanes(half, i);
        __m512 low = _mm512_maskz_loadu_ps(lanes(n_rot, 2 * i), cs + 2 * i);
        __m512 high = _mm512_setzero_ps();
        if (n_rot - 2 * i > 16) {
            high = _mm512_maskz_loadu_ps(lanes(n_rot, 2 * i + 16), cs + 2 * i + 16);
        }
        __m512 c = _mm512_permutex2var_ps(low, evens, high);
        __m512 s = _mm512_permutex2var_ps(low, odds, high);
        __m512 a = _mm512_maskz_loadu_ps(m, x + i);
        __m512 b = _mm512_maskz_loadu_ps(m, x + half + i);
        _mm512_mask_storeu_ps(x + i, m, _mm512_fmsub_ps(a, c, _mm512_mul_ps(b, s)));
        _mm512_mask_storeu_ps(x + half + i, m, _mm512_fmadd_ps(a, s, _mm512_mul_ps(b, c)));
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

void kern_row_avx512vnni(struct kern_ops *ops) {
    ops->rms_norm = rms_norm;
    ops->silu_mul = silu_mul;
    ops->add = add;
    ops->exp_sum = exp_sum;
    ops->peaks = peaks;
    ops->rope = rope;
}
