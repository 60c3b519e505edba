#include "cli/serve_host.h"

#include <string.h>

#include "base/alloc.h"
#include "cli/audit_worker.h"
#include "cli/worker_arg.h"

struct hosted {
    struct worker *worker;
    struct engine_args args;
    struct engine_files files; /* open until the worker has started */
    bool is_settled;
    service_started_fn on_started;
    void *user;
};

static const struct engine_args *engine;

void serve_host_init(const struct engine_args *args) {
    engine = args;
}

/* Of the weights that it has prepared. */
static ingle_status settle(struct hosted *h, ingle_error *err) {
    ingle_model_info info = worker_started(h->worker)->model;
    engine_settle_files(&h->files, &info);
    return worker_tell_cache(h->worker, &info, err);
}

static void on_started(ingle_status status, const ingle_error *err, void *user) {
    struct hosted *h = user;
    bool has_model = h->args.model != NULL;
    ingle_error why = {0};
    if (err) why = *err;
    audit_worker_start(status == INGLE_OK ? h->worker : NULL, has_model ? &h->files.files : NULL,
                       status);
    if (status == INGLE_OK && has_model) status = settle(h, &why);
    if (!h->is_settled && status != INGLE_OK) engine_settle_files(&h->files, NULL);
    h->is_settled = true;
    h->on_started(status, status == INGLE_OK ? NULL : &why, h->user);
}

/* The built-in packs alone. */
static ingle_status spawn_empty(struct hosted *h, struct msg_start *start, ingle_error *err) {
    char crashes[USER_DIR_CAP];
    struct worker_files files;
    h->args.model = NULL;
    h->is_settled = true;
    start->has_session = start->has_prefix_cache = false;
    INGLE_TRY(engine_tier(&start->tier, err));
    INGLE_TRY(worker_arg_fill(&files, start, &h->args, NULL, crashes, err));
    return worker_spawn(&h->worker, start, &files, on_started, h, err);
}

static ingle_status spawn(struct hosted *h, struct msg_start *start, ingle_error *err) {
    char crashes[USER_DIR_CAP];
    struct worker_files files;
    start->session_threads = h->args.n_threads;
    if (!start->vocab_only) INGLE_TRY(engine_n_threads(&start->session_threads, err));
    INGLE_TRY(engine_open_files(&h->files, &h->args, start->vocab_only, err));
    start->tier = h->files.opt.tier;
    ingle_status status = worker_arg_fill(&files, start, &h->args, &h->files.files, crashes, err);
    const char *slash = strrchr(h->args.model, '/');
    start->model_name = slash ? slash + 1 : h->args.model; /* clients see it in messages */
    if (status == INGLE_OK) status = worker_spawn(&h->worker, start, &files, on_started, h, err);
    if (status != INGLE_OK) engine_settle_files(&h->files, NULL);
    return status;
}

static ingle_status start(struct hosted **out, const char *path, struct msg_start *wanted,
                          service_started_fn started, void *user, ingle_error *err) {
    *out = NULL;
    struct hosted *h = mem_calloc(1, sizeof *h);
    if (!h) return status_no_memory(err, "a worker", sizeof *h);
    h->args = *engine;
    h->args.model = path;
    h->on_started = started;
    h->user = user;
    ingle_status status = path[0] ? spawn(h, wanted, err) : spawn_empty(h, wanted, err);
    if (status != INGLE_OK) {
        mem_free(h);
        return status;
    }
    *out = h;
    return INGLE_OK;
}

static struct worker *worker(struct hosted *h) {
    return h->worker;
}

static void stop(struct hosted *h) {
    if (!h) return;
    worker_free(h->worker);
    if (!h->is_settled) engine_settle_files(&h->files, NULL);
    mem_free(h);
}

const struct service_host serve_host = {.start = start, .worker = worker, .stop = stop};
