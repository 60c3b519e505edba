/* Prompts across processes: a prefix cache that is read from a sealed file before the prompt and
 * written back after the answer, so that a prompt which begins like an earlier one starts at once.
 * Only where the user asks for it: what is kept is a form of their words. */
#ifndef INGLE_CLI_REMEMBER_H
#define INGLE_CLI_REMEMBER_H

#include "cli/engine_arg.h"

struct remember {
    struct vault_key *key;
    struct snapshot_store *store;
    ingle_prefix_cache *cache;
    char *identity;   /* of the model file and of what decides the bits of the cache */
    char note[240];   /* why what was kept could not be used; "" */
    size_t n_entered; /* pages ever in the cache when it was read: more mean there is news */
};

/* With the user's key and store; makes both on first use. What is kept of another version of the
 * model's file, or damaged, is not used, and r->note says so. On failure nothing is open. */
BASE_NODISCARD ingle_status remember_open(struct remember *r, const ingle_model *model,
                                          const struct engine_args *args, ingle_error *err);

/* Keeps what the session holds, too, if that is new. */
BASE_NODISCARD ingle_status remember_keep(struct remember *r, ingle_session *session,
                                          ingle_error *err);

/* The sessions of the cache must be gone. Zeroed is fine. */
void remember_close(struct remember *r);

#endif
