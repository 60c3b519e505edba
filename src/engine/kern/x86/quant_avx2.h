/* Floats to int8 with a scale a block, as act.h says, and to bf16: activations and the cache. */
#ifndef INGLE_ENGINE_KERN_X86_QUANT_AVX2_H
#define INGLE_ENGINE_KERN_X86_QUANT_AVX2_H

#include <float.h>
#include <math.h>

#include "engine/kern/act.h"
#include "engine/kern/x86/lanes_avx2.h"

/* The scale of a block of n values, and the factor that brings them to -127..127: 0 for a block
 * that is to be all zeros. */
static inline float block_scale(const float *x, int n, float *factor) {
    const __m256 most = _mm256_set1_ps(FLT_MAX);
    __m256 top = _mm256_setzero_ps(), fault = _mm256_setzero_ps();
    for (int i = 0; i < n; i += 8) {
        __m256 v = magnitude(_mm256_maskload_ps(x + i, lanes(n, i)));
        fault = _mm256_or_ps(fault, _mm256_cmp_ps(v, most, _CMP_NLE_UQ));
        top = _mm256_max_ps(top, v);
    }
    *factor = 0.0f;
    if (_mm256_movemask_ps(fault)) return NAN;
    float amax = max_lane(top);
    if (amax < KERN_ACT_TINY) return 0.0f;
    *factor = 127.0f / amax;
    return amax / 127.0f;
}

/* 8 values as int32, rounded to nearest even; 0 where the factor is, whatever the value. */
BASE_ALWAYS_INLINE __m256i quantise8(__m256 v, __m256 factor) {
    __m256 wanted = _mm256_cmp_ps(factor, _mm256_setzero_ps(), _CMP_NEQ_OQ);
    return _mm256_cvtps_epi32(_mm256_and_ps(_mm256_mul_ps(v, factor), wanted));
}

/* 32 values as int8. */
BASE_ALWAYS_INLINE __m256i quantise32(const float *x, float factor) {
    const __m256 factors = _mm256_set1_ps(factor);
    __m256i a = quantise8(_mm256_loadu_ps(x), factors);
    __m256i b = quantise8(_mm256_loadu_ps(x + 8), factors);
    __m256i c = quantise8(_mm256_loadu_ps(x + 16), factors);
    __m256i d = quantise8(_mm256_loadu_ps(x + 24), factors);
    __m256i bytes = _mm256_packs_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
    /* Packing went lane by lane: fours of a, b, c, d twice over. */
    return _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

/* 11 significant bits, to nearest even; a NaN stays as it is. */
BASE_ALWAYS_INLINE __m256 round_to_f16_bits(__m256 v) {
    __m256i bits = _mm256_castps_si256(v);
    __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 13), _mm256_set1_epi32(1));
    __m256i sum = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0xfff)));
    __m256i kept = _mm256_and_si256(sum, _mm256_set1_epi32((int)0xffffe000));
    return _mm256_blendv_ps(_mm256_castsi256_ps(kept), v, _mm256_cmp_ps(v, v, _CMP_UNORD_Q));
}

/* Round to nearest even; a NaN stays one, quiet. */
BASE_ALWAYS_INLINE __m128i to_bf16(__m256 v) {
    __m256i bits = _mm256_castps_si256(v), high = _mm256_srli_epi32(bits, 16);
    __m256i odd = _mm256_and_si256(high, _mm256_set1_epi32(1));
    __m256i rounded = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
    rounded = _mm256_srli_epi32(rounded, 16);
    __m256i quiet = _mm256_or_si256(high, _mm256_set1_epi32(64));
    __m256i is_nan = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q));
    __m256i halves = _mm256_blendv_epi8(rounded, quiet, is_nan);
    __m256i packed = _mm256_packus_epi32(halves, halves);
    return _mm256_castsi256_si128(_mm256_permute4x64_epi64(packed, 0x08));
}

#endif
