/* The prefix caches of clients: one each, so that nobody learns from the time that an answer takes
 * what another one said. A few clients at most are remembered; the one that was not heard of for
 * the longest time makes room. */
#ifndef INGLE_WORKER_SERVE_CLIENTS_H
#define INGLE_WORKER_SERVE_CLIENTS_H

#include <pthread.h>

#include "base/status.h"
#include "ingle/prefix_cache.h"

#define CLIENTS_MAX 8

struct server;
struct slot;

struct clients {
    pthread_mutex_t lock; /* for all that follows, and for every slot's cache */
    struct client {
        ingle_prefix_cache *cache; /* NULL = a free place */
        uint64_t id;
        uint64_t n_asked; /* when it was last heard of, in requests */
    } all[CLIENTS_MAX];
    uint64_t n_asked;
};

void clients_init(struct clients *c);

/* BAD_ARGUMENT if what start says leaves no client a page. */
BASE_NODISCARD ingle_status clients_check(const struct server *s, ingle_error *err);

/* slot_forget(), of a slot that serves. */
void clients_leave_cache(struct slot *slot);

/* Sets slot->cache, of a slot that left the one before, to that of its client. It stays NULL where
 * the server has none, and while all are in use by slots that serve. */
BASE_NODISCARD ingle_status clients_find_cache(struct slot *slot, ingle_error *err);

/* What all of them hold together, and how many there are. */
ingle_prefix_cache_info clients_get_info(struct clients *c, size_t *n_clients);

#endif
