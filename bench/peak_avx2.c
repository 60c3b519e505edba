/* Products of bytes without dot-product instructions: pairs to 16 bits, added up there. And of
 * floats. */
#include <immintrin.h>

#include "peak.h"

/* Written out: the sums shall stay in registers. */
#define EACH(from, n) _Pragma("GCC unroll 8") for (int i = from; i < (n); i++)

#define N_SUMS 8
#define N_FLOAT 12

uint64_t peak_run_vpmaddubsw(uint32_t rounds) {
    __m256i sum[N_SUMS], a = _mm256_set1_epi8(3), b = _mm256_set1_epi8(5);
    EACH(0, N_SUMS) sum[i] = _mm256_set1_epi16((short)i);
    for (uint32_t r = 0; r < rounds; r++) {
        EACH(0, N_SUMS) {
            __m256i product = _mm256_maddubs_epi16(a, b);
            __asm__("" : "+x"(product)); /* to be computed again */
            sum[i] = _mm256_add_epi16(sum[i], product);
            __asm__("" : "+x"(sum[i]), "+x"(a));
        }
    }
    EACH(1, N_SUMS) sum[0] = _mm256_xor_si256(sum[0], sum[i]);
    return (uint64_t)_mm256_extract_epi64(sum[0], 0);
}

uint64_t peak_run_fma256(uint32_t rounds) {
    __m256 sum[N_FLOAT], a = _mm256_set1_ps(0.5f), b = _mm256_set1_ps(1.0f);
    _Pragma("GCC unroll 12") for (int i = 0; i < N_FLOAT; i++) sum[i] = _mm256_set1_ps((float)i);
    for (uint32_t r = 0; r < rounds; r++) {
        _Pragma("GCC unroll 12") for (int i = 0; i < N_FLOAT; i++) {
            sum[i] = _mm256_fmadd_ps(sum[i], a, b);
            __asm__("" : "+x"(sum[i]));
        }
    }
    _Pragma("GCC unroll 12") for (int i = 1; i < N_FLOAT; i++) {
        sum[0] = _mm256_add_ps(sum[0], sum[i]);
    }
    return (uint64_t)_mm256_cvtss_f32(sum[0]);
}
