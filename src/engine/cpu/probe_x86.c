/* x86-64: CPUID for the instructions, XGETBV for what the operating system saves (Intel SDM volume
 * 1, chapters 13 and 14). */
#include <cpuid.h>
#include <stdint.h>

#include "engine/cpu/probe.h"

#define BIT(n) (1u << (n))
#define XCR0_AVX 0x06u    /* SSE and upper halves of YMM */
#define XCR0_AVX512 0xe6u /* and mask registers, upper halves of ZMM, ZMM16..31 */

static bool has(uint32_t reg, uint32_t bits) {
    return (reg & bits) == bits;
}

static uint32_t read_xcr0(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

void cpu_probe_tiers(bool available[CPU_N_TIERS]) {
    uint32_t a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return;
    bool fma = has(c, BIT(12)), osxsave = has(c, BIT(27)), avx = has(c, BIT(28)),
         f16c = has(c, BIT(29));
    if (!osxsave || !avx) return;
    uint32_t xcr0 = read_xcr0();
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return;
    uint32_t n_subleaves = a;
    bool avx2 = has(b, BIT(5) | BIT(8)); /* and BMI2 */
    available[CPU_TIER_AVX2] = has(xcr0, XCR0_AVX) && avx2 && fma && f16c;
    bool f_dq_bw_vl = has(b, BIT(16) | BIT(17) | BIT(30) | BIT(31)), vnni = has(c, BIT(11));
    available[CPU_TIER_AVX512VNNI] =
        available[CPU_TIER_AVX2] && has(xcr0, XCR0_AVX512) && f_dq_bw_vl && vnni;
    if (n_subleaves < 1 || !__get_cpuid_count(7, 1, &a, &b, &c, &d)) return;
    available[CPU_TIER_AVXVNNI] = available[CPU_TIER_AVX2] && has(a, BIT(4));
    available[CPU_TIER_AVX512BF16] = available[CPU_TIER_AVX512VNNI] && has(a, BIT(5));
}
