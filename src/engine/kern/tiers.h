/* The one difference between builds for different processors: which tiers there are to install.
 * x86/tiers_x86.c, arm/tiers_arm.c and ref/tiers_none.c each define it; CMake takes one. */
#ifndef INGLE_ENGINE_KERN_TIERS_H
#define INGLE_ENGINE_KERN_TIERS_H

#include "engine/kern/ops.h"

/* Installs all tiers up to `tier`, lowest first. */
void kern_tiers_install(struct kern_ops *ops, enum cpu_tier tier);

#endif
