/* The confinement of a process that must live on: one that owns sockets, opens models, keeps a
 * cache and a log, and starts sealed workers. It keeps what it named and what it holds open, and
 * nothing else of the machine:
 *
 *     files      a root folder of its own (user and mount namespace), in memory, with nothing in it
 *                but the places that are named, its program and the libraries of that; where the
 *                system has no such namespaces for its users, rules of Landlock; else all
 *                that its user can, and the report says so
 *     network    no socket can be made, connected, bound or made to listen any more: those that
 *                listen go on accepting (a filter of system calls)
 *     others     no signal but to what it started itself (Landlock's scope), no look into another
 *                process, no keys of the user's keyring, no capabilities
 *     programs   its own alone; nothing that it can write to can be run
 *
 * What it starts inherits all of it, and can still be sealed as ever (seal.h): the namespaces and
 * the empty root of a worker are made inside of these. */
#ifndef INGLE_GUARD_SEAL_SEAL_CONFINE_H
#define INGLE_GUARD_SEAL_SEAL_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define SEAL_MAX_PLACES 512

enum seal_use {
    SEAL_READ,
    SEAL_WRITE, /* a folder: files in it can be made, changed and removed, and not run */
    SEAL_RUN,   /* read and run */
    SEAL_DEVICE /* /dev/null */
};

/* A file, or a folder with all in it. Where links lead is found out once: whoever exchanges the
 * file later exchanges it for others only. One that is missing is left out. */
struct seal_place {
    const char *path;
    enum seal_use use;
};

struct seal_confine_plan {
    const struct seal_place *places; /* [n_places] besides what the program itself needs */
    size_t n_places;
    bool shows_memory; /* debuggers of the same user can look into it */
};

enum seal_files { SEAL_FILES_ALL, SEAL_FILES_RULES, SEAL_FILES_ROOT };

struct seal_confinement {
    enum seal_files files;
    int root_errno;        /* why it has no root folder of its own; 0 */
    size_t n_places;       /* that are left, counting the program's own, */
    size_t n_writable;     /* and of them those to write */
    int landlock_abi;      /* of the kernel; 0 = it has no Landlock */
    uint64_t landlock_net; /* rights that are taken away */
    uint64_t landlock_scope;
    bool hides_memory;
};

/* "its own root", "rules", "all". */
const char *seal_files_name(enum seal_files files);

/* Whether signals reach nobody but its own children. */
bool seal_keeps_signals(const struct seal_confinement *c);

/* For good. One thread only, which holds no descriptor of a folder (standard streams that are one
 * become /dev/null). FAILED: it must not go on. UNSUPPORTED where nothing of this can be had. The
 * current folder stays where it is, though it may be empty now. */
BASE_NODISCARD ingle_status seal_confine(struct seal_confinement *out,
                                         const struct seal_confine_plan *plan, ingle_error *err);

#endif
