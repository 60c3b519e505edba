#include "cli/notify_store.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "task/digest_clean.h"

void notify_store_clear(struct notify_store *s) {
    digest_batch_clear(&s->batch);
    s->n_dropped = s->n_withdrawn = 0;
}

/* A quarter goes: the oldest of low urgency, then of normal, then of all. The rest is copied, so
 * that the memory of what goes is given back. */
static ingle_status make_room(struct notify_store *s, ingle_error *err) {
    struct digest_batch kept = {0};
    bool *goes = mem_calloc(s->batch.n, sizeof *goes);
    if (!goes) return status_no_memory(err, "the notifications", s->batch.n);
    size_t n_go = 0;
    for (int urgency = INGLE_URGENCY_LOW; urgency <= INGLE_URGENCY_CRITICAL; urgency++) {
        for (size_t i = 0; i < s->batch.n && n_go < NOTIFY_MAX_KEPT / 4; i++) {
            if ((int)s->batch.items[i].urgency != urgency) continue;
            goes[i] = true;
            n_go++;
        }
    }
    ingle_status status = INGLE_OK;
    for (size_t i = 0; i < s->batch.n && status == INGLE_OK; i++) {
        if (goes[i]) continue;
        s->calls[kept.n] = s->calls[i];
        status = digest_batch_add(&kept, &s->batch.items[i], err);
    }
    mem_free(goes);
    digest_batch_clear(&s->batch);
    s->batch = kept;
    s->n_dropped += n_go;
    return status;
}

static char *beginning(const char *text) {
    size_t len = text ? strlen(text) : 0;
    return mem_strndup(text ? text : "", len < DIGEST_CLEAN_MAX ? len : DIGEST_CLEAN_MAX);
}

ingle_status notify_store_add(struct notify_store *s, const struct desktop_event *event,
                              int64_t time_s, ingle_error *err) {
    if (s->batch.n == NOTIFY_MAX_KEPT) INGLE_TRY(make_room(s, err));
    char replaces[16];
    snprintf(replaces, sizeof replaces, "%u", event->id);
    char *app = beginning(event->app), *title = beginning(event->title);
    char *body = beginning(event->body);
    ingle_notification item = {.app = app,
                               .title = title,
                               .body = body,
                               .time_s = time_s,
                               .replaces = event->id ? replaces : NULL,
                               .urgency = event->urgency};
    ingle_status status =
        app && title && body ? INGLE_OK : status_no_memory(err, "a notification", DIGEST_CLEAN_MAX);
    s->calls[s->batch.n] = event->call;
    if (status == INGLE_OK) status = digest_batch_add(&s->batch, &item, err);
    mem_free(app);
    mem_free(title);
    mem_free(body);
    return status;
}

ingle_status notify_store_name(struct notify_store *s, const struct desktop_event *event,
                               ingle_error *err) {
    for (size_t i = s->batch.n; i-- > 0 && i + NOTIFY_MAX_LATE >= s->batch.n;) {
        if (s->calls[i] != event->call || s->batch.items[i].id) continue;
        char id[16];
        int n = snprintf(id, sizeof id, "%u", event->id);
        s->batch.items[i].id = arena_copy(&s->batch.texts, id, (size_t)n);
        if (!s->batch.items[i].id) return status_no_memory(err, "the id", sizeof id);
        break;
    }
    return INGLE_OK;
}

void notify_store_withdraw(struct notify_store *s, const struct desktop_event *event) {
    char id[16];
    snprintf(id, sizeof id, "%u", event->id);
    size_t kept = 0;
    for (size_t i = 0; i < s->batch.n; i++) {
        const ingle_notification *item = &s->batch.items[i];
        if (item->id && strcmp(item->id, id) == 0) continue;
        if (item->replaces && strcmp(item->replaces, id) == 0) continue;
        s->calls[kept] = s->calls[i];
        s->batch.items[kept++] = *item;
    }
    s->n_withdrawn += s->batch.n - kept;
    s->batch.n = kept;
}
