/* POST /v1/embeddings */
#include <limits.h>

#include "daemon/api/embed.h"
#include "daemon/openai/openai.h"

struct request {
    const char *model;
    int is_base64, dimensions; /* 0 = all */
};

static bool check_dimensions(struct embed *e, const struct request *r) {
    ingle_error err = {0};
    if (r->dimensions <= 0 || (size_t)r->dimensions <= e->n_embd) return true;
    ingle_status status = status_set(&err, INGLE_BAD_ARGUMENT, 0,
                                     "'dimensions' is %d; the vectors of this model have %zu.",
                                     r->dimensions, e->n_embd);
    api_fail(&e->call, status, &err, "dimensions");
    return false;
}

static void put_vector(struct json *j, struct embed *e, size_t i, const struct request *r) {
    struct embed_vector *v = &e->vectors[i];
    size_t n = e->n_embd;
    if (r->dimensions > 0 && (size_t)r->dimensions < n) {
        n = (size_t)r->dimensions;
        embed_shorten(v, n);
    }
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
    struct buf b;
    struct json j;
    buf_init_secret(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    json_put_str(&j, "object", "list");
    json_open(&j, "data", '[');
    for (size_t i = 0; i < e->n_vectors; i++) put_vector(&j, e, i, r);
    json_end(&j, ']');
    json_put_str(&j, "model", e->model);
    json_open(&j, "usage", '{');
    json_put_uint(&j, "prompt_tokens", e->told.n_tokens);
    json_put_uint(&j, "total_tokens", e->told.n_tokens);
    json_end(&j, '}');
    json_end(&j, '}');
    openai_name_request(e->call.x);
    api_reply_json(e->call.x, 200, &b);
}

static void on_end(struct embed *e, ingle_status status, const ingle_error *err) {
    if (status != INGLE_OK) {
        api_fail(&e->call, status, err, status == INGLE_CONTEXT_FULL ? "input" : NULL);
    } else if (check_dimensions(e, e->user)) {
        reply(e);
    }
}

static void read_request(struct fields *f, struct arena *arena, struct request *r,
                         struct msg_embed *m) {
    static const char *const formats[] = {"float", "base64", NULL};
    const struct json_value *input = field_get(f, "input");
    ingle_error err;
    field_string(f, "model", &r->model);
    field_need(f, "input");
    if (input && embed_read_inputs(&m->inputs, &m->n, input, "input", EMBED_MAX_INPUTS, arena,
                                   &err) != INGLE_OK) {
        field_fail(f, "input", "%s", err.msg);
    }
    field_choice(f, "encoding_format", formats, &r->is_base64);
    field_int32(f, "dimensions", 1, INT_MAX, &r->dimensions);
}

void openai_embeddings(struct api_call *c) {
    struct fields f = {.object = c->body};
    struct embed_ask ask = {.urgency = URGENCY_TASK, .on_end = on_end};
    struct request *r = arena_alloc(c->arena, sizeof *r);
    if (r) read_request(&f, c->arena, r, &ask.request);
    if (!r || f.bad) {
        api_fail(c, r ? INGLE_BAD_ARGUMENT : INGLE_NO_MEMORY, r ? &f.err : NULL, f.bad);
        return;
    }
    ask.model = r->model;
    ask.user = r;
    embed_start(c, &ask);
}
