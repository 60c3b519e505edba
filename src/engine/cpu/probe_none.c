#include "engine/cpu/probe.h"

void cpu_probe_tiers(bool available[CPU_N_TIERS]) {
    (void)available;
}
