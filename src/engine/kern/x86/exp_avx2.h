/* exp of 8 floats, to about 1 ulp on the whole range: 2^n times a polynomial on [-ln2/2, ln2/2]. */
#ifndef INGLE_ENGINE_KERN_X86_EXP_AVX2_H
#define INGLE_ENGINE_KERN_X86_EXP_AVX2_H

#include <immintrin.h>

#include "base/compiler.h"

/* 2^n for n in -126..127. */
BASE_ALWAYS_INLINE __m256 power_of_two(__m256i n) {
    __m256i exponent = _mm256_add_epi32(n, _mm256_set1_epi32(127));
    return _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23));
}

BASE_ALWAYS_INLINE __m256 exp_avx2(__m256 x) {
    /* Beyond these exp is 0 or infinite in float. NaN passes: it is the second operand. */
    x = _mm256_min_ps(_mm256_set1_ps(100.0f), _mm256_max_ps(_mm256_set1_ps(-110.0f), x));
    __m256 n = _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(1.44269504f)),
                               _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    /* ln 2 in two parts: the first has few enough bits that n times it is exact. */
    __m256 r = _mm256_fnmadd_ps(n, _mm256_set1_ps(0.693359375f), x);
    r = _mm256_fnmadd_ps(n, _mm256_set1_ps(-2.12194440e-4f), r);
    /* Taylor coefficients 1/7! ... 1: at |r| <= 0.347 the rest is below 1e-8. */
    __m256 p = _mm256_set1_ps(1.0f / 5040.0f);
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f / 720.0f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f / 120.0f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f / 24.0f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f / 6.0f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(0.5f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f));
    /* n is -159..144, further than one exponent field goes: two factors. */
    __m256i whole = _mm256_cvtps_epi32(n), first = _mm256_srai_epi32(whole, 1);
    p = _mm256_mul_ps(p, power_of_two(first));
    return _mm256_mul_ps(p, power_of_two(_mm256_sub_epi32(whole, first)));
}

#endif
