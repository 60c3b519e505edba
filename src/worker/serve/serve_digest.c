/* MSG_DIGEST: a digest of notifications. */
#include <strings.h>

#include "task/digest_read.h"
#include "worker/serve/serve_task.h"
#include "worker/wire/msg_digest.h"

static bool is_wanted(const struct msg_digest *m, const char *app) {
    for (size_t i = 0; i < m->n_apps; i++) {
        if (app && strcasecmp(m->apps[i], app) == 0) return true;
    }
    return m->n_apps == 0;
}

/* Leaves out what is of other apps; returns how many these were. */
static size_t filter(struct digest_batch *batch, const struct msg_digest *m) {
    size_t kept = 0;
    for (size_t i = 0; i < batch->n; i++) {
        if (is_wanted(m, batch->items[i].app)) batch->items[kept++] = batch->items[i];
    }
    size_t n = batch->n - kept;
    batch->n = kept;
    return n;
}

static bool on_group(const ingle_digest_group *group, void *user) {
    return serve_say(user, MSG_GROUP, msg_group, group);
}

static ingle_status digest(struct request *r, const struct msg_digest *m,
                           const struct msg_found *batch, const ingle_notification *items,
                           ingle_error *err) {
    ingle_digest_options opt = ingle_digest_options_default();
    ingle_digest_result result = {0};
    bool is_empty = batch->n_bad > 0 && batch->n == 0 && batch->n_others == 0;
    (void)serve_say(r, MSG_FOUND, msg_found, batch);
    INGLE_TRY(serve_check_cancel(r, err));
    if (is_empty) return serve_result(r, msg_digested, &result, err);
    opt.now_s = m->now_s;
    opt.max_groups = m->max_groups;
    opt.on_group = on_group;
    opt.on_progress = serve_task_progress;
    opt.user = r;
    ingle_status status = ingle_digest(r->slot->tasks, items, batch->n, &opt, &result, err);
    return serve_end(r, status, msg_digested, &result, err);
}

static ingle_status digest_lines(struct request *r, const struct msg_digest *m, ingle_error *err) {
    struct digest_batch batch = {0};
    const char *name = m->lines_name ? m->lines_name : "the text";
    ingle_status status = digest_read(&batch, m->lines.data, m->lines.len, name, err);
    if (status == INGLE_OK) {
        struct msg_found told = {
            .n_others = filter(&batch, m), .n_bad = batch.n_bad, .first_bad = batch.first_bad};
        told.n = batch.n;
        status = digest(r, m, &told, batch.items, err);
    }
    digest_batch_clear(&batch);
    return status;
}

ingle_status serve_digest(struct request *r, ingle_error *err) {
    struct msg_digest m;
    INGLE_TRY(serve_task(r, &m, sizeof m, msg_digest, err));
    if (m.has_lines) return digest_lines(r, &m, err);
    struct msg_found told = {.n = m.n_items};
    return digest(r, &m, &told, m.items, err);
}
