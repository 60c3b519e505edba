/* The steps of a confinement. */
#ifndef INGLE_GUARD_SEAL_SEAL_CONFINE_INTERNAL_H
#define INGLE_GUARD_SEAL_SEAL_CONFINE_INTERNAL_H

#include <limits.h>

#include "guard/seal/seal_confine.h"

/* ---- seal_places.c: what is left of the file system ---- */

struct seal_kept {
    char path[PATH_MAX]; /* absolute, as it was named */
    char real[PATH_MAX]; /* where that leads */
    enum seal_use use;
    bool is_first; /* of those with this real path */
    bool is_folder;
};

struct seal_kept_list {
    struct seal_kept *items; /* [n] what holds others before what is held */
    size_t n, cap;
    char here[PATH_MAX]; /* the current folder */
};

/* Those of the plan and of the program itself. *list is to be cleared in any case. */
BASE_NODISCARD ingle_status seal_places_list(struct seal_kept_list *list,
                                             const struct seal_confine_plan *plan,
                                             ingle_error *err);
void seal_places_clear(struct seal_kept_list *list);

/* ---- seal_root.c ---- */

/* Tries it in a child, with the namespaces of a worker in it: 0, or the errno of what fails. */
int seal_root_try(const struct seal_kept_list *list);
/* 0 or an errno; afterwards the process has capabilities in its user namespace. */
int seal_root_enter(const struct seal_kept_list *list);

/* ---- seal_rules.c: Landlock for a process that lives on ---- */

/* Without with_files only what does not forbid mounting. Fills out's fields of Landlock, and
 * files. */
BASE_NODISCARD ingle_status seal_rules(struct seal_confinement *out,
                                       const struct seal_kept_list *list, bool with_files,
                                       ingle_error *err);

/* ---- seal_doors.c ---- */

BASE_NODISCARD ingle_status seal_doors(ingle_error *err);

#endif
