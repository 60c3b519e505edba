#include "daemon/openai/openai_answer.h"

#include <string.h>

#include "base/alloc.h"

#define AT_ONCE 8 /* choices that are worked on */

/* ---- its memory ---- */

static void free_answer(struct openai_answer *a) {
    for (size_t i = 0; i < a->n; i++) {
        if (a->choices[i].turn) turn_abandon(a->choices[i].turn);
        buf_clear(&a->choices[i].json);
    }
    buf_clear(&a->chunk);
    mem_free(a->choices);
    mem_free(a);
}

static void on_gone(struct http_exchange *x, void *answer) {
    (void)x;
    free_answer(answer);
}

/* ---- its failure ---- */

/* The whole answer fails if one of its choices does. */
static void fail(struct openai_answer *a, ingle_status status, const ingle_error *err) {
    struct api_call call = a->call;
    const char *param = status == INGLE_CONTEXT_FULL ? a->shape->input_name : NULL;
    if (http_has_begun(call.x)) {
        struct api_failure f = api_failure_of(status, err, param);
        api_end_events(call.x, NULL, &f, openai_put_error);
    } else {
        api_fail(&call, status, err, param);
    }
    free_answer(a);
}

/* ---- what streams ---- */

static void begin_chunk(const struct openai_choice *c) {
    struct openai_answer *a = c->answer;
    buf_reset(&a->chunk);
    buf_add(&a->chunk, c->head.data, c->head.len);
}

static bool send_chunk(struct openai_answer *a) {
    return buf_add_str(&a->chunk, "}\n\n") && http_write(a->call.x, a->chunk.data, a->chunk.size);
}

/* from: the first of the tokens that were told just now. */
static bool end_chunk(struct openai_choice *c, size_t from, const char *finish_reason) {
    struct openai_answer *a = c->answer;
    if (a->n_logprobs >= 0 && c->in_text && from < c->n_told) {
        struct json j;
        json_init_buf(&j, &a->chunk);
        buf_add_str(&a->chunk, ",\"logprobs\":");
        a->shape->put_logprobs(c, from, &j);
    } else {
        buf_add_str(&a->chunk, ",\"logprobs\":null");
    }
    if (finish_reason) {
        buf_addf(&a->chunk, ",\"finish_reason\":\"%s\"}]", finish_reason);
    } else {
        buf_add_str(&a->chunk, ",\"finish_reason\":null}]");
    }
    return send_chunk(a);
}

static bool begin_choice(struct openai_choice *c) {
    struct openai_answer *a = c->answer;
    if (c->has_begun) return true;
    c->has_begun = true;
    http_begin(a->call.x, 200, API_EVENT_STREAM, API_KEEP_ALIVE);
    begin_chunk(c);
    return !a->shape->put_begin(c, &a->chunk) || end_chunk(c, c->n_told, NULL);
}

static bool on_event(struct turn *t, const ingle_chat_event *e) {
    struct openai_choice *c = t->user;
    struct openai_answer *a = c->answer;
    size_t from = c->n_told;
    if (a->n_logprobs >= 0) openai_take_tokens(c, e);
    if (!a->streams) return true;
    if (!begin_choice(c)) return false;
    begin_chunk(c);
    return !a->shape->put_piece(c, e, &a->chunk) || end_chunk(c, from, NULL);
}

static void end_streamed_choice(struct openai_choice *c) {
    struct openai_answer *a = c->answer;
    (void)begin_choice(c); /* also of an answer without a word */
    begin_chunk(c);
    buf_add_str(&a->chunk, a->shape->empty);
    (void)end_chunk(c, c->n_told, openai_finish_reason(&c->turn->usage));
}

static void finish_stream(struct openai_answer *a) {
    static const char done[] = "data: [DONE]\n\n";
    if (a->wants_usage) {
        struct json j;
        buf_reset(&a->chunk);
        buf_add(&a->chunk, a->head.data, a->head.len);
        buf_add_str(&a->chunk, "],\"usage\":");
        json_init_buf(&j, &a->chunk);
        openai_put_usage_value(&j, &a->usage);
        (void)send_chunk(a);
    }
    (void)http_write(a->call.x, done, sizeof done - 1);
    http_finish(a->call.x);
}

/* ---- what is answered at once ---- */

static void keep_choice(struct openai_choice *c) {
    struct openai_answer *a = c->answer;
    struct json j;
    json_init_buf(&j, &c->json);
    json_begin(&j, '{');
    json_put_uint(&j, "index", c->index);
    a->shape->put_whole(c, &j);
    json_key(&j, "logprobs");
    if (a->n_logprobs >= 0) {
        a->shape->put_logprobs(c, 0, &j);
    } else {
        json_null(&j);
    }
    json_put_str(&j, "finish_reason", openai_finish_reason(&c->turn->usage));
    json_end(&j, '}');
}

static void put_head(const struct openai_answer *a, const struct turn *t, const char *object,
                     struct json *j) {
    json_begin(j, '{');
    json_put_str(j, "id", a->id);
    json_put_str(j, "object", object);
    json_put_int(j, "created", t->created_s);
    json_put_str(j, "model", t->model);
    json_put_str(j, "system_fingerprint", a->fingerprint);
    json_open(j, "choices", '[');
}

