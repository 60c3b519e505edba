#include "cli/worker_arg.h"

#include <unistd.h>

#include "cli/audit_worker.h"
#include "cli/interrupt.h"
#include "cli/seal_here.h"
#include "cli/user_dir.h"
#include "worker/serve/worker_main.h"

ingle_status worker_arg_fill(struct worker_files *files, struct msg_start *start,
                             const struct engine_args *args, const struct model_files *model,
                             char crashes[USER_DIR_CAP], ingle_error *err) {
    *files = (struct worker_files){.packed = -1, .packed_new = -1, .on_death = audit_worker_death};
    if (model) {
        files->shards = model->fds;
        files->n_shards = (int)model->n_fds;
        files->packed = model->packed;
        files->packed_new = model->packed_new;
        files->crashes = user_state_dir(crashes, "/crashes") ? crashes : NULL;
    }
    start->model_name = args->model;
    start->n_threads = args->n_threads;
    start->n_ctx = args->n_ctx;
    start->n_batch = args->n_batch;
    start->kv_type = args->kv_type;
    start->unsealed = args->unsealed;
    if (!start->unsealed) return INGLE_OK;
    files->in_child = worker_main;
    return go_unsealed("a worker", err);
}

static ingle_status start_worker(struct worker **out, struct msg_start *start,
                                 const struct engine_args *args, const struct model_files *model,
                                 ingle_error *err) {
    char crashes[USER_DIR_CAP];
    struct worker_files files;
    INGLE_TRY(worker_arg_fill(&files, start, args, model, crashes, err));
    ingle_status status = worker_new(out, start, &files, err);
    audit_worker_start(*out, model, status);
    return status;
}

/* Once the worker has the files; *out is ended if it is of no use. */
static ingle_status settle(struct worker **out, struct engine_files *f, ingle_status status,
                           ingle_error *err) {
    if (status != INGLE_OK) {
        engine_settle_files(f, NULL);
        return status;
    }
    ingle_model_info info = worker_started(*out)->model;
    engine_settle_files(f, &info);
    status = worker_tell_cache(*out, &info, err);
    if (status == INGLE_OK) return INGLE_OK;
    worker_free(*out);
    *out = NULL;
    return status;
}

ingle_status worker_arg_new(struct worker **out, struct msg_start *start,
                            const struct engine_args *args, ingle_error *err) {
    *out = NULL;
    struct engine_files f;
    INGLE_TRY(engine_need_model(args, err));
    start->session_threads = args->n_threads;
    if (!start->vocab_only) INGLE_TRY(engine_n_threads(&start->session_threads, err));
    INGLE_TRY(engine_open_files(&f, args, start->vocab_only, err));
    start->tier = f.opt.tier;
    INGLE_TRY(settle(out, &f, start_worker(out, start, args, &f.files, err), err));
    interrupt_watch_worker(*out);
    return INGLE_OK;
}

ingle_status worker_arg_new_empty(struct worker **out, struct msg_start *start,
                                  const struct engine_args *args, ingle_error *err) {
    *out = NULL;
    INGLE_TRY(engine_tier(&start->tier, err));
    INGLE_TRY(start_worker(out, start, args, NULL, err));
    interrupt_watch_worker(*out);
    return INGLE_OK;
}

bool worker_arg_collect(enum msg_type type, const void *body, size_t size, void *user) {
    return type == MSG_TEXT && buf_add(user, body, size);
}

void worker_arg_free(struct worker *w) {
    interrupt_watch_worker(NULL);
    worker_free(w);
}
