#include "cli/worker_arg.h"

#include "cli/interrupt.h"

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
    start->session_threads = args->n_threads;
    INGLE_TRY(engine_n_threads(&start->session_threads, err));
    INGLE_TRY(engine_open_files(&f, args, start->vocab_only, err));
    start->tier = f.opt.tier;
    start->model_name = args->model;
    start->n_threads = args->n_threads;
    start->n_ctx = args->n_ctx;
    start->n_batch = args->n_batch;
    start->kv_type = args->kv_type;
    struct worker_files files = {.shards = f.files.fds,
                                 .n_shards = (int)f.files.n_fds,
                                 .packed = f.files.packed,
                                 .packed_new = f.files.packed_new};
    INGLE_TRY(settle(out, &f, worker_new(out, start, &files, err), err));
    interrupt_watch_worker(*out);
    return INGLE_OK;
}

void worker_arg_free(struct worker *w) {
    interrupt_watch_worker(NULL);
    worker_free(w);
}
