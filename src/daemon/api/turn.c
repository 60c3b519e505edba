#include "daemon/api/turn.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/alloc.h"
#include "base/clock.h"

/* ---- its memory ---- */

struct turn *turn_new(struct api_call *c, const char *model, const struct turn_view *view) {
    ingle_error err = {0};
    const struct service_model *m = service_find_model(c->api->service, model);
    if (!m) {
        ingle_status status = service_no_model(model, &err);
        api_fail(c, status, &err, "model");
        return NULL;
    }
    struct turn *t = mem_calloc(1, sizeof *t);
    const char *id = arena_copy(c->arena, m->id, strlen(m->id));
    if (!t || !id) {
        mem_free(t);
        api_fail(c, INGLE_NO_MEMORY, NULL, NULL);
        return NULL;
    }
    *t = (struct turn){.call = *c,
                       .view = view,
                       .model = id,
                       .created_s = (int64_t)time(NULL),
                       .created_ms = clock_ms()};
    arena_init_secret(&t->arena, API_MAX_ANSWER);
    buf_init_secret(&t->text, API_MAX_ANSWER);
    buf_init_secret(&t->thinking, API_MAX_ANSWER);
    return t;
}

static void free_turn(struct turn *t) {
    for (size_t i = 0; i < t->n_calls; i++) buf_clear(&t->calls[i].arguments);
    buf_clear(&t->text);
    buf_clear(&t->thinking);
    arena_clear(&t->arena);
    mem_free(t->tokens);
    mem_free(t);
}

void turn_abandon(struct turn *t) {
    if (t->job) job_abandon(t->job);
    free_turn(t);
}

/* ---- what comes ---- */

/* It is to end, and for this reason: the first one stays. */
static bool give_up(struct turn *t, ingle_status status, const char *sentence) {
    if (t->why.code == INGLE_OK) t->why.code = status_set(&t->why, status, 0, "%s", sentence);
    return false;
}

static bool has_no_memory(struct turn *t) {
    return give_up(t, INGLE_NO_MEMORY, "There is no memory for the answer.");
}

static bool makes_no_sense(struct turn *t) {
    return give_up(t, INGLE_FAILED, "The worker's answer makes no sense.");
}

static bool begin_call(struct turn *t, const ingle_chat_event *e) {
    if (t->n_calls == TURN_MAX_CALLS) {
        char sentence[80];
        snprintf(sentence, sizeof sentence, "The model makes more than %d calls in one answer.",
                 TURN_MAX_CALLS);
        return give_up(t, INGLE_FAILED, sentence);
    }
    struct turn_call_made *call = &t->calls[t->n_calls++];
    call->id = arena_copy(&t->arena, e->id, strlen(e->id));
    call->name = arena_copy(&t->arena, e->name, strlen(e->name));
    buf_init_secret(&call->arguments, API_MAX_ANSWER);
    return (call->id && call->name) || has_no_memory(t);
}

static bool gather(struct turn *t, const ingle_chat_event *e) {
    struct turn_call_made *last = t->n_calls > 0 ? &t->calls[t->n_calls - 1] : NULL;
    switch (e->kind) {
    case INGLE_CHAT_TEXT:
        return buf_add(&t->text, e->text, e->len) || has_no_memory(t);
    case INGLE_CHAT_THINKING:
        return buf_add(&t->thinking, e->text, e->len) || has_no_memory(t);
    case INGLE_CHAT_CALL:
        return begin_call(t, e);
    case INGLE_CHAT_ARGUMENTS:
        if (!last) return makes_no_sense(t);
        return buf_add(&last->arguments, e->text, e->len) || has_no_memory(t);
    case INGLE_CHAT_CALL_END:
        return last || makes_no_sense(t);
    }
    return makes_no_sense(t);
}

static bool on_event(struct turn *t, const ingle_chat_event *e) {
    return gather(t, e) && (!t->view->event || t->view->event(t, e));
}

static struct wire_text keep_text(struct arena *a, const struct wire_text *text) {
    const char *data = arena_copy(a, text->data, text->len);
    return (struct wire_text){data ? data : "", data ? text->len : 0};
}

