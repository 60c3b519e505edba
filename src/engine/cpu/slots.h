/* The part of cpu_topology that tells processors apart. */
#ifndef INGLE_ENGINE_CPU_SLOTS_H
#define INGLE_ENGINE_CPU_SLOTS_H

#include "engine/cpu/topology.h"

/* Fills n_cores, n_slots, n_physical, n_fast and slots. */
void cpu_slots_read(struct cpu_topology *t, const char *root);

#endif
