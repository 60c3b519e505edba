/* POST /v1/embeddings */
#include <limits.h>

#include "daemon/api/embed.h"
#include "daemon/openai/openai.h"

struct request {
    const char *model;
    int is_base64, dimensions; /* 0 = all */
};

static void put_vector(struct json *j, struct embed *e, size_t i, size_t n) {
    const struct request *r = e->user;
    struct embed_vector *v = &e->vectors[i];
    embed_shorten(e, v, n);
    json_begin(j, '{');
    json_put_str(j, "object", "embedding");
    json_put_uint(j, "index", i);
    json_key(j, "embedding");
    if (r->is_base64) {
        embed_put_base64(j, v, n);
    } else {
        embed_put_numbers(j, v, n);
    }
    json_end(j, '}');
}

static void reply(struct embed *e) {
    const struct request *r = e->user;
    size_t n = embed_dimensions(e, r->dimensions);
    struct buf b;
    struct json j;
    if (n == 0) return; /* which was answered */
    buf_init_secret(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    json_put_str(&j, "object", "list");
    json_open(&j, "data", '[');
    for (size_t i = 0; i < e->n_vectors; i++) put_vector(&j, e, i, n);
    json_end(&j, ']');
    json_put_str(&j, "model", e->model);
    json_open(&j, "usage", '{');
    json_put_uint(&j, "prompt_tokens", e->told.n_tokens);
    json_put_uint(&j, "total_tokens", e->told.n_tokens);
    json_end(&j, '}');
    json_end(&j, '}');
    api_reply_json(e->call.x, 200, &b);
}

static void on_end(struct embed *e, ingle_status status, const ingle_error *err) {
    if (status != INGLE_OK) {
        api_fail(&e->call, status, err, status == INGLE_CONTEXT_FULL ? "input" : NULL);
    } else {
        reply(e);
    }
}

static void read_request(struct fields *f, struct arena *arena, struct request *r,
                         struct msg_embed *m) {
    static const char *const formats[] = {"float", "base64", NULL};
    field_string(f, "model", &r->model);
    embed_read_inputs(f, "input", EMBED_MAX_INPUTS, arena, &m->inputs, &m->n);
    field_choice(f, "encoding_format", formats, &r->is_base64);
    field_int32(f, "dimensions", 1, INT_MAX, &r->dimensions);
}

void openai_embeddings(struct api_call *c) {
    struct fields f = {.object = c->body};
    struct embed_ask ask = {.urgency = URGENCY_TASK, .on_end = on_end};
    struct request *r = arena_alloc(c->arena, sizeof *r);
    if (r) read_request(&f, c->arena, r, &ask.request);
    if (!r || f.bad) {
        api_fail_fields(c, &f);
        return;
    }
    ask.model = r->model;
    ask.user = r;
    embed_start(c, &ask);
}
