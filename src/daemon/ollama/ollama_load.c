/* A request with nothing in it: its model is to be there, or to be gone, and that is all. */
#include "base/clock.h"
#include "daemon/ollama/ollama.h"

struct loading {
    struct api_call call;
    double begin;
    ollama_loaded_fn then;
    void *user;
};

static void on_loaded(ingle_status status, const ingle_error *err, const void *result,
                      void *loading) {
    struct loading *l = loading;
    (void)result;
    if (status != INGLE_OK) {
        api_fail(&l->call, status, err, NULL);
    } else {
        l->then(&l->call, "load", clock_ms() - l->begin, l->user);
    }
}

/* A question that needs no slot is answered when the model is there. */
static ingle_status load(struct loading *l, const char *model, double keep_alive_s,
                         ingle_error *err) {
    struct service_ask ask = {.model = model,
                              .asker = {.client = l->call.request->client},
                              .type = MSG_DESCRIBE,
                              .visit = msg_empty,
                              .request = "",
                              .visit_result = msg_described,
                              .result_size = sizeof(struct msg_described),
                              .keep_alive_s = keep_alive_s,
                              .on_done = on_loaded,
                              .user = l};
    struct job *job; /* it is waited for whether or not anybody still listens */
    return service_ask(&job, l->call.api->service, &ask, err);
}

void ollama_load(struct api_call *c, const char *model, const struct ollama_keep *keep,
                 ollama_loaded_fn then, void *user) {
    ingle_error err = {0};
    struct loading *l = arena_alloc(c->arena, sizeof *l);
    if (!l) {
        api_fail(c, INGLE_NO_MEMORY, NULL, NULL);
        return;
    }
    *l = (struct loading){.call = *c, .begin = clock_ms(), .then = then, .user = user};
    ingle_status status = keep->unloads ? service_keep_alive(c->api->service, model, 0, &err)
                                        : load(l, model, keep->seconds, &err);
    if (status != INGLE_OK) {
        api_fail(c, status, &err, NULL);
    } else if (keep->unloads) {
        then(c, "unload", 0, user);
    }
}
