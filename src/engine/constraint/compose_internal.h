/* The places of a composed machine: what compose_parts.c makes of parts and compose.c runs. */
#ifndef INGLE_ENGINE_CONSTRAINT_COMPOSE_INTERNAL_H
#define INGLE_ENGINE_CONSTRAINT_COMPOSE_INTERNAL_H

#include "engine/constraint/compose.h"

#define COMPOSE_MAX_PLACES 65536
#define COMPOSE_NOWHERE UINT32_MAX

enum compose_step {
    COMPOSE_FREE,   /* to `to` and, if it is somewhere, to `other` */
    COMPOSE_INSIDE, /* to `to` behind a text of the machine */
    COMPOSE_END
};

struct compose_place {
    enum compose_step step;
    uint32_t machine; /* COMPOSE_INSIDE */
    uint32_t to, other;
    uint64_t left; /* bytes of a short way from here to the end */
};

struct compose_plan {
    struct machine **machines; /* owned */
    uint32_t n_machines;
    struct compose_place *places; /* owned */
    uint32_t n_places;
    uint32_t start;
};

void compose_plan_clear(struct compose_plan *plan);

/* Bytes until the machine accepts, by its own way to finish; at most COMPOSE_MAX_LEFT. */
#define COMPOSE_MAX_LEFT ((uint64_t)1 << 20)
uint64_t compose_left(struct machine *m, machine_state state);

/* Takes c in any case. */
BASE_NODISCARD ingle_status compose_plan_make(struct compose_plan *out, struct compose *c,
                                              compose_part root, ingle_error *err);

#endif
