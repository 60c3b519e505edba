#include "engine/kern/tiers.h"

void kern_tiers_install(struct kern_ops *ops, enum cpu_tier tier) {
    (void)ops;
    (void)tier;
}
