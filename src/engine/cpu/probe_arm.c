/* aarch64: the kernel says in the auxiliary vector what programs may use. */
#include <sys/auxv.h>

#include "engine/cpu/probe.h"

#define HWCAP_DOT_PRODUCT (1ul << 20)  /* asimddp */
#define HWCAP2_INT8_MATMUL (1ul << 13) /* i8mm */
#define HWCAP2_BFLOAT16 (1ul << 14)    /* bf16 */

void cpu_probe_tiers(bool available[CPU_N_TIERS]) {
    unsigned long caps = getauxval(AT_HWCAP), caps2 = getauxval(AT_HWCAP2);
    available[CPU_TIER_NEON] = true;
    available[CPU_TIER_DOTPROD] = (caps & HWCAP_DOT_PRODUCT) != 0;
    available[CPU_TIER_I8MM] = available[CPU_TIER_DOTPROD] && (caps2 & HWCAP2_INT8_MATMUL) != 0 &&
                               (caps2 & HWCAP2_BFLOAT16) != 0;
}