static bool keep_token(struct turn *t, const struct msg_token *m) {
    if (t->n_tokens == t->tokens_cap) {
        size_t cap = t->tokens_cap ? 2 * t->tokens_cap : 64;
        const struct msg_token **more = mem_realloc(t->tokens, cap * sizeof(void *));
        if (!more) return false;
        t->tokens = more;
        t->tokens_cap = cap;
    }
    struct msg_token *copy = arena_alloc(&t->arena, sizeof *copy);
    if (!copy) return false;
    *copy = *m;
    copy->chosen.bytes = keep_text(&t->arena, &m->chosen.bytes);
    copy->top = arena_array(&t->arena, m->n_top, sizeof *copy->top);
    for (size_t i = 0; copy->top && i < m->n_top; i++) {
        copy->top[i] = m->top[i];
        copy->top[i].bytes = keep_text(&t->arena, &m->top[i].bytes);
    }
    t->tokens[t->n_tokens++] = copy;
    return !t->arena.failed;
}

static bool on_token(struct turn *t, const struct msg_token *m) {
    if (t->keeps_tokens && !keep_token(t, m)) return has_no_memory(t);
    return !t->view->token || t->view->token(t, m);
}

static bool on_prompt(struct turn *t, const struct msg_prompt *m) {
    t->usage.n_prompt = m->n_prompt;
    t->usage.n_cached = m->n_reused;
    return true;
}

/* What could not be read, and why not. */
static bool is_unread(struct turn *t, ingle_status status) {
    return status == INGLE_NO_MEMORY ? has_no_memory(t) : makes_no_sense(t);
}

static bool on_message(enum msg_type type, const void *body, size_t size, void *turn) {
    struct turn *t = turn;
    struct arena arena;
    ingle_chat_event event = {.kind = INGLE_CHAT_TEXT, .text = body, .len = size};
    struct msg_token token;
    struct msg_prompt prompt;
    ingle_status status = INGLE_OK;
    bool goes_on = true;
    arena_init_secret(&arena, API_MAX_ANSWER);
    if (type == MSG_TEXT) {
        goes_on = on_event(t, &event);
    } else if (type == MSG_EVENT) {
        status = wire_read(&event, sizeof event, msg_event, body, size, &arena, NULL);
        goes_on = status == INGLE_OK ? on_event(t, &event) : is_unread(t, status);
    } else if (type == MSG_TOKEN) {
        status = wire_read(&token, sizeof token, msg_token, body, size, &arena, NULL);
        goes_on = status == INGLE_OK ? on_token(t, &token) : is_unread(t, status);
    } else if (type == MSG_PROMPT) {
        status = wire_read(&prompt, sizeof prompt, msg_prompt, body, size, &arena, NULL);
        goes_on = status == INGLE_OK ? on_prompt(t, &prompt) : is_unread(t, status);
    }
    arena_clear(&arena);
    return goes_on;
}

/* ---- the end ---- */

static void sum_up(struct turn *t) {
    struct turn_usage *u = &t->usage;
    if (t->type == MSG_CHAT) {
        const ingle_chat_result *r = &t->chatted.result;
        *u = (struct turn_usage){r->reason,    r->context_full, r->n_prompt,
                                 r->n_reused,  r->n_answer,     r->n_thinking,
                                 r->prompt_ms, r->first_ms,     r->decode_ms};
    } else {
        const struct msg_generated *g = &t->generated;
        *u = (struct turn_usage){.reason = g->result.reason,
                                 .n_prompt = (int)g->n_prompt,
                                 .n_cached = (int)g->n_reused,
                                 .n_answer = g->result.n_tokens,
                                 .prompt_ms = g->prefill_ms,
                                 .first_ms = g->result.first_ms,
                                 .decode_ms = g->result.decode_ms};
    }
}

/* A chat's first_ms counts from its call, that of a text from the end of its prompt. */
static void meter(const struct turn *t) {
    struct api_meter *m = &t->call.api->meter;
    const struct turn_usage *u = &t->usage;
    uint64_t n_out = (uint64_t)u->n_answer + (uint64_t)u->n_thinking;
    uint64_t n_all = (uint64_t)u->n_prompt + n_out;
    double first_ms = t->type == MSG_CHAT ? u->first_ms - u->prompt_ms : u->first_ms;
    m->n_prompt += (uint64_t)(u->n_prompt > u->n_cached ? u->n_prompt - u->n_cached : 0);
    m->n_cached += (uint64_t)u->n_cached;
    m->n_generated += n_out;
    if (n_all > m->n_longest) m->n_longest = n_all;
    m->prompt_ms += u->prompt_ms;
    m->generate_ms += (first_ms > 0 ? first_ms : 0) + u->decode_ms;
}

/* Who ended it says why: else it would be said that the client had left, or that all is well. */
static ingle_status check_end(const struct turn *t, ingle_status status, ingle_error *err) {
    if (t->why.code != INGLE_OK) {
        *err = t->why;
        return t->why.code;
    }
    if (status != INGLE_OK || t->usage.reason != INGLE_STOP_CANCEL) return status;
    return status_set(err, INGLE_FAILED, 0, "The answer is larger than can be gathered.");
}

