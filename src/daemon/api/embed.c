#include "daemon/api/embed.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

/* ---- its memory ---- */

static void free_embed(struct embed *e) {
    arena_clear(&e->arena);
    mem_free(e);
}

static void on_gone(struct http_exchange *x, void *embed) {
    struct embed *e = embed;
    (void)x;
    job_abandon(e->job);
    free_embed(e);
}

/* ---- what comes ---- */

static bool keep(struct embed *e, const struct msg_vector *m) {
    size_t n = m->values.len / sizeof(float);
    bool is_like_others = e->n_vectors == 0 || n == e->n_embd;
    if (e->n_vectors == e->n || n == 0 || m->values.len % sizeof(float) != 0 || !is_like_others) {
        return false;
    }
    struct embed_vector *v = &e->vectors[e->n_vectors++];
    *v = (struct embed_vector){.values = arena_alloc(&e->arena, m->values.len),
                               .n_tokens = m->n_tokens,
                               .was_cut = m->was_cut};
    if (!v->values) return false;
    memcpy(v->values, m->values.data, m->values.len);
    e->n_embd = n;
    return true;
}

static bool on_answer(enum msg_type type, const void *body, size_t size, void *embed) {
    struct embed *e = embed;
    struct msg_vector m;
    if (type != MSG_VECTOR) return true;
    e->is_bad = e->is_bad ||
                wire_read(&m, sizeof m, msg_vector, body, size, &e->arena, NULL) != INGLE_OK ||
                !keep(e, &m);
    return !e->is_bad;
}

static void on_done(ingle_status status, const ingle_error *err, const void *result, void *embed) {
    struct embed *e = embed;
    ingle_error why = {0};
    memcpy(&e->told, result, sizeof e->told);
    if ((status == INGLE_OK && e->n_vectors != e->n) || e->is_bad) {
        status = status_set(&why, INGLE_FAILED, 0, "The worker made %zu vectors of %zu texts.",
                            e->n_vectors, e->n);
        err = &why;
    }
    e->on_end(e, status, err);
    free_embed(e);
}

/* ---- asking ---- */

static ingle_status start(struct embed *e, const struct embed_ask *ask, ingle_error *err) {
    struct service *s = e->call.api->service;
    const struct service_model *m = service_find_model(s, ask->model);
    if (!m) {
        return status_set(err, INGLE_NOT_FOUND, 0, "model '%.120s' not found",
                          ask->model ? ask->model : "");
    }
    e->model = arena_copy(e->call.arena, m->id, strlen(m->id));
    e->vectors = arena_array(&e->arena, e->n, sizeof *e->vectors);
    if (!e->model || !e->vectors) return status_no_memory(err, "the vectors", e->n);
    struct service_ask wanted = {
        .model = e->model,
        .asker = {.client = e->call.request->client, .urgency = ask->urgency},
        .type = MSG_EMBED,
        .visit = msg_embed,
        .request = &ask->request,
        .visit_result = msg_embedded,
        .result_size = sizeof e->told,
        .keep_alive_s = ask->keep_alive_s,
        .unloads = ask->unloads,
        .on_answer = on_answer,
        .on_done = on_done,
        .user = e};
    return service_ask(&e->job, s, &wanted, err);
}

void embed_start(struct api_call *c, const struct embed_ask *ask) {
    ingle_error err = {0};
    struct embed *e = mem_calloc(1, sizeof *e);
    if (!e) {
        api_fail(c, INGLE_NO_MEMORY, NULL, NULL);
        return;
    }
    *e = (struct embed){.call = *c,
                        .user = ask->user,
                        .created_ms = clock_ms(),
                        .n = ask->request.n,
                        .on_end = ask->on_end};
    arena_init_secret(&e->arena, API_MAX_ANSWER);
    ingle_status status = start(e, ask, &err);
    if (status == INGLE_OK) {
        http_exchange_watch(c->x, on_gone, e);
        return;
    }
    free_embed(e);
    api_fail(c, status, &err, status == INGLE_NOT_FOUND ? "model" : NULL);
}

/* ---- vectors ---- */

size_t embed_dimensions(struct embed *e, int dimensions) {
    ingle_error err = {0};
    size_t n = dimensions > 0 ? (size_t)dimensions : e->n_embd;
    if (n <= e->n_embd) return n;
    ingle_status status =
        status_set(&err, INGLE_BAD_ARGUMENT, 0,
                   "'dimensions' is %zu; the vectors of this model have %zu.", n, e->n_embd);
    api_fail(&e->call, status, &err, "dimensions");
    return 0;
}

