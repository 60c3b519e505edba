/* Prompts across processes: a worker's prefix cache that is read from a sealed file before the
 * prompt and written back after the answer, so that a prompt which begins like an earlier one
 * starts at once. Only where the user asks for it: what is kept is a form of their words. */
#ifndef INGLE_CLI_REMEMBER_H
#define INGLE_CLI_REMEMBER_H

#include "cli/worker_arg.h"

#define REMEMBER_CACHE ((uint64_t)256 << 20) /* bytes of a worker's prefix cache */

struct remember {
    struct worker *worker; /* borrowed; it has a prefix cache */
    struct vault_key *key;
    struct snapshot_store *store;
    char *identity; /* of the model file and of what decides the bits of the cache */
    char note[240]; /* why what was kept could not be used; "" */

    struct sealed_writer *writer; /* of remember_keep(), */
    ingle_status status;          /* and how it could not be opened */
    ingle_error error;
};

/* With the user's key and store; makes both on first use. What is kept of another version of the
 * model's file, or damaged, is not used, and r->note says so. On failure nothing is open. */
BASE_NODISCARD ingle_status remember_open(struct remember *r, struct worker *worker,
                                          const struct engine_args *args, ingle_error *err);

/* Keeps what the worker's session holds, too, if that is new. */
BASE_NODISCARD ingle_status remember_keep(struct remember *r, ingle_error *err);

/* Zeroed is fine. */
void remember_close(struct remember *r);

#endif
