/* The dot products of 512 bits. Zen and Intel cores begin up to two a cycle, each of which takes
 * four to six: 16 and 24 sums at a time hide that. */
#include <immintrin.h>

#include "peak.h"

/* Written out: the sums shall stay in registers. */
#define EACH(from, n) _Pragma("GCC unroll 24") for (int i = from; i < (n); i++)

#define N_INT8 16
#define N_BF16 24
#define N_FLOAT 24

uint64_t peak_run_vpdpbusd(uint32_t rounds) {
    __m512i sum[N_INT8], a = _mm512_set1_epi8(3), b = _mm512_set1_epi8(5);
    EACH(0, N_INT8) sum[i] = _mm512_set1_epi32(i);
    for (uint32_t r = 0; r < rounds; r++) {
        EACH(0, N_INT8) {
            sum[i] = _mm512_dpbusd_epi32(sum[i], a, b);
            __asm__("" : "+v"(sum[i])); /* the next round may not be folded into this one */
        }
    }
    EACH(1, N_INT8) sum[0] = _mm512_xor_si512(sum[0], sum[i]);
    return (uint64_t)(uint32_t)_mm512_reduce_add_epi32(sum[0]);
}

uint64_t peak_run_vdpbf16ps(uint32_t rounds) {
    __m512 sum[N_BF16];
    __m512bh a = (__m512bh)_mm512_set1_epi16(0x3f80), b = a; /* 1.0 */
    EACH(0, N_BF16) sum[i] = _mm512_setzero_ps();
    for (uint32_t r = 0; r < rounds; r++) {
        EACH(0, N_BF16) {
            sum[i] = _mm512_dpbf16_ps(sum[i], a, b);
            __asm__("" : "+v"(sum[i]));
        }
    }
    EACH(1, N_BF16) sum[0] = _mm512_add_ps(sum[0], sum[i]);
    return (uint64_t)_mm512_reduce_add_ps(sum[0]);
}

uint64_t peak_run_fma512(uint32_t rounds) {
    __m512 sum[N_FLOAT], a = _mm512_set1_ps(0.5f), b = _mm512_set1_ps(1.0f);
    EACH(0, N_FLOAT) sum[i] = _mm512_set1_ps((float)i);
    for (uint32_t r = 0; r < rounds; r++) {
        EACH(0, N_FLOAT) {
            sum[i] = _mm512_fmadd_ps(sum[i], a, b);
            __asm__("" : "+v"(sum[i]));
        }
    }
    EACH(1, N_FLOAT) sum[0] = _mm512_add_ps(sum[0], sum[i]);
    return (uint64_t)_mm512_reduce_add_ps(sum[0]);
}
