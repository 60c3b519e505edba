/* Asking the processor what it has. One file per architecture (probe_<arch>.c); CMake takes one. */
#ifndef INGLE_ENGINE_CPU_PROBE_H
#define INGLE_ENGINE_CPU_PROBE_H

#include "engine/cpu/tier.h"

/* Sets available[tier] for each tier of this architecture whose instructions are all there and
 * whose registers the operating system saves. A tier is never set without those below it. */
void cpu_probe_tiers(bool available[CPU_N_TIERS]);

#endif
