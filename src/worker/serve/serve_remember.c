/* MSG_RESTORE and MSG_REMEMBER: the prefix cache, from a snapshot and back into one. */
#include <string.h>
#include <unistd.h>

#include "worker/serve/serve.h"
#include "worker/wire/msg_remember.h"

/* ---- a snapshot that comes in parts ---- */

struct restoring {
    struct request *request; /* answers go to the part that came last */
    struct link_message message;
    struct msg_restore part;
    size_t at; /* bytes of the part that were taken */
};

static ingle_status read_part(struct restoring *s, const void *body, size_t size,
                              ingle_error *err) {
    s->at = 0;
    return wire_read(&s->part, sizeof s->part, msg_restore, body, size, s->request->arena, err);
}

/* What was taken is answered, and the next part waited for. A front that sends anything else
 * meanwhile is none. */
static bool next_part(struct restoring *s) {
    struct request *r = s->request;
    if (s->part.is_last) return false;
    serve_done(inbox_link(r->server->inbox), r->id, INGLE_OK, NULL, NULL);
    buf_clear(&s->message.body);
    inbox_next(r->server->inbox, r->slot->taker, &s->message);
    if (s->message.type != MSG_RESTORE) _exit(0);
    r->id = s->message.id;
    size_t n = s->message.body.size;
    return n >= MSG_ASKER_SIZE &&
           read_part(s, s->message.body.data + MSG_ASKER_SIZE, n - MSG_ASKER_SIZE, NULL) ==
               INGLE_OK &&
           !s->part.is_first;
}

static bool take(void *data, size_t size, void *user) {
    struct restoring *s = user;
    for (uint8_t *to = data; size > 0;) {
        if (s->at == s->part.bytes.len) {
            if (!next_part(s)) return false;
            continue;
        }
        size_t left = s->part.bytes.len - s->at, n = size < left ? size : left;
        memcpy(to, s->part.bytes.data + s->at, n);
        s->at += n;
        to += n;
        size -= n;
    }
    return true;
}

/* More than it needed was sent: some of it is somebody else's. */
static bool goes_on(struct restoring *s) {
    while (s->at == s->part.bytes.len && !s->part.is_last) {
        if (!next_part(s)) return true;
    }
    return s->at < s->part.bytes.len;
}

static size_t n_pages_ever(const struct server *s) {
    ingle_prefix_cache_info info = ingle_prefix_cache_get_info(s->prefix_cache);
    return (size_t)(info.n_pages + info.n_evicted);
}

static ingle_status need_cache(const struct server *s, ingle_error *err) {
    INGLE_TRY(serve_need_sole(s, err));
    if (s->prefix_cache) return INGLE_OK;
    return status_set(err, INGLE_REFUSED, 0, "This worker was started without a prefix cache.");
}

ingle_status serve_restore(struct request *r, ingle_error *err) {
    struct restoring s = {.request = r};
    INGLE_TRY(need_cache(r->server, err));
    INGLE_TRY(read_part(&s, r->body, r->size, err));
    if (!s.part.is_first) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "No snapshot has begun.");
    }
    ingle_status status = ingle_prefix_cache_load(r->server->prefix_cache, take, &s, err);
    if (status == INGLE_OK && goes_on(&s)) {
        status = status_set(err, INGLE_INVALID, 0, "The snapshot goes on after its end.");
    }
    buf_clear(&s.message.body);
    r->server->n_restored = n_pages_ever(r->server);
    return status;
}

/* ---- and one that is made ---- */

static bool put(const void *data, size_t size, void *user) {
    struct request *r = user;
    while (size > MESSAGE_MAX_ANSWER) {
        if (!serve_say_bytes(r, MSG_SNAPSHOT, data, MESSAGE_MAX_ANSWER)) return false;
        data = (const uint8_t *)data + MESSAGE_MAX_ANSWER;
        size -= MESSAGE_MAX_ANSWER;
    }
    return serve_say_bytes(r, MSG_SNAPSHOT, data, size);
}

ingle_status serve_remember(struct request *r, ingle_error *err) {
    struct server *s = r->server;
    INGLE_TRY(need_cache(s, err));
    INGLE_TRY(serve_need_session(r->slot, err));
    INGLE_TRY(ingle_session_remember(r->slot->session, err));
    struct msg_remembered told = {.is_new = n_pages_ever(s) != s->n_restored};
    INGLE_TRY(serve_result(r, msg_remembered, &told, err));
    return told.is_new ? ingle_prefix_cache_save(s->prefix_cache, put, r, err) : INGLE_OK;
}
