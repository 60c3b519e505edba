#include "daemon/api/count.h"

#include "daemon/api/errand.h"

struct counting {
    count_fn reply;
};

static void on_counted(struct errand *e, ingle_status status, const ingle_error *err) {
    const struct counting *k = e->user;
    const struct msg_chat_counted *told = e->result;
    if (status == INGLE_OK) {
        k->reply(&e->call, told->n_tokens);
    } else {
        api_fail(&e->call, status, err, NULL);
    }
}

void count_start(struct api_call *c, const char *model, const struct msg_conversation *m,
                 count_fn reply) {
    struct msg_chat_count request = {.conversation = *m, .wants_count = true};
    struct service_ask ask = {.model = model,
                              .type = MSG_CHAT_COUNT,
                              .visit = msg_chat_count,
                              .request = &request,
                              .visit_result = msg_chat_counted,
                              .result_size = sizeof(struct msg_chat_counted)};
    struct counting *k = arena_alloc(c->arena, sizeof *k);
    if (!k) {
        api_fail(c, INGLE_NO_MEMORY, NULL, NULL);
        return;
    }
    k->reply = reply;
    (void)errand_start(c, &ask, on_counted, k);
}
