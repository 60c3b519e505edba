/* The steps of the seal, in the order in which they are taken. */
#ifndef INGLE_GUARD_SEAL_SEAL_INTERNAL_H
#define INGLE_GUARD_SEAL_SEAL_INTERNAL_H

#include "guard/seal/seal.h"

/* FAILED: "Cannot seal this process: <what>: <strerror>." */
BASE_NODISCARD ingle_status seal_failed(ingle_error *err, int errnum, const char *what);

/* ---- seal_process.c ---- */

BASE_NODISCARD ingle_status seal_one_thread(ingle_error *err);
/* To be called once more after credentials have changed, which can undo it. */
BASE_NODISCARD ingle_status seal_bind_to_parent(const struct seal_plan *plan, ingle_error *err);
BASE_NODISCARD ingle_status seal_limit(const struct seal_plan *plan, ingle_error *err);
BASE_NODISCARD ingle_status seal_drop_privileges(ingle_error *err);

/* ---- seal_descriptors.c ---- */

BASE_NODISCARD ingle_status seal_close_others(const struct seal_plan *plan, ingle_error *err);

/* ---- seal_namespaces.c: as many as there are, and what came of it ---- */

void seal_enter_namespaces(struct seal_report *out);

/* ---- seal_landlock.c ---- */

struct seal_rights {
    uint64_t fs, net, scope; /* as the kernel's struct landlock_ruleset_attr */
};
/* All that a kernel of this version can take away. */
struct seal_rights seal_landlock_rights(int abi);
BASE_NODISCARD ingle_status seal_landlock(struct seal_report *out, ingle_error *err);

/* ---- seal_filter.c ---- */

/* Compiles the list into out->program; and loads that. */
BASE_NODISCARD ingle_status seal_filter_compile(struct seal_report *out, bool has_terminal,
                                                ingle_error *err);
BASE_NODISCARD ingle_status seal_filter_load(const struct seal_program *program, ingle_error *err);

#endif
