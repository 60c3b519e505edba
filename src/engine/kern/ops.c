#include "engine/kern/ops.h"

#include <string.h>

#include "engine/kern/ref/ref.h"
#include "engine/kern/tiers.h"

/* The reference serves where a tier brings nothing of its own; it reads any layout. */
static void install_ref(struct kern_ops *ops) {
    ops->layout = (struct kern_layout){.rows = 16, .kb = 4};
    kern_act_ref(ops);
    kern_attn_ref(ops);
    kern_gemm_ref(ops);
    kern_row_ref(ops);
    kern_sgemm_ref(ops);
}

void kern_ops_init(struct kern_ops *ops, enum cpu_tier tier) {
    memset(ops, 0, sizeof *ops);
    ops->tier = tier;
    install_ref(ops);
    kern_tiers_install(ops, tier);
}
