#include "daemon/api/errand.h"

#include <string.h>

/* ---- what comes ---- */

static bool make_room(struct errand *e, size_t more) {
    if (e->n_items + more <= e->items_cap) return true;
    size_t cap = 2 * e->items_cap + more;
    struct msg_tokens_item *items = arena_array(e->call.arena, cap, sizeof *items);
    if (!items) return false;
    if (e->n_items > 0) memcpy(items, e->items, e->n_items * sizeof *items);
    e->items = items;
    e->items_cap = cap;
    return true;
}

static bool gather_tokens(struct errand *e, const void *body, size_t size) {
    struct msg_tokens m;
    struct arena *arena = e->call.arena;
    if (wire_read(&m, sizeof m, msg_tokens, body, size, arena, NULL) != INGLE_OK) return false;
    if (!make_room(e, m.n)) return false;
    for (size_t i = 0; i < m.n; i++) e->items[e->n_items++] = m.items[i];
    return true;
}

static bool on_answer(enum msg_type type, const void *body, size_t size, void *errand) {
    struct errand *e = errand;
    if (type == MSG_TEXT) return buf_add(&e->text, body, size);
    if (type == MSG_TOKENS) return gather_tokens(e, body, size);
    return true;
}

/* ---- the end ---- */

/* Too much came: what grows by doubling fails above half of what it may hold. */
static ingle_status too_much(const struct errand *e, ingle_error *err) {
    const struct arena *arena = e->call.arena;
    bool is_large = e->text.size > e->text.max / 2 || arena->total > arena->max / 2;
    if (!is_large) return status_no_memory(err, "the answer", e->text.size);
    return status_set(err, INGLE_BAD_ARGUMENT, 0, "The answer would be larger than %zu MiB.",
                      API_MAX_ANSWER >> 20);
}

static void on_done(ingle_status status, const ingle_error *err, const void *result, void *errand) {
    struct errand *e = errand;
    ingle_error why = {0};
    bool is_whole = !buf_failed(&e->text) && !e->call.arena->failed;
    ingle_status failed = is_whole ? INGLE_OK : too_much(e, &why);
    e->job = NULL;
    e->result = result;
    http_exchange_watch(e->call.x, NULL, NULL);
    struct buf text = e->text; /* e goes with the exchange, which end() may end */
    if (is_whole) {
        e->end(e, status, err);
    } else {
        e->end(e, failed, &why);
    }
    buf_clear(&text);
}

static void on_gone(struct http_exchange *x, void *errand) {
    struct errand *e = errand;
    (void)x;
    job_abandon(e->job);
    buf_clear(&e->text);
}

bool errand_start(struct api_call *c, const struct service_ask *ask, errand_fn end, void *user) {
    ingle_error err = {0};
    struct errand *e = arena_alloc(c->arena, sizeof *e);
    if (!e) {
        api_fail(c, INGLE_NO_MEMORY, NULL, NULL);
        return false;
    }
    *e = (struct errand){.call = *c, .end = end, .user = user};
    buf_init_secret(&e->text, API_MAX_ANSWER);
    struct service_ask full = *ask;
    full.asker.client = c->request->client;
    full.on_answer = on_answer;
    full.on_done = on_done;
    full.user = e;
    ingle_status status = service_ask(&e->job, c->api->service, &full, &err);
    if (status != INGLE_OK) {
        api_fail(c, status, &err, status == INGLE_NOT_FOUND ? "model" : NULL);
        return false;
    }
    http_exchange_watch(c->x, on_gone, e);
    return true;
}
