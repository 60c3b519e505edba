/* Loops that keep all operands in registers, so that nothing but the arithmetic units limits them:
 * what they reach is the machine's peak, against which bench/reach holds a prompt's speed. */
#ifndef INGLE_BENCH_PEAK_H
#define INGLE_BENCH_PEAK_H

#include <stdint.h>

struct peak {
    const char *name;                 /* of the instruction, for the table */
    double ops;                       /* a round; a multiplication and an addition are two */
    uint64_t (*run)(uint32_t rounds); /* what it returns only keeps the work alive */
};

/* The widest loop that a kernel tier (ingle_cpu_tier()) has instructions for. */
const struct peak *peak_int8(const char *tier);
const struct peak *peak_bf16(const char *tier);
const struct peak *peak_float(const char *tier);

/* x86 only; each in a file with its own flags. */
uint64_t peak_run_vpdpbusd(uint32_t rounds);
uint64_t peak_run_vdpbf16ps(uint32_t rounds);
uint64_t peak_run_vpmaddubsw(uint32_t rounds);
uint64_t peak_run_fma512(uint32_t rounds);
uint64_t peak_run_fma256(uint32_t rounds);

#define PEAK_VPDPBUSD_OPS (16 * 64 * 2) /* accumulators, products, operations */
#define PEAK_VDPBF16PS_OPS (24 * 32 * 2)
#define PEAK_VPMADDUBSW_OPS (8 * 32 * 2)
#define PEAK_FMA512_OPS (24 * 16 * 2)
#define PEAK_FMA256_OPS (12 * 8 * 2)

#endif
