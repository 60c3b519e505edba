/* Rows whose length is no multiple of 8: loads and stores of the lanes that exist. */
#ifndef INGLE_ENGINE_KERN_X86_LANES_AVX2_H
#define INGLE_ENGINE_KERN_X86_LANES_AVX2_H

#include <immintrin.h>
#include <stdint.h>

#include "base/compiler.h"

/* Lanes that exist of the 8 at i. */
BASE_ALWAYS_INLINE __m256i lanes(int n, int i) {
    const __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n - i), index);
}

BASE_ALWAYS_INLINE float add_lanes(__m256 v) {
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

BASE_ALWAYS_INLINE float max_lane(__m256 v) {
    __m128 four = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

BASE_ALWAYS_INLINE __m256 magnitude(__m256 v) {
    return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), v);
}

#endif
