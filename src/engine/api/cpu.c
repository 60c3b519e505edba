#include "ingle/cpu.h"

#include <string.h>

#include "engine/api/api.h"

ingle_cpu_info ingle_cpu_get_info(void) {
    const struct cpu_topology *t = cpu_topology();
    ingle_cpu_info info = {
        .n_cores = t->n_cores,
        .n_usable = t->n_usable,
        .n_physical = t->n_physical,
        .n_fast = t->n_fast,
        .n_threads = api_default_threads(t),
        .quota = t->quota,
        .l1d = t->l1d,
        .l2 = t->l2,
        .l3 = t->l3,
        .memory = t->memory,
        .tier = cpu_tier_name(cpu_tier_detect()),
    };
    _Static_assert(sizeof info.name == sizeof t->name, "copied whole");
    memcpy(info.name, t->name, sizeof info.name);
    return info;
}

const char *ingle_cpu_tier(size_t i, bool *available) {
    static const enum cpu_tier tiers[] = {
        CPU_TIER_REF,
#if defined(__x86_64__)
        CPU_TIER_AVX2,
        CPU_TIER_AVXVNNI,
        CPU_TIER_AVX512VNNI,
        CPU_TIER_AVX512BF16,
#elif defined(__aarch64__)
        CPU_TIER_NEON,
        CPU_TIER_DOTPROD,
        CPU_TIER_I8MM,
#endif
    };
    bool exists = i < sizeof tiers / sizeof *tiers;
    if (available) *available = exists && cpu_tier_available(tiers[i]);
    return exists ? cpu_tier_name(tiers[i]) : NULL;
}
