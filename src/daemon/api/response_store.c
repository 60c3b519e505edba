#include "daemon/api/response_store.h"

#include <string.h>

#include "base/alloc.h"

static void free_one(struct stored_response *r) {
    arena_clear(&r->arena);
    mem_free(r);
}

void response_store_remove(struct response_store *s, struct stored_response *r) {
    struct stored_response **at = &s->newest;
    while (*at && *at != r) at = &(*at)->next;
    if (!*at) return;
    *at = r->next;
    free_one(r);
}

void response_store_clear(struct response_store *s) {
    while (s->newest) response_store_remove(s, s->newest);
}

/* Drops what has ended, the oldest first, until there is room beside `keep`. False: there is none,
 * because of what still runs. */
static bool make_room(struct response_store *s, const struct stored_response *keep) {
    for (;;) {
        struct stored_response *oldest = NULL;
        size_t n = 0, size = 0;
        for (struct stored_response *r = s->newest; r; r = r->next) {
            if (r != keep && !r->turn) oldest = r;
            n++;
            size += r->arena.total;
        }
        if (n <= RESPONSE_STORE_MAX && size <= RESPONSE_STORE_BYTES) return true;
        if (!oldest) return size <= RESPONSE_STORE_BYTES;
        response_store_remove(s, oldest);
    }
}

struct stored_response *response_store_add(struct response_store *s, uint64_t client,
                                           const char *id) {
    struct stored_response *r = mem_calloc(1, sizeof *r);
    if (!r) return NULL;
    r->client = client;
    arena_init_secret(&r->arena, RESPONSE_STORE_BYTES);
    r->id = arena_copy(&r->arena, id, strlen(id));
    if (!r->id) {
        free_one(r);
        return NULL;
    }
    r->next = s->newest;
    s->newest = r;
    (void)make_room(s, r); /* its size is seen when it is settled */
    return r;
}

bool response_store_settle(struct response_store *s, struct stored_response *r) {
    if (!r->arena.failed && make_room(s, r)) return true;
    response_store_remove(s, r);
    return false;
}

struct stored_response *response_store_find(struct response_store *s, uint64_t client,
                                            const char *id) {
    struct stored_response *r = s->newest;
    while (r && (r->client != client || strcmp(r->id, id) != 0)) r = r->next;
    return r;
}

const struct response_item *response_store_find_item(struct response_store *s, uint64_t client,
                                                     const char *id) {
    for (struct stored_response *r = s->newest; r; r = r->next) {
        for (size_t i = 0; r->client == client && i < r->n_items; i++) {
            if (strcmp(r->items[i].id, id) == 0) return &r->items[i];
        }
    }
    return NULL;
}