static void reply(struct openai_answer *a, const struct turn *t) {
    struct buf b;
    struct json j;
    buf_init_secret(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    put_head(a, t, a->shape->object, &j);
    for (size_t i = 0; i < a->n; i++) {
        struct buf *choice = &a->choices[i].json;
        json_raw(&j, choice->data ? choice->data : "", choice->size);
        if (buf_failed(choice)) b.failed = true;
    }
    json_end(&j, ']');
    json_key(&j, "usage");
    openai_put_usage_value(&j, &a->usage);
    json_end(&j, '}');
    api_reply_json(a->call.x, 200, &b);
}

/* ---- its choices ---- */

static ingle_status ask_more(struct openai_answer *a, ingle_error *err) {
    while (a->n_asked < a->n && a->n_asked - a->n_ended < AT_ONCE) {
        INGLE_TRY(a->shape->ask(&a->choices[a->n_asked], err));
        a->n_asked++;
    }
    return INGLE_OK;
}

/* Choices that share a prompt have it once. */
static void count(struct openai_answer *a, const struct openai_choice *c) {
    const struct turn_usage *u = &c->turn->usage;
    if (c->index % a->n_per_prompt == 0) {
        a->usage.n_prompt += u->n_prompt;
        a->usage.n_cached += u->n_cached;
    }
    a->usage.n_answer += u->n_answer;
    a->usage.n_thinking += u->n_thinking;
}

static void end_choice(struct openai_choice *c) {
    struct openai_answer *a = c->answer;
    struct turn *t = c->turn;
    for (size_t i = c->n_told; i < t->n_tokens; i++) t->tokens[i] = NULL; /* of no text */
    count(a, c);
    if (a->streams) {
        end_streamed_choice(c);
    } else {
        keep_choice(c);
    }
    a->n_ended++;
}

static void on_end(struct turn *t, ingle_status status, const ingle_error *err) {
    struct openai_choice *c = t->user;
    struct openai_answer *a = c->answer;
    ingle_error why = {0};
    if (status == INGLE_OK) {
        end_choice(c);
        status = ask_more(a, &why);
        err = &why;
    }
    c->turn = NULL; /* ends after this */
    if (status != INGLE_OK) {
        fail(a, status, err);
    } else if (a->n_ended == a->n) {
        if (a->streams) {
            finish_stream(a);
        } else {
            reply(a, t);
        }
        free_answer(a);
    }
}

/* ---- its beginning ---- */

static bool keep_head(const struct openai_answer *a, struct wire_text *head, const struct buf *b) {
    head->data = buf_failed(b) ? NULL : arena_copy(a->call.arena, b->data, b->size);
    head->len = b->size;
    return head->data != NULL;
}

/* What all chunks begin with is written once. */
static bool make_heads(struct openai_answer *a) {
    struct buf b;
    struct json j;
    buf_init(&b, API_MAX_ANSWER);
    buf_add_str(&b, "data: ");
    json_init_buf(&j, &b);
    put_head(a, a->choices[0].turn, a->shape->chunk_object, &j);
    bool is_kept = keep_head(a, &a->head, &b);
    for (size_t i = 0; is_kept && i < a->n; i++) {
        buf_reset(&b);
        buf_add(&b, a->head.data, a->head.len);
        buf_addf(&b, "{\"index\":%zu,", i);
        is_kept = keep_head(a, &a->choices[i].head, &b);
    }
    buf_clear(&b);
    return is_kept;
}

/* Of the file of the model: the same words, seed and fingerprint give the same answer. */
static const char *make_fingerprint(struct api_call *c, const char *model) {
    const struct service_model *m = service_find_model(c->api->service, model);
    char text[16] = "fp_";
    memcpy(text + 3, m ? m->digest : "", m ? 12 : 0);
    const char *copy = arena_copy(c->arena, text, strlen(text));
    return copy ? copy : "fp_";
}

/* Answers why there is none. */
static struct openai_answer *allocate(struct api_call *c, size_t n) {
    struct openai_answer *a = mem_calloc(1, sizeof *a);
    struct openai_choice *choices = mem_calloc(n, sizeof *choices);
    if (a && choices) {
        a->choices = choices;
        return a;
    }
    mem_free(a);
    mem_free(choices);
    api_fail(c, INGLE_NO_MEMORY, NULL, NULL);
    return NULL;
}

struct openai_answer *openai_answer_new(struct api_call *c, const struct openai_shape *shape,
                                        const char *model, size_t n) {
    static const struct turn_view view = {.event = on_event, .end = on_end};
    struct openai_answer *a = allocate(c, n);
    if (!a) return NULL;
    a->call = *c;
    a->shape = shape;
    a->n_logprobs = -1;
    a->n_per_prompt = n;
    buf_init_secret(&a->chunk, API_MAX_ANSWER);
    for (size_t i = 0; i < n; i++) {
        struct turn *t = turn_new(c, model, &view);
        if (!t) { /* which has been answered */
            free_answer(a);
            return NULL;
        }
        t->user = &a->choices[i];
        a->choices[i] = (struct openai_choice){.answer = a, .turn = t, .index = i};
        buf_init_secret(&a->choices[i].json, API_MAX_ANSWER);
        a->n = i + 1;
    }
    a->id = api_new_id(c->arena, shape->id_prefix);
    a->fingerprint = make_fingerprint(c, model);
    if (make_heads(a)) return a;
    fail(a, INGLE_NO_MEMORY, NULL);
    return NULL;
}

void openai_answer_start(struct openai_answer *a) {
    ingle_error err = {0};
    for (size_t i = 0; i < a->n; i++) a->choices[i].turn->keeps_tokens = a->n_logprobs >= 0;
    ingle_status status = ask_more(a, &err);
    if (status != INGLE_OK) {
        fail(a, status, &err);
        return;
    }
    http_exchange_watch(a->call.x, on_gone, a);
    if (a->streams) http_expect_stream(a->call.x, API_EVENT_STREAM, API_KEEP_ALIVE);
}
