#include "engine/kern/arm/kern_arm.h"
#include "engine/kern/tiers.h"

void kern_tiers_install(struct kern_ops *ops, enum cpu_tier tier) {
    if (tier < CPU_TIER_NEON) return;
    kern_tier_neon(ops);
    if (tier < CPU_TIER_DOTPROD) return;
    kern_tier_dotprod(ops);
    if (tier < CPU_TIER_I8MM) return;
    kern_tier_i8mm(ops);
}
