/* options.num_ctx: what is served has its size once and for all, so that a request that needs more
 * is refused; how much it is may have to be asked first. */
#include "daemon/ollama/ollama.h"

struct pending {
    struct api_call call;
    const char *model;
    int n_ctx;
    ollama_then_fn then;
    void *user;
};

static ingle_status check(const struct pending *p, ingle_error *err) {
    const struct service_model *m = service_find_model(p->call.api->service, p->model);
    if (!m || m->n_ctx == 0 || p->n_ctx <= m->n_ctx) return INGLE_OK;
    return status_set(err, INGLE_BAD_ARGUMENT, 0,
                      "'num_ctx' is %d, but '%.100s' is served with %d tokens of context: 'ingle "
                      "serve -c N' makes it larger.",
                      p->n_ctx, m->id, m->n_ctx);
}

static void on_described(ingle_status status, const ingle_error *err,
                         const struct msg_described *what, void *pending) {
    struct pending *p = pending;
    ingle_error why = {0};
    (void)what; /* the service knows it now */
    if (http_is_gone(p->call.x)) {
        http_break(p->call.x);
        return;
    }
    if (status == INGLE_OK) {
        status = check(p, &why);
        err = &why;
    }
    if (status != INGLE_OK) {
        api_fail(&p->call, status, err, NULL);
    } else {
        p->then(&p->call, p->user);
    }
}

void ollama_with_context(struct api_call *c, const char *model, int n_ctx, ollama_then_fn then,
                         void *user) {
    ingle_error err = {0};
    if (n_ctx == 0) {
        then(c, user);
        return;
    }
    struct pending *p = arena_alloc(c->arena, sizeof *p);
    if (!p) {
        api_fail(c, INGLE_NO_MEMORY, NULL, NULL);
        return;
    }
    *p = (struct pending){*c, model, n_ctx, then, user};
    ingle_status status = service_describe(c->api->service, model, on_described, p, &err);
    if (status != INGLE_OK) api_fail(c, status, &err, NULL);
}