void embed_shorten(struct embed *e, struct embed_vector *v, size_t n) {
    double square = 0;
    if (n >= e->n_embd) return;
    for (size_t i = 0; i < n; i++) square += (double)v->values[i] * (double)v->values[i];
    double scale = square > 0 ? 1 / sqrt(square) : 0;
    for (size_t i = 0; i < n; i++) v->values[i] = (float)(v->values[i] * scale);
}

void embed_put_numbers(struct json *j, const struct embed_vector *v, size_t n) {
    json_begin(j, '[');
    for (size_t i = 0; i < n; i++) json_number(j, (double)v->values[i], 9);
    json_end(j, ']');
}

void embed_put_base64(struct json *j, const struct embed_vector *v, size_t n) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *bytes = (const unsigned char *)v->values;
    size_t size = n * sizeof *v->values, n_text = 0;
    char text[1024];
    json_raw(j, "\"", 1);
    for (size_t i = 0; i < size; i += 3) {
        size_t left = size - i;
        unsigned b = (unsigned)bytes[i] << 16;
        if (left > 1) b |= (unsigned)bytes[i + 1] << 8;
        if (left > 2) b |= bytes[i + 2];
        text[n_text++] = letters[b >> 18];
        text[n_text++] = letters[b >> 12 & 63];
        text[n_text++] = left > 1 ? letters[b >> 6 & 63] : '=';
        text[n_text++] = left > 2 ? letters[b & 63] : '=';
        if (n_text < sizeof text) continue;
        j->put(j->to, text, n_text);
        n_text = 0;
    }
    j->put(j->to, text, n_text);
    j->put(j->to, "\"", 1);
}

/* ---- inputs ---- */

/* A number that a token can have. */
static bool read_token(const struct json_value *v, ingle_token *token) {
    *token = 0;
    if (v->kind != JSON_NUMBER || v->text.len > 10) return false;
    int64_t value = 0;
    for (size_t i = 0; i < v->text.len; i++) {
        if (v->text.data[i] < '0' || v->text.data[i] > '9') return false;
        value = 10 * value + (v->text.data[i] - '0');
    }
    *token = (ingle_token)value;
    return value <= INT32_MAX;
}

static bool read_tokens(struct msg_embed_input *in, const struct json_value *array,
                        struct arena *arena) {
    ingle_token *ids = arena_array(arena, array->n + 1, sizeof *ids);
    if (!ids || array->n == 0) return false;
    for (size_t i = 0; i < array->n; i++) {
        if (!read_token(&array->items[i], &ids[i])) return false;
    }
    *in = (struct msg_embed_input){.text = {"", 0}, .ids = ids, .n_ids = array->n};
    return true;
}

static bool read_input(struct msg_embed_input *in, const struct json_value *v,
                       struct arena *arena) {
    if (v->kind == JSON_ARRAY) return read_tokens(in, v, arena);
    *in = (struct msg_embed_input){.text = {v->text.data, v->text.len}};
    return v->kind == JSON_STRING;
}

void embed_read_inputs(struct fields *f, const char *name, size_t max, struct arena *arena,
                       const struct msg_embed_input **out, size_t *n) {
    const struct json_value *v = field_get(f, name);
    field_need(f, name);
    if (!v) return;
    bool is_tokens = v->kind == JSON_ARRAY && v->n > 0 && v->items[0].kind == JSON_NUMBER;
    bool is_list = v->kind == JSON_ARRAY && !is_tokens;
    const struct json_value *items = is_list ? v->items : v;
    size_t n_items = is_list ? v->n : 1;
    if (n_items == 0) field_fail(f, name, "'%s' is empty.", name);
    if (n_items > max) {
        field_fail(f, name, "'%s' has %zu items; %zu are the most.", name, n_items, max);
    }
    if (f->bad) return;
    struct msg_embed_input *list = arena_array(arena, n_items, sizeof *list);
    if (!list) field_no_memory(f, name);
    for (size_t i = 0; list && i < n_items; i++) {
        if (read_input(&list[i], &items[i], arena)) continue;
        field_fail(f, name, "'%s' must be a string, tokens, or an array of one of these.", name);
    }
    *out = list;
    *n = list ? n_items : 0;
}
