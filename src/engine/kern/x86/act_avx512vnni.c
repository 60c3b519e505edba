/* Bringing activations into the forms that the matrix kernels read, and keys and values into the
 * cache. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "engine/kern/x86/kern_x86.h"
#include "engine/kern/x86/tiles_avx512.h"

#define SCALES 16 /* blocks whose scales are computed together */

/* The bits of |v|: as integers they compare like the magnitudes, infinity and NaN above all. */
static inline __m512i magnitude(const float *x) {
    return _mm512_and_si512(_mm512_loadu_si512(x), _mm512_set1_epi32(0x7fffffff));
}

/* op of neighbouring lanes: those of a, then those of b. */
#define FOLD(op, a, b)                                                                             \
    op(_mm512_permutex2var_epi32(a, even_lanes(), b), _mm512_permutex2var_epi32(a, odd_lanes(), b))

static inline __m512i even_lanes(void) {
    return _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
}

static inline __m512i odd_lanes(void) {
    return _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
}

/* What act.h says of 16 blocks with these largest magnitudes: their scales, and the factors that
 * values are multiplied with. Returns the blocks whose values must be taken for 0: NaN times 0 is
 * no integer. */
static inline __mmask16 block_scales(__m512i top, __m512 *d, __m512 *factor) {
    const __m512 full = _mm512_set1_ps(127.0f);
    __m512 amax = _mm512_castsi512_ps(top);
    __mmask16 fault = _mm512_cmpgt_epi32_mask(top, _mm512_castps_si512(_mm512_set1_ps(FLT_MAX)));
    __mmask16 normal = _mm512_cmp_ps_mask(amax, _mm512_set1_ps(KERN_ACT_TINY), _CMP_GE_OQ);
    normal = (__mmask16)(normal & ~fault);
    *factor = _mm512_maskz_div_ps(normal, full, amax);
    *d = _mm512_maskz_div_ps(normal, amax, full);
    *d = _mm512_mask_mov_ps(*d, fault, _mm512_set1_ps(NAN));
    return fault;
}

/* q = round to nearest even (factor * x) of 16 values; |factor * x| <= 127. */
static inline void quantise16(int8_t *q, const float *x, __mmask16 keep, float factor) {
    __m512 v = _mm512_mul_ps(_mm512_maskz_loadu_ps(keep, x), _mm512_set1_ps(factor));
    _mm_storeu_si128((__m128i *)(void *)q, _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(v)));
}

