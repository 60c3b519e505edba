#include "cli/worker_arg.h"

#include <fcntl.h>
#include <unistd.h>

#include "cli/interrupt.h"

ingle_status worker_arg_new(struct worker **out, struct msg_start *start,
                            const struct engine_args *args, ingle_error *err) {
    *out = NULL;
    INGLE_TRY(engine_tier(&start->tier, err));
    int shard = open(args->model, O_RDONLY | O_CLOEXEC);
    start->model_name = args->model;
    start->n_threads = args->n_threads;
    start->n_ctx = args->n_ctx;
    start->n_batch = args->n_batch;
    start->session_threads = args->n_threads;
    start->kv_type = args->kv_type;
    INGLE_TRY(engine_n_threads(&start->session_threads, err));
    struct worker_files files = {.shards = &shard, .n_shards = 1, .packed = -1, .packed_new = -1};
    ingle_status status = worker_new(out, start, &files, err);
    close(shard);
    if (status == INGLE_OK) interrupt_watch_worker(*out);
    return status;
}

void worker_arg_free(struct worker *w) {
    interrupt_watch_worker(NULL);
    worker_free(w);
}
