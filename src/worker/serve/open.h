/* Opens, after the seal, what MSG_START names: model, packs, prefix cache, session. */
#ifndef INGLE_WORKER_SERVE_OPEN_H
#define INGLE_WORKER_SERVE_OPEN_H

#include "worker/serve/serve.h"

/* All that every request needs, and the first slot's session and tasks. */
BASE_NODISCARD ingle_status open_all(struct server *s, ingle_error *err);

/* For one of n_clients. */
BASE_NODISCARD ingle_status open_prefix_cache(ingle_prefix_cache **out, const struct server *s,
                                              size_t n_clients, ingle_error *err);

/* That of the first slot. Without slots it has the one cache that there is; with them each client's
 * is found when that one asks. */
BASE_NODISCARD ingle_status open_first_session(struct server *s, ingle_error *err);

/* What a slot has none of yet; a session is made with the slot's cache. */
BASE_NODISCARD ingle_status open_session(struct slot *slot, ingle_error *err);
BASE_NODISCARD ingle_status open_tasks(struct slot *slot, ingle_error *err);

#endif
