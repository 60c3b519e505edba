/* POST /embedding: texts as vectors. */
#include <limits.h>

#include "daemon/api/embed.h"
#include "daemon/llamacpp/llamacpp.h"

static void reply(struct embed *e, ingle_status status, const ingle_error *err) {
    struct buf b;
    struct json j;
    if (status != INGLE_OK) {
        api_fail(&e->call, status, err, NULL);
        return;
    }
    buf_init_secret(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '[');
    for (size_t i = 0; i < e->n_vectors; i++) {
        json_begin(&j, '{');
        json_put_uint(&j, "index", i);
        json_open(&j, "embedding", '['); /* a vector of the whole text is one row */
        embed_put_numbers(&j, &e->vectors[i], e->n_embd);
        json_end(&j, ']');
        json_end(&j, '}');
    }
    json_end(&j, ']');
    api_reply_json(e->call.x, 200, &b);
}

static void read_texts(struct fields *f, struct arena *arena, struct msg_embed *m) {
    const char *name = field_get(f, "input") ? "input" : "content";
    embed_read_inputs(f, name, EMBED_MAX_INPUTS, arena, &m->inputs, &m->n);
}

void llamacpp_embedding(struct api_call *c) {
    struct fields f = {.object = c->body};
    struct embed_ask ask = {.urgency = URGENCY_INTERACTIVE, .on_end = reply};
    int norm = 2;
    field_string(&f, "model", &ask.model);
    read_texts(&f, c->arena, &ask.request);
    field_int32(&f, "embd_normalize", INT_MIN, INT_MAX, &norm);
    if (norm != 2) {
        field_fail(&f, "embd_normalize", "'embd_normalize' is %d; vectors have length 1 here (2).",
                   norm);
    }
    if (f.bad) {
        api_fail_fields(c, &f);
        return;
    }
    embed_start(c, &ask);
}
