#include "worker/serve/clients.h"

#include "worker/serve/open.h"
#include "worker/serve/slots.h"

void clients_init(struct clients *c) {
    *c = (struct clients){0};
    pthread_mutex_init(&c->lock, NULL);
}

/* Memory is reserved only: what a client never fills is never taken. */
static ingle_status new_cache(ingle_prefix_cache **out, const struct server *s, ingle_error *err) {
    return open_prefix_cache(out, s, CLIENTS_MAX, err);
}

ingle_status clients_check(const struct server *s, ingle_error *err) {
    ingle_prefix_cache *cache = NULL;
    if (s->start.has_prefix_cache) INGLE_TRY(new_cache(&cache, s, err));
    ingle_prefix_cache_free(cache);
    return INGLE_OK;
}

/* ---- room ---- */

static void unlock_users(struct server *s, const ingle_prefix_cache *cache, const struct slot *but,
                         size_t n) {
    for (size_t i = 0; i < n; i++) {
        struct slot *other = &s->slots[i];
        if (other != but && other->cache == cache) pthread_mutex_unlock(&other->lock);
    }
}

/* Every slot that has the cache, held fast; false if one is serving. */
static bool lock_users(struct server *s, const ingle_prefix_cache *cache, const struct slot *but) {
    for (size_t i = 0; i < s->n_threads; i++) {
        struct slot *other = &s->slots[i];
        if (other == but || other->cache != cache) continue;
        if (pthread_mutex_trylock(&other->lock) == 0) continue;
        unlock_users(s, cache, but, i);
        return false;
    }
    return true;
}

/* Its cache goes to *gone: to wipe it may take a while, in which nobody is to wait. */
static bool take_away(struct server *s, struct client *client, const struct slot *asking,
                      ingle_prefix_cache **gone) {
    if (!lock_users(s, client->cache, asking)) return false;
    for (size_t i = 0; i < s->n_threads; i++) {
        struct slot *other = &s->slots[i];
        if (other == asking || other->cache != client->cache) continue;
        slot_forget(other);
        pthread_mutex_unlock(&other->lock);
    }
    *gone = client->cache;
    *client = (struct client){0};
    return true;
}

/* A free place: NULL while slots that serve have them all. */
static struct client *make_room(struct server *s, const struct slot *asking,
                                ingle_prefix_cache **gone) {
    struct clients *c = &s->clients;
    uint64_t before = UINT64_MAX;
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        if (!c->all[i].cache) return &c->all[i];
    }
    for (size_t tries = 0; tries < CLIENTS_MAX; tries++) {
        struct client *oldest = NULL;
        uint64_t after = tries == 0 ? 0 : before + 1;
        for (size_t i = 0; i < CLIENTS_MAX; i++) {
            struct client *one = &c->all[i];
            if (one->n_asked < after) continue;
            if (!oldest || one->n_asked < oldest->n_asked) oldest = one;
        }
        if (!oldest) return NULL;
        if (take_away(s, oldest, asking, gone)) return oldest;
        before = oldest->n_asked;
    }
    return NULL;
}

/* ---- finding ---- */

static ingle_status find(struct slot *slot, ingle_prefix_cache **gone, ingle_error *err) {
    struct server *s = slot->server;
    struct clients *c = &s->clients;
    struct client *mine = NULL;
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        if (c->all[i].cache && c->all[i].id == slot->client) mine = &c->all[i];
    }
    if (!mine) {
        mine = make_room(s, slot, gone);
        if (!mine) return INGLE_OK;
        INGLE_TRY(new_cache(&mine->cache, s, err));
        mine->id = slot->client;
    }
    mine->n_asked = ++c->n_asked;
    slot->cache = mine->cache;
    return INGLE_OK;
}

void clients_leave_cache(struct slot *slot) {
    pthread_mutex_lock(&slot->server->clients.lock);
    slot_forget(slot);
    pthread_mutex_unlock(&slot->server->clients.lock);
}

ingle_status clients_find_cache(struct slot *slot, ingle_error *err) {
    struct server *s = slot->server;
    if (!s->start.has_prefix_cache || s->start.n_slots == 0) return INGLE_OK;
    ingle_prefix_cache *gone = NULL;
    pthread_mutex_lock(&s->clients.lock);
    ingle_status status = find(slot, &gone, err);
    pthread_mutex_unlock(&s->clients.lock);
    ingle_prefix_cache_free(gone);
    return status;
}

ingle_prefix_cache_info clients_get_info(struct clients *c, size_t *n_clients) {
    ingle_prefix_cache_info all = {0};
    *n_clients = 0;
    pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        if (!c->all[i].cache) continue;
        ingle_prefix_cache_info one = ingle_prefix_cache_get_info(c->all[i].cache);
        ++*n_clients;
        all.bytes += one.bytes;
        all.max_bytes += one.max_bytes;
        all.n_pages += one.n_pages;
        all.n_tokens += one.n_tokens;
        all.n_evicted += one.n_evicted;
        all.n_prompts += one.n_prompts;
        all.n_hits += one.n_hits;
        all.n_asked += one.n_asked;
        all.n_reused += one.n_reused;
    }
    pthread_mutex_unlock(&c->lock);
    return all;
}
