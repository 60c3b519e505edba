/* Kernel tiers: a tier is a set of instruction-set extensions that is present whole, with the
 * operating system saving its registers, or not used at all. */
#ifndef INGLE_ENGINE_CPU_TIER_H
#define INGLE_ENGINE_CPU_TIER_H

#include <stdbool.h>

/* Per architecture, lowest first; ref exists everywhere. */
enum cpu_tier {
    CPU_TIER_REF,
    CPU_TIER_AVX2,       /* AVX2 FMA F16C BMI2 */
    CPU_TIER_AVXVNNI,    /* + AVX-VNNI */
    CPU_TIER_AVX512VNNI, /* AVX2 and AVX-512 F BW DQ VL VNNI, whether AVX-VNNI is there or not */
    CPU_TIER_AVX512BF16, /* + AVX-512 BF16 */
    CPU_TIER_NEON,       /* aarch64 base */
    CPU_TIER_DOTPROD,    /* ARMv8.2 dot product */
    CPU_TIER_I8MM,       /* ARMv8.6 int8 matrix multiply, BF16 */
    CPU_N_TIERS
};

const char *cpu_tier_name(enum cpu_tier tier);

/* True and *out set if name is a tier's ("avx2"). */
bool cpu_tier_parse(const char *name, enum cpu_tier *out);

/* True if this machine, and its operating system, can run the tier. */
bool cpu_tier_available(enum cpu_tier tier);

/* The highest available tier. Detection runs once; thread-safe. */
enum cpu_tier cpu_tier_detect(void);

#endif
