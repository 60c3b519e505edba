/* exp of 16 floats, to about 1 ulp on the whole range: 2^n times a polynomial on [-ln2/2, ln2/2].
 */
#ifndef INGLE_ENGINE_KERN_X86_EXP_AVX512_H
#define INGLE_ENGINE_KERN_X86_EXP_AVX512_H

#include <immintrin.h>

#include "base/compiler.h"

BASE_ALWAYS_INLINE __m512 exp_avx512(__m512 x) {
    /* Beyond these exp is 0 or infinite in float; the clamp keeps n within scalef's reach. NaN
     * passes: it is the second operand. */
    x = _mm512_min_ps(_mm512_set1_ps(100.0f), _mm512_max_ps(_mm512_set1_ps(-110.0f), x));
    __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504f)),
                                    _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    /* ln 2 in two parts: the first has few enough bits that n times it is exact. */
    __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375f), x);
    r = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.12194440e-4f), r);
    /* Taylor coefficients 1/7! ... 1: at |r| <= 0.347 the rest is below 1e-8. */
    __m512 p = _mm512_set1_ps(1.0f / 5040.0f);
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 720.0f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 120.0f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 24.0f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 6.0f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.5f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f));
    return _mm512_scalef_ps(p, n);
}

#endif
