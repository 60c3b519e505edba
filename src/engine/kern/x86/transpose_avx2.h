/* Squares of floats turned over, for sgemm. */
#ifndef INGLE_ENGINE_KERN_X86_TRANSPOSE_AVX2_H
#define INGLE_ENGINE_KERN_X86_TRANSPOSE_AVX2_H

#include <immintrin.h>
#include <stddef.h>

/* dst[j * dst_step + i] = src[i * src_step + j], i, j < 4. */
static inline void transpose_4x4(float *dst, size_t dst_step, const float *src, size_t src_step) {
    __m128 r0 = _mm_loadu_ps(src), r1 = _mm_loadu_ps(src + src_step);
    __m128 r2 = _mm_loadu_ps(src + 2 * src_step), r3 = _mm_loadu_ps(src + 3 * src_step);
    _MM_TRANSPOSE4_PS(r0, r1, r2, r3);
    _mm_storeu_ps(dst, r0);
    _mm_storeu_ps(dst + dst_step, r1);
    _mm_storeu_ps(dst + 2 * dst_step, r2);
    _mm_storeu_ps(dst + 3 * dst_step, r3);
}

/* Four floats of row r from column j on, and of row r + 4, side by side. */
static inline __m256 transpose_halves(const float *src, size_t src_step, size_t r, size_t j) {
    __m256 low = _mm256_castps128_ps256(_mm_loadu_ps(src + r * src_step + j));
    return _mm256_insertf128_ps(low, _mm_loadu_ps(src + (r + 4) * src_step + j), 1);
}

/* The same for i, j < 8. */
static inline void transpose_8x8(float *dst, size_t dst_step, const float *src, size_t src_step) {
    for (size_t j = 0; j < 8; j += 4) {
        __m256 r0 = transpose_halves(src, src_step, 0, j);
        __m256 r1 = transpose_halves(src, src_step, 1, j);
        __m256 r2 = transpose_halves(src, src_step, 2, j);
        __m256 r3 = transpose_halves(src, src_step, 3, j);
        __m256 low01 = _mm256_unpacklo_ps(r0, r1), high01 = _mm256_unpackhi_ps(r0, r1);
        __m256 low23 = _mm256_unpacklo_ps(r2, r3), high23 = _mm256_unpackhi_ps(r2, r3);
        float *to = dst + j * dst_step;
        _mm256_storeu_ps(to, _mm256_shuffle_ps(low01, low23, 0x44));
        _mm256_storeu_ps(to + dst_step, _mm256_shuffle_ps(low01, low23, 0xee));
        _mm256_storeu_ps(to + 2 * dst_step, _mm256_shuffle_ps(high01, high23, 0x44));
        _mm256_storeu_ps(to + 3 * dst_step, _mm256_shuffle_ps(high01, high23, 0xee));
    }
}

#endif