static void on_done(ingle_status status, const ingle_error *err, const void *result, void *turn) {
    struct turn *t = turn;
    ingle_error why = {0};
    t->job = NULL;
    if (err) why = *err;
    if (t->type == MSG_CHAT) {
        memcpy(&t->chatted, result, sizeof t->chatted);
    } else if (t->type == MSG_FILL) {
        const struct msg_filled *filled = result;
        t->generated = filled->made;
        t->n_dropped = filled->n_dropped;
    } else {
        memcpy(&t->generated, result, sizeof t->generated);
    }
    sum_up(t);
    meter(t);
    /* A text that began and outgrew the context is one that was cut, not one that failed. */
    if (status == INGLE_CONTEXT_FULL && t->generated.result.n_tokens > 0) {
        t->usage.reason = INGLE_STOP_LENGTH;
        t->usage.context_full = true;
        status = INGLE_OK;
    }
    status = check_end(t, status, &why);
    t->view->end(t, status, status == INGLE_OK ? NULL : &why);
    free_turn(t);
}

size_t turn_n_whole_calls(const struct turn *t) {
    size_t n = t->type == MSG_CHAT ? t->chatted.result.n_calls : 0;
    return n < t->n_calls ? n : t->n_calls;
}

/* ---- asking ---- */

static void on_gone(struct http_exchange *x, void *turn) {
    (void)x;
    turn_abandon(turn);
}

static wire_fn result_of(enum msg_type type, size_t *size) {
    switch (type) {
    case MSG_CHAT:
        *size = sizeof(struct msg_chatted);
        return msg_chatted;
    case MSG_FILL:
        *size = sizeof(struct msg_filled);
        return msg_filled;
    default:
        *size = sizeof(struct msg_generated);
        return msg_generated;
    }
}

ingle_status turn_ask(struct turn *t, enum msg_type type, wire_fn visit, const void *m,
                      enum urgency urgency, ingle_error *err) {
    struct service_ask ask = {.model = t->model,
                              .asker = {.client = t->call.request->client, .urgency = urgency},
                              .type = type,
                              .visit = visit,
                              .request = m,
                              .keep_alive_s = t->keep_alive_s,
                              .unloads = t->unloads,
                              .on_answer = on_message,
                              .on_done = on_done,
                              .user = t};
    ask.visit_result = result_of(type, &ask.result_size);
    t->type = type;
    return service_ask(&t->job, t->call.api->service, &ask, err);
}

bool turn_start_as(struct turn *t, enum msg_type type, wire_fn visit, const void *m,
                   enum urgency urgency, bool watch) {
    ingle_error err = {0};
    ingle_status status = turn_ask(t, type, visit, m, urgency, &err);
    if (status != INGLE_OK) {
        struct api_call call = t->call;
        free_turn(t);
        api_fail(&call, status, &err, status == INGLE_NOT_FOUND ? "model" : NULL);
        return false;
    }
    if (watch) http_exchange_watch(t->call.x, on_gone, t);
    return true;
}

bool turn_start(struct turn *t, enum msg_type type, const void *m, enum urgency urgency,
                bool watch) {
    return turn_start_as(t, type, type == MSG_CHAT ? msg_chat : msg_generate, m, urgency, watch);
}

void turn_begin_stream(struct turn *t, const char *type, const char *keep_alive) {
    if (t->has_begun) return;
    t->has_begun = true;
    http_begin(t->call.x, 200, type, keep_alive);
}

struct msg_chat turn_chat_default(void) {
    return (struct msg_chat){.conversation = {.think_budget = -1},
                             .sampling = turn_sampling_default(),
                             .max_tokens = -1,
                             .stop_loops = true,
                             .n_logprobs = -1};
}

void turn_put_choice(struct json *j, const struct msg_token_choice *c) {
    json_put_text(j, "token", c->bytes.data, c->bytes.len);
    json_put_number(j, "logprob", turn_logprob(c), 8);
    json_open(j, "bytes", '[');
    for (size_t i = 0; i < c->bytes.len; i++) json_uint(j, (unsigned char)c->bytes.data[i]);
    json_end(j, ']');
}

double turn_logprob(const struct msg_token_choice *c) {
    return isfinite(c->logprob) ? (double)c->logprob : TURN_RULED_OUT;
}

ingle_sampling_options turn_sampling_default(void) {
    ingle_sampling_options o = ingle_sampling_options_default();
    if (getrandom(&o.seed, sizeof o.seed, 0) != (ssize_t)sizeof o.seed) o.seed = 0;
    return o;
}
