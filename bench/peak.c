#include "peak.h"

#include <string.h>

#define N_BYTES 256
#define N_FLOATS 64

/* What plain C reaches. Fixed trip counts and independent sums: a compiler can vectorise both. */
static uint64_t run_c_int8(uint32_t rounds) {
    static const int8_t ones[N_BYTES] = {1, 1, 1};
    int8_t a[N_BYTES];
    int32_t sum[N_BYTES] = {0};
    memcpy(a, ones, sizeof a);
    for (uint32_t r = 0; r < rounds; r++) {
        __asm__("" : : "r"(a) : "memory");
        for (int i = 0; i < N_BYTES; i++) sum[i] += a[i] * a[N_BYTES - 1 - i];
    }
    uint64_t all = 0;
    for (int i = 0; i < N_BYTES; i++) all += (uint32_t)sum[i];
    return all;
}

static uint64_t run_c_float(uint32_t rounds) {
    float sum[N_FLOATS] = {0}, a = 1.0f, b = 0.5f;
    for (uint32_t r = 0; r < rounds; r++) {
        __asm__("" : "+m"(a), "+m"(b));
        for (int i = 0; i < N_FLOATS; i++) sum[i] = sum[i] * b + a;
    }
    float all = 0;
    for (int i = 0; i < N_FLOATS; i++) all += sum[i];
    return (uint64_t)all;
}

static const struct peak c_int8 = {"plain C on bytes, no kernel's peak", 2 * N_BYTES, run_c_int8};
static const struct peak c_float = {"plain C on floats, no kernel's peak", 2 * N_FLOATS,
                                    run_c_float};

#ifdef BENCH_PEAK_X86
static const struct peak vpdpbusd = {"vpdpbusd, 512 bits", PEAK_VPDPBUSD_OPS, peak_run_vpdpbusd};
static const struct peak vdpbf16ps = {"vdpbf16ps, 512 bits", PEAK_VDPBF16PS_OPS,
                                      peak_run_vdpbf16ps};
static const struct peak vpmaddubsw = {"vpmaddubsw and vpaddw, 256 bits", PEAK_VPMADDUBSW_OPS,
                                       peak_run_vpmaddubsw};

static const struct peak fma512 = {"vfmadd, 512 bits", PEAK_FMA512_OPS, peak_run_fma512};
static const struct peak fma256 = {"vfmadd, 256 bits", PEAK_FMA256_OPS, peak_run_fma256};

const struct peak *peak_int8(const char *tier) {
    if (strncmp(tier, "avx512", 6) == 0) return &vpdpbusd;
    return strcmp(tier, "avx2") == 0 ? &vpmaddubsw : &c_int8;
}

const struct peak *peak_bf16(const char *tier) {
    return strcmp(tier, "avx512bf16") == 0 ? &vdpbf16ps : &c_float;
}

const struct peak *peak_float(const char *tier) {
    if (strncmp(tier, "avx512", 6) == 0) return &fma512;
    return strncmp(tier, "avx", 3) == 0 ? &fma256 : &c_float;
}
#else
const struct peak *peak_int8(const char *tier) {
    (void)tier;
    return &c_int8;
}

const struct peak *peak_bf16(const char *tier) {
    (void)tier;
    return &c_float;
}

const struct peak *peak_float(const char *tier) {
    (void)tier;
    return &c_float;
}
#endif
