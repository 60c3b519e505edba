#include "engine/kern/tiers.h"
#include "engine/kern/x86/kern_x86.h"

void kern_tiers_install(struct kern_ops *ops, enum cpu_tier tier) {
    if (tier < CPU_TIER_AVX2) return;
    kern_tier_avx2(ops);
    if (tier == CPU_TIER_AVXVNNI) kern_tier_avxvnni(ops); /* no part of those above it */
    if (tier < CPU_TIER_AVX512VNNI) return;
    kern_tier_avx512vnni(ops);
    if (tier < CPU_TIER_AVX512BF16) return;
    kern_tier_avx512bf16(ops);
}
