/* Bringing activations into the forms that the matrix kernels read, and keys and values into the
 * cache. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "engine/kern/x86/kern_x86.h"
#include "engine/kern/x86/tiles_avx512.h"

static inline __m512 abs16(__m512 v) {
    return _mm512_castsi512_ps(
        _mm512_and_si512(_mm512_castps_si512(v), _mm512_set1_epi32(0x7fffffff)));
}

/* q = round to nearest even (factor * v) of 16 values; |factor * v| <= 127. */
static inline __m128i quantise16(__m512 v, __m512 factor) {
    return _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(_mm512_mul_ps(v, factor)));
}

/* True if a lane is NaN or infinite, given magnitudes. */
static inline bool has_fault(__m512 magnitude) {
    return _mm512_cmp_ps_mask(magnitude, _mm512_set1_ps(FLT_MAX), _CMP_NLE_UQ) != 0;
}

/* What act.h says of a block: its scale, and the factor that values are multiplied with. A fault
 * gets the factor 0 only through zeroed values: NaN times 0 is no integer. */
static inline float block_scale(float amax, bool fault, float *factor) {
    *factor = 0.0f;
    if (fault) return NAN;
    if (amax < KERN_ACT_TINY) return 0.0f;
    *factor = 127.0f / amax;
    return amax / 127.0f;
}

static inline int sum16(__m128i q) {
    return _mm512_reduce_add_epi32(_mm512_cvtepi8_epi32(q));
}

static KERN_DECL_ACT(act_f32) {
    memcpy(a->x + (size_t)t * (size_t)a->stride, x, (size_t)a->n_cols * sizeof *x);
}

/* 11 significant bits, to nearest even; a NaN stays as it is. */
static inline __m512 round_to_f16_bits(__m512 v) {
    __m512i bits = _mm512_castps_si512(v);
    __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 13), _mm512_set1_epi32(1));
    __m512i sum = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0xfff)));
    __m512i kept = _mm512_and_si512(sum, _mm512_set1_epi32((int)0xffffe000));
    __mmask16 is_nan = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
    return _mm512_mask_mov_ps(_mm512_castsi512_ps(kept), is_nan, v);
}

static KERN_DECL_ACT(act_f16) {
    float *to = a->x + (size_t)t * (size_t)a->stride;
    for (int i = 0; i < a->n_cols; i += 16) {
        int left = a->n_cols - i;
        __mmask16 m = left >= 16 ? (__mmask16)0xffff : (__mmask16)((1u << left) - 1);
        _mm512_mask_storeu_ps(to + i, m, round_to_f16_bits(_mm512_maskz_loadu_ps(m, x + i)));
    }
}

static KERN_DECL_ACT(act_q8_32) {
    size_t stride = (size_t)a->stride;
    int8_t *q = a->q + (size_t)t * stride;
    float *d = a->d + (size_t)t * (stride / 32);
    int32_t *nsum = a->nsum + (size_t)t * (stride / 32);
    for (int b = 0; b < a->n_cols / 32; b++, x += 32) {
        __m512 low = _mm512_loadu_ps(x), high = _mm512_loadu_ps(x + 16);
        bool fault = has_fault(abs16(low)) || has_fault(abs16(high));
        float amax = _mm512_reduce_max_ps(_mm512_max_ps(abs16(low), abs16(high)));
        float factor;
        d[b] = block_scale(amax, fault, &factor);
        if (fault) low = high = _mm512_setzero_ps();
        __m512 factors = _mm512_set1_ps(factor);
        __m128i first = quantise16(low, factors), second = quantise16(high, factors);
        _mm_storeu_si128((__m128i *)(void *)(q + 32 * b), first);
        _mm_storeu_si128((__m128i *)(void *)(q + 32 * b + 16), second);
        nsum[b] = -(sum16(first) + sum16(second));
    }
}

static KERN_DECL_ACT(act_q8_256) {
    size_t stride = (size_t)a->stride;
    int8_t *q = a->q + (size_t)t * stride;
    float *d = a->d + (size_t)t * (stride / 256);
    int32_t *nsum = a->nsum + (size_t)t * (stride / 16);
    int16_t *s16 = a->sum16 + (size_t)t * (stride / 16);
    int16_t *s32 = a->sum32 + (size_t)t * (stride / 32);
    for (int b = 0; b < a->n_cols / 256; b++, x += 256) {
        __m512 top = _mm512_setzero_ps();
        bool fault = false;
        for (int i = 0; i < 256; i += 16) {
            __m512 magnitude = abs16(_mm512_loadu_ps(x + i));
            fault |= has_fault(magnitude);
            top = _mm512_max_ps(magnitude, top);
        }
        float factor;
        d[b] = block_scale(_mm512_reduce_max_ps(top), fault, &factor);
        __mmask16 keep = fault ? 0 : 0xffff;
        for (int i = 0; i < 16; i++) {
            __m512 v = _mm512_maskz_loadu_ps(keep, x + 16 * i);
            __m128i sixteen = quantise16(v, _mm512_set1_ps(factor));
            _mm_storeu_si128((__m128i *)(void *)(q + 256 * b + 16 * i), sixteen);
            int sum = sum16(sixteen);
            nsum[16 * b + i] = -sum;
            s16[16 * b + i] = (int16_t)sum;
            if (i % 2) s32[8 * b + i / 2] = (int16_t)(s16[16 * b + i - 1] + sum);
        }
    }
}

void kern_act_avx512vnni(struct kern_ops *ops) {
    ops->act[KERN_ACT_F32] = act_f32;
    ops->act[KERN_ACT_F16] = act_f16;
    ops->act[KERN_ACT_Q8_32] = act_q8_32;
    ops->act[KERN_ACT_Q8_256] = act_q8_256;
}
