#include "cli/remember.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cli/interrupt.h"
#include "cli/user_dir.h"
#include "guard/vault/snapshot_store.h"
#include "guard/vault/vault_access.h"
#include "worker/wire/msg_remember.h"

#define KIND "prefixes"
#define MAX_STORE ((uint64_t)1 << 30) /* of all models */

static ingle_status no_folder(ingle_error *err) {
    return status_set(err, INGLE_NOT_FOUND, 0,
                      "Nothing can be remembered: neither HOME nor XDG_CACHE_HOME and "
                      "XDG_STATE_HOME name folders.");
}

static ingle_status open_store(struct remember *r, ingle_error *err) {
    char state[USER_DIR_CAP], keys[USER_DIR_CAP], snapshots[USER_DIR_CAP];
    if (!user_state_dir(state, "") || !user_state_dir(keys, "/keys") ||
        !user_cache_dir(snapshots, "/snapshots")) {
        return no_folder(err);
    }
    INGLE_TRY(vault_snapshot_key(&r->key, &(struct vault_where){state, keys}, err));
    return snapshot_store_open(&r->store, snapshots, r->key, MAX_STORE, err);
}

/* The file by its place, so that a new version of it replaces what was kept of the old one; whether
 * that still fits, the snapshot itself tells. */
static ingle_status identify(struct remember *r, const struct engine_args *args, ingle_error *err) {
    char path[PATH_MAX];
    if (!realpath(args->model, path)) return status_errno(err, errno, "find", args->model);
    size_t cap = strlen(path) + 64;
    r->identity = mem_alloc(cap);
    if (!r->identity) return status_no_memory(err, "a path", cap);
    snprintf(r->identity, cap, "%s %d %.16s", path, args->kv_type,
             worker_started(r->worker)->model.tier);
    return INGLE_OK;
}

static struct snapshot_id id_of(const struct remember *r) {
    return (struct snapshot_id){KIND, r->identity, strlen(r->identity)};
}

/* ---- from the store into the worker ---- */

static ingle_status send_part(struct remember *r, const struct buf *bytes, bool is_first,
                              bool is_last, ingle_error *err) {
    struct msg_restore m = {.is_first = is_first,
                            .is_last = is_last,
                            .bytes = {bytes->data ? bytes->data : "", bytes->size}};
    struct worker_ask ask = {.type = MSG_RESTORE, .visit = msg_restore, .request = &m};
    return worker_do(r->worker, &ask, err);
}

/* The next part; empty at the end, or if there is something wrong. */
static ingle_status read_part(struct sealed_reader *reader, struct buf *part, ingle_error *err) {
    uint8_t chunk[16384];
    size_t n = 0;
    bool has_more = true;
    buf_reset(part);
    while (has_more && part->size + sizeof chunk <= RESTORE_PART) {
        has_more = sealed_read_some(chunk, sizeof chunk, &n, reader) && n > 0;
        if (has_more && !buf_add(part, chunk, n)) {
            return status_no_memory(err, "a snapshot", part->size);
        }
    }
    explicit_bzero(chunk, sizeof chunk);
    return INGLE_OK;
}

/* A part is sent when it is known what comes after it: the last one only if all was authentic. */
static ingle_status send_snapshot(struct remember *r, struct sealed_reader *reader,
                                  ingle_error *err) {
    struct buf parts[2] = {{.max = RESTORE_PART, .is_secret = true},
                           {.max = RESTORE_PART, .is_secret = true}};
    ingle_status status = read_part(reader, &parts[0], err);
    bool is_last = false;
    for (size_t i = 0; status == INGLE_OK && !is_last; i++) {
        struct buf *now = &parts[i % 2], *next = &parts[(i + 1) % 2];
        ingle_error end;
        status = read_part(reader, next, err);
        is_last = next->size == 0;
        ingle_status finished = is_last ? sealed_reader_finish(reader, &end) : INGLE_OK;
        if (finished != INGLE_OK) buf_reset(now);
        if (status == INGLE_OK) status = send_part(r, now, i == 0, is_last, err);
        if (finished == INGLE_OK) continue;
        status = finished; /* the reader knows better what was wrong */
        if (err) *err = end;
    }
    buf_clear(&parts[0]);
    buf_clear(&parts[1]);
    return status;
}

/* What is in the store, or why it is not used. */
static ingle_status read_store(struct remember *r, ingle_error *why) {
    struct sealed_reader *reader;
    struct snapshot_id id = id_of(r);
    INGLE_TRY(snapshot_store_read(&reader, r->store, &id, why));
    ingle_status status = send_snapshot(r, reader, why);
    sealed_reader_close(reader);
    return status;
}

static ingle_status open_all(struct remember *r, const struct engine_args *args, ingle_error *err) {
    INGLE_TRY(open_store(r, err));
    INGLE_TRY(identify(r, args, err));
    ingle_error why;
    ingle_status status = read_store(r, &why);
    if (status == INGLE_NO_MEMORY || worker_is_dead(r->worker)) {
        if (err) *err = why;
        return status;
    }
    if (status != INGLE_OK && status != INGLE_NOT_FOUND) {
        snprintf(r->note, sizeof r->note, "%s", why.msg);
    }
    return INGLE_OK;
}

ingle_status remember_open(struct remember *r, struct worker *worker,
                           const struct engine_args *args, ingle_error *err) {
    *r = (struct remember){.worker = worker};
    ingle_status status = open_all(r, args, err);
    if (status != INGLE_OK) remember_close(r);
    return status;
}

/* ---- and back ---- */

static bool on_answer(enum msg_type type, const void *body, size_t size, void *user) {
    struct remember *r = user;
    if (type != MSG_SNAPSHOT || r->status != INGLE_OK) return false;
    if (!r->writer) {
        struct snapshot_id id = id_of(r);
        r->status = snapshot_store_write(&r->writer, r->store, &id, &r->error);
        if (r->status != INGLE_OK) return false;
        interrupt_remove(sealed_writer_unfinished(r->writer));
    }
    return sealed_write(body, size, r->writer);
}

ingle_status remember_keep(struct remember *r, ingle_error *err) {
    struct msg_remembered told;
    ingle_error why = {0};
    struct worker_ask ask = {.type = MSG_REMEMBER,
                             .visit = msg_empty,
                             .request = "",
                             .visit_result = msg_remembered,
                             .result = &told,
                             .result_size = sizeof told,
                             .on_answer = on_answer,
                             .user = r};
    ingle_status status = worker_do(r->worker, &ask, &why);
    if (r->status != INGLE_OK) {
        status = r->status;
        why = r->error;
    }
    const char *unfinished = r->writer ? sealed_writer_unfinished(r->writer) : NULL;
    if (r->writer && (status == INGLE_OK || status == INGLE_FAILED) && !worker_is_dead(r->worker)) {
        /* Where writing failed, the writer knows why. */
        status = snapshot_store_commit(r->store, r->writer, &why);
    } else {
        sealed_writer_abort(r->writer);
    }
    r->writer = NULL;
    if (unfinished) interrupt_keep(unfinished);
    if (status != INGLE_OK && err) *err = why;
    return status;
}

void remember_close(struct remember *r) {
    snapshot_store_close(r->store);
    vault_key_close(r->key);
    mem_free(r->identity);
    *r = (struct remember){0};
}
