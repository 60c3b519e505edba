#include "engine/kern/x86/kern_x86.h"

void kern_tier_avx2(struct kern_ops *ops) {
    ops->layout = (struct kern_layout){.rows = 8, .kb = 4};
}