/* Sums of four of 64 int8, of which those off in m are 0. */
static inline __m512i sums4(const int8_t *q, __mmask64 m) {
    const __m512i ones = _mm512_set1_epi8(1);
    return _mm512_dpbusd_epi32(_mm512_setzero_si512(), ones, _mm512_maskz_loadu_epi8(m, q));
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

/* The largest magnitude of each of n <= 16 blocks of 32, 0 for the others. */
static inline __m512i tops32(const float *x, int n) {
    __m512i top[SCALES];
#pragma GCC unroll 16
    for (int i = 0; i < SCALES; i++) {
        top[i] = i < n ? _mm512_max_epi32(magnitude(x + 32 * i), magnitude(x + 32 * i + 16))
                       : _mm512_setzero_si512();
    }
#pragma GCC unroll 4
    for (int left = SCALES / 2; left >= 1; left /= 2) {
#pragma GCC unroll 8
        for (int i = 0; i < left; i++) {
            top[i] = FOLD(_mm512_max_epi32, top[2 * i], top[2 * i + 1]);
        }
    }
    return top[0];
}

/* The sums of 16 blocks of 32 int8, of which n exist. */
static inline __m512i sums32(const int8_t *q, int n) {
    __m512i sum[SCALES / 2];
#pragma GCC unroll 8
    for (int i = 0; i < SCALES / 2; i++) {
        int left = n - 2 * i;
        sum[i] = _mm512_setzero_si512();
        if (left > 0) sum[i] = sums4(q + 64 * i, left > 1 ? ~(__mmask64)0 : 0xffffffff);
    }
#pragma GCC unroll 3
    for (int left = SCALES / 4; left >= 1; left /= 2) {
#pragma GCC unroll 4
        for (int i = 0; i < left; i++) {
            sum[i] = FOLD(_mm512_add_epi32, sum[2 * i], sum[2 * i + 1]);
        }
    }
    return sum[0];
}

static KERN_DECL_ACT(act_q8_32) {
    size_t stride = (size_t)a->stride;
    int8_t *q = a->q + (size_t)t * stride;
    float *d = a->d + (size_t)t * (stride / 32);
    int32_t *nsum = a->nsum + (size_t)t * (stride / 32);
    int left = a->n_cols / 32;
    for (; left > 0; left -= SCALES, x += 32 * SCALES, q += 32 * SCALES) {
        int n = left < SCALES ? left : SCALES;
        __mmask16 exist = (__mmask16)((1u << n) - 1);
        __m512 scales, factors;
        __mmask16 fault = block_scales(tops32(x, n), &scales, &factors);
        float factor[SCALES];
        _mm512_storeu_ps(factor, factors);
        _mm512_mask_storeu_ps(d, exist, scales);
        for (int i = 0; i < n; i++) {
            __mmask16 keep = fault >> i & 1 ? 0 : 0xffff;
            quantise16(q + 32 * i, x + 32 * i, keep, factor[i]);
            quantise16(q + 32 * i + 16, x + 32 * i + 16, keep, factor[i]);
        }
        __m512i minus = _mm512_sub_epi32(_mm512_setzero_si512(), sums32(q, n));
        _mm512_mask_storeu_epi32(nsum, exist, minus);
        d += SCALES;
        nsum += SCALES;
    }
}

/* The sums of 16 int8 each, of 256. */
static inline __m512i sums16(const int8_t *q) {
    const __mmask64 all = ~(__mmask64)0;
    __m512i first = FOLD(_mm512_add_epi32, sums4(q, all), sums4(q + 64, all));
    __m512i second = FOLD(_mm512_add_epi32, sums4(q + 128, all), sums4(q + 192, all));
    return FOLD(_mm512_add_epi32, first, second);
}

static KERN_DECL_ACT(act_q8_256) {
    size_t stride = (size_t)a->stride;
    int8_t *q = a->q + (size_t)t * stride;
    float *d = a->d + (size_t)t * (stride / 256);
    int32_t *nsum = a->nsum + (size_t)t * (stride / 16);
    int16_t *s16 = a->sum16 + (size_t)t * (stride / 16);
    int16_t *s32 = a->sum32 + (size_t)t * (stride / 32);
    int n_blocks = a->n_cols / 256;
    for (int b = 0; b < n_blocks; b++, x += 256) {
        __m512i top = magnitude(x);
        for (int i = 16; i < 256; i += 16) top = _mm512_max_epi32(top, magnitude(x + i));
        __m512 scale, factor;
        top = _mm512_set1_epi32(_mm512_reduce_max_epi32(top));
        __mmask16 keep = (__mmask16)~block_scales(top, &scale, &factor);
        d[b] = _mm512_cvtss_f32(scale);
        for (int i = 0; i < 256; i += 16) {
            quantise16(q + 256 * b + i, x + i, keep, _mm512_cvtss_f32(factor));
        }
    }
    /* Afterwards: a load of 64 bytes would have to wait for stores of 16. */
    for (int b = 0; b < n_blocks; b++) {
        __m512i sums = sums16(q + 256 * b);
        _mm512_storeu_si512(nsum + 16 * b, _mm512_sub_epi32(_mm512_setzero_si512(), sums));
        __m256i words = _mm512_cvtepi32_epi16(sums);
        _mm256_storeu_si256((__m256i *)(void *)(s16 + 16 * b), words);
        __m256i pairs = _mm256_madd_epi16(words, _mm256_set1_epi16(1));
        _mm_storeu_si128((__m128i *)(void *)(s32 + 8 * b), _mm256_cvtepi32_epi16(pairs));
    }
}

void kern_act_avx512vnni(struct kern_ops *ops) {
    ops->act[KERN_ACT_F32] = act_f32;
    ops->act[KERN_ACT_F16] = act_f16;
    ops->act[KERN_ACT_Q8_32] = act_q8_32;
    ops->act[KERN_ACT_Q8_256] = act_q8_256;
}
