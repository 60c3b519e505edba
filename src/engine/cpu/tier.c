#include "engine/cpu/tier.h"

#include <pthread.h>
#include <string.h>

#include "engine/cpu/probe.h"

static const char *const names[CPU_N_TIERS] = {
    [CPU_TIER_REF] = "ref",
    [CPU_TIER_AVX2] = "avx2",
    [CPU_TIER_AVXVNNI] = "avxvnni",
    [CPU_TIER_AVX512VNNI] = "avx512vnni",
    [CPU_TIER_AVX512BF16] = "avx512bf16",
    [CPU_TIER_NEON] = "neon",
    [CPU_TIER_DOTPROD] = "dotprod",
    [CPU_TIER_I8MM] = "i8mm",
};

/* Set once, under detect_once. */
static pthread_once_t detect_once = PTHREAD_ONCE_INIT;
static bool available[CPU_N_TIERS];

static void detect(void) {
    available[CPU_TIER_REF] = true;
    cpu_probe_tiers(available);
}

const char *cpu_tier_name(enum cpu_tier tier) {
    return names[tier];
}

bool cpu_tier_parse(const char *name, enum cpu_tier *out) {
    for (int tier = 0; tier < CPU_N_TIERS; tier++) {
        if (strcmp(name, names[tier]) == 0) {
            *out = (enum cpu_tier)tier;
            return true;
        }
    }
    return false;
}

bool cpu_tier_available(enum cpu_tier tier) {
    (void)pthread_once(&detect_once, detect);
    return available[tier];
}

enum cpu_tier cpu_tier_detect(void) {
    int best = CPU_N_TIERS - 1;
    while (!cpu_tier_available((enum cpu_tier)best)) best--;
    return (enum cpu_tier)best;
}
