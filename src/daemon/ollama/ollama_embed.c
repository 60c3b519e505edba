/* POST /api/embed, and /api/embeddings as it was once: texts as vectors. */
#include <limits.h>

#include "base/clock.h"
#include "daemon/api/embed.h"
#include "daemon/ollama/ollama.h"

struct request {
    const char *model;
    bool is_old;   /* one prompt, one "embedding" */
    bool is_empty; /* only for its model to be there */
    int dimensions, n_ctx;
    struct ollama_keep keep;
    struct msg_embed m;
};

/* ---- the answer ---- */

static void put_vectors(struct json *j, struct embed *e, size_t n) {
    for (size_t i = 0; i < e->n_vectors; i++) {
        embed_shorten(e, &e->vectors[i], n);
        embed_put_numbers(j, &e->vectors[i], n);
    }
}

static void reply(struct embed *e) {
    const struct request *r = e->user;
    double total = clock_ms() - e->created_ms;
    size_t n = embed_dimensions(e, r->dimensions);
    struct buf b;
    struct json j;
    if (n == 0) return; /* which was answered */
    buf_init_secret(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    if (r->is_old) {
        json_key(&j, "embedding");
        put_vectors(&j, e, n);
    } else {
        json_put_str(&j, "model", r->model);
        json_open(&j, "embeddings", '[');
        put_vectors(&j, e, n);
        json_end(&j, ']');
        ollama_put_ns(&j, "total_duration", total);
        ollama_put_ns(&j, "load_duration", total - e->told.ms);
        json_put_uint(&j, "prompt_eval_count", e->told.n_tokens);
    }
    json_end(&j, '}');
    api_reply_json(e->call.x, 200, &b);
}

/* Of an empty request. */
static void reply_loaded(struct api_call *c, const char *reason, double ms, void *request) {
    const struct request *r = request;
    struct buf b;
    struct json j;
    (void)reason;
    buf_init(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    if (!r->is_old) json_put_str(&j, "model", r->model);
    json_open(&j, r->is_old ? "embedding" : "embeddings", '[');
    json_end(&j, ']');
    if (!r->is_old) {
        ollama_put_ns(&j, "total_duration", ms);
        ollama_put_ns(&j, "load_duration", ms);
        json_put_uint(&j, "prompt_eval_count", 0);
    }
    json_end(&j, '}');
    api_reply_json(c->x, 200, &b);
}

static void on_end(struct embed *e, ingle_status status, const ingle_error *err) {
    if (status != INGLE_OK) {
        api_fail(&e->call, status, err, NULL);
    } else {
        reply(e);
    }
}

/* ---- the request ---- */

static void start(struct api_call *c, void *request) {
    struct request *r = request;
    if (r->is_empty) {
        ollama_load(c, r->model, &r->keep, reply_loaded, r);
        return;
    }
    const struct embed_ask ask = {.model = r->model,
                                  .request = r->m,
                                  .urgency = URGENCY_TASK,
                                  .keep_alive_s = r->keep.seconds,
                                  .unloads = r->keep.unloads,
                                  .on_end = on_end,
                                  .user = r};
    embed_start(c, &ask);
}

static bool is_empty(const struct json_value *v) {
    return v && (v->kind == JSON_STRING ? v->text.len == 0 : v->kind == JSON_ARRAY && v->n == 0);
}

static void read_request(struct fields *f, struct arena *arena, struct request *r) {
    const char *name = r->is_old ? "prompt" : "input";
    const struct json_value *input = field_get(f, name);
    r->m.cuts = true;
    r->model = ollama_read_model(f);
    ollama_read_keep(f, &r->keep);
    ollama_read_ctx(f, &r->n_ctx);
    if (r->is_old && input && input->kind != JSON_STRING) {
        field_fail(f, name, "'%s' must be a string.", name);
    }
    r->is_empty = is_empty(input);
    if (!r->is_empty) {
        embed_read_inputs(f, name, EMBED_MAX_INPUTS, arena, &r->m.inputs, &r->m.n);
    }
    if (r->is_old) return;
    field_bool(f, "truncate", &r->m.cuts);
    field_int32(f, "dimensions", 0, INT_MAX, &r->dimensions);
}

static void embed(struct api_call *c, bool is_old) {
    struct fields f = {.object = c->body};
    struct request *r = arena_alloc(c->arena, sizeof *r);
    if (r) {
        r->is_old = is_old;
        read_request(&f, c->arena, r);
    }
    if (!r || f.bad) {
        api_fail_fields(c, &f);
    } else {
        ollama_with_context(c, r->model, r->n_ctx, start, r);
    }
}

void ollama_embed(struct api_call *c) {
    embed(c, false);
}

void ollama_embeddings(struct api_call *c) {
    embed(c, true);
}
