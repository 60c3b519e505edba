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

#define KIND "prefixes"
#define MAX_CACHE ((size_t)256 << 20) /* of one model */
#define MAX_STORE ((uint64_t)1 << 30) /* of all models */

static ingle_status no_folder(ingle_error *err) {
    return status_set(err, INGLE_NOT_FOUND, 0,
                      "Nothing can be remembered: neither HOME nor XDG_CACHE_HOME and "
                      "XDG_STATE_HOME name folders.");
}

static ingle_status open_store(struct remember *r, ingle_error *err) {
    char keys[USER_DIR_CAP], snapshots[USER_DIR_CAP];
    if (!user_state_dir(keys, "/keys") || !user_cache_dir(snapshots, "/snapshots")) {
        return no_folder(err);
    }
    INGLE_TRY(vault_key_open_file(&r->key, keys, err));
    return snapshot_store_open(&r->store, snapshots, r->key, MAX_STORE, err);
}

/* The file by its place, so that a new version of it replaces what was kept of the old one; whether
 * that still fits, the snapshot itself tells. */
static ingle_status identify(struct remember *r, const struct engine_args *args,
                             const ingle_model *model, ingle_error *err) {
    char path[PATH_MAX];
    if (!realpath(args->model, path)) return status_errno(err, errno, "find", args->model);
    size_t cap = strlen(path) + 64;
    r->identity = mem_alloc(cap);
    if (!r->identity) return status_no_memory(err, "a path", cap);
    snprintf(r->identity, cap, "%s %d %.16s", path, args->kv_type,
             ingle_model_get_info(model).tier);
    return INGLE_OK;
}

static struct snapshot_id id_of(const struct remember *r) {
    return (struct snapshot_id){KIND, r->identity, strlen(r->identity)};
}

static ingle_status new_cache(struct remember *r, const ingle_model *model,
                              const struct engine_args *args, ingle_error *err) {
    ingle_prefix_cache_free(r->cache);
    ingle_prefix_cache_options opt = ingle_prefix_cache_options_default();
    opt.max_bytes = MAX_CACHE;
    opt.kv_type = (ingle_kv_type)args->kv_type;
    opt.n_ctx = args->n_ctx;
    return ingle_prefix_cache_new(&r->cache, model, &opt, err);
}

/* What is in the store, or why it is not used. */
static ingle_status read_store(struct remember *r, ingle_error *why) {
    struct sealed_reader *reader;
    struct snapshot_id id = id_of(r);
    INGLE_TRY(snapshot_store_read(&reader, r->store, &id, why));
    ingle_status status = ingle_prefix_cache_load(r->cache, sealed_read, reader, why);
    /* The reader knows better why it stopped; and only its end says that all was authentic. */
    ingle_error end;
    if (status == INGLE_OK || status == INGLE_FAILED || status == INGLE_INVALID) {
        ingle_status finished = sealed_reader_finish(reader, &end);
        if (finished != INGLE_OK) {
            status = finished;
            *why = end;
        }
    }
    sealed_reader_close(reader);
    return status;
}

static size_t n_ever(ingle_prefix_cache *cache) {
    ingle_prefix_cache_info info = ingle_prefix_cache_get_info(cache);
    return (size_t)(info.n_pages + info.n_evicted);
}

static ingle_status open_all(struct remember *r, const ingle_model *model,
                             const struct engine_args *args, ingle_error *err) {
    INGLE_TRY(open_store(r, err));
    INGLE_TRY(identify(r, args, model, err));
    INGLE_TRY(new_cache(r, model, args, err));
    ingle_error why;
    ingle_status status = read_store(r, &why);
    if (status == INGLE_NO_MEMORY) {
        if (err) *err = why;
        return status;
    }
    if (status != INGLE_OK && status != INGLE_NOT_FOUND) {
        snprintf(r->note, sizeof r->note, "%s", why.msg);
        INGLE_TRY(new_cache(r, model, args, err)); /* nothing of it counts */
    }
    r->n_entered = n_ever(r->cache);
    return INGLE_OK;
}

ingle_status remember_open(struct remember *r, const ingle_model *model,
                           const struct engine_args *args, ingle_error *err) {
    *r = (struct remember){0};
    ingle_status status = open_all(r, model, args, err);
    if (status != INGLE_OK) remember_close(r);
    return status;
}

ingle_status remember_keep(struct remember *r, ingle_session *session, ingle_error *err) {
    INGLE_TRY(ingle_session_remember(session, err));
    if (n_ever(r->cache) == r->n_entered) return INGLE_OK;
    struct sealed_writer *writer;
    struct snapshot_id id = id_of(r);
    INGLE_TRY(snapshot_store_write(&writer, r->store, &id, err));
    const char *unfinished = sealed_writer_unfinished(writer);
    interrupt_remove(unfinished);
    ingle_error why;
    ingle_status status = ingle_prefix_cache_save(r->cache, sealed_write, writer, &why);
    /* Where writing failed, the writer knows why. */
    if (status == INGLE_OK || status == INGLE_FAILED) {
        status = snapshot_store_commit(r->store, writer, err);
    } else {
        sealed_writer_abort(writer);
        if (err) *err = why;
    }
    interrupt_keep(unfinished);
    return status;
}

void remember_close(struct remember *r) {
    ingle_prefix_cache_free(r->cache);
    snapshot_store_close(r->store);
    vault_key_close(r->key);
    mem_free(r->identity);
    *r = (struct remember){0};
}
