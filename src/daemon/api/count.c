#include "daemon/api/count.h"

#include "base/alloc.h"

struct counting {
    struct api_call call;
    struct job *job;
    count_fn reply;
};

static void on_done(ingle_status status, const ingle_error *err, const void *result,
                    void *counting) {
    struct counting *k = counting;
    const struct msg_chat_counted *told = result;
    struct api_call call = k->call;
    count_fn reply = k->reply;
    mem_free(k);
    if (status == INGLE_OK) {
        reply(&call, told->n_tokens);
    } else {
        api_fail(&call, status, err, NULL);
    }
}

static void on_gone(struct http_exchange *x, void *counting) {
    struct counting *k = counting;
    (void)x;
    job_abandon(k->job);
    mem_free(k);
}

void count_start(struct api_call *c, const char *model, const struct msg_conversation *m,
                 count_fn reply) {
    ingle_error err = {0};
    struct msg_chat_count request = {.conversation = *m, .wants_count = true};
    struct counting *k = mem_calloc(1, sizeof *k);
    if (!k) {
        api_fail(c, INGLE_NO_MEMORY, NULL, NULL);
        return;
    }
    k->call = *c;
    k->reply = reply;
    struct service_ask ask = {
        .model = model,
        .asker = {.client = c->request->client, .urgency = URGENCY_INTERACTIVE},
        .type = MSG_CHAT_COUNT,
        .visit = msg_chat_count,
        .request = &request,
        .visit_result = msg_chat_counted,
        .result_size = sizeof(struct msg_chat_counted),
        .on_done = on_done,
        .user = k};
    ingle_status status = service_ask(&k->job, c->api->service, &ask, &err);
    if (status != INGLE_OK) {
        mem_free(k);
        api_fail(c, status, &err, status == INGLE_NOT_FOUND ? "model" : NULL);
        return;
    }
    http_exchange_watch(c->x, on_gone, k);
}
