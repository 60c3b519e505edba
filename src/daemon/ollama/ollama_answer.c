/* The answers of generate and chat: lines as the model writes, and what the last one, or the only
 * one, says of all of it. */
#include <string.h>

#include "base/clock.h"
#include "daemon/ollama/ollama.h"

/* A line, or the one object. */
struct line {
    struct buf buf;
    struct json j;
};

static void begin_object(struct line *l, const struct ollama_answer *a) {
    buf_init_secret(&l->buf, API_MAX_ANSWER);
    json_init_buf(&l->j, &l->buf);
    json_begin(&l->j, '{');
    json_put_str(&l->j, "model", a->ask.model);
    ollama_put_time(&l->j, "created_at", clock_date_ns());
}

/* ---- what the model wrote ---- */

static void put_text(struct json *j, const char *key, const struct wire_text *text) {
    json_put_text(j, key, text->data ? text->data : "", text->len);
}

/* Arguments are an object here, not the text of one. */
static void put_calls(struct json *j, const struct turn_call_made *calls, size_t n, size_t first) {
    json_open(j, "tool_calls", '[');
    for (size_t i = 0; i < n; i++) {
        const struct buf *arguments = &calls[i].arguments;
        json_begin(j, '{');
        json_put_str(j, "id", calls[i].id);
        json_open(j, "function", '{');
        json_put_uint(j, "index", first + i);
        json_put_str(j, "name", calls[i].name);
        json_put_raw(j, "arguments", arguments->size ? arguments->data : "{}",
                     arguments->size ? arguments->size : 2);
        json_end(j, '}');
        json_end(j, '}');
    }
    json_end(j, ']');
}

struct piece {
    struct wire_text text, thinking;
    const struct turn_call_made *calls; /* [n_calls] */
    size_t n_calls, first_call;
};

static void put_piece(struct json *j, const struct ollama_answer *a, const struct piece *p) {
    if (a->is_chat) {
        json_open(j, "message", '{');
        json_put_str(j, "role", "assistant");
    }
    put_text(j, a->is_chat ? "content" : "response", &p->text);
    if (p->thinking.len > 0) put_text(j, "thinking", &p->thinking);
    if (p->n_calls > 0) put_calls(j, p->calls, p->n_calls, p->first_call);
    if (a->is_chat) json_end(j, '}');
}

/* Those of the tokens that were not told yet. */
static void put_logprobs(struct json *j, const struct turn *t) {
    struct ollama_answer *a = t->user;
    if (a->ask.n_logprobs < 0 || a->n_told == t->n_tokens) return;
    json_open(j, "logprobs", '[');
    for (; a->n_told < t->n_tokens; a->n_told++) {
        const struct msg_token *token = t->tokens[a->n_told];
        json_begin(j, '{');
        turn_put_choice(j, &token->chosen);
        if (token->n_top > 0) json_open(j, "top_logprobs", '[');
        for (size_t i = 0; i < token->n_top; i++) {
            json_begin(j, '{');
            turn_put_choice(j, &token->top[i]);
            json_end(j, '}');
        }
        if (token->n_top > 0) json_end(j, ']');
        json_end(j, '}');
    }
    json_end(j, ']');
}

/* ---- how it went ---- */

static const char *reason_of(const struct turn_usage *u) {
    return u->reason == INGLE_STOP_LENGTH || u->reason == INGLE_STOP_LOOP ? "length" : "stop";
}

/* Loading is all the time that was not spent on prompt and answer: waiting for a turn is in it. */
static void put_end(struct json *j, const struct turn *t) {
    const struct ollama_answer *a = t->user;
    const struct turn_usage *u = &t->usage;
    double total = clock_ms() - t->created_ms;
    json_put_bool(j, "done", true);
    json_put_str(j, "done_reason", reason_of(u));
    if (a->messages.len > 0) ollama_put_context(j, &a->messages, &t->text);
    ollama_put_ns(j, "total_duration", total);
    ollama_put_ns(j, "load_duration", total - u->prompt_ms - u->decode_ms);
    json_put_int(j, "prompt_eval_count", u->n_prompt);
    ollama_put_ns(j, "prompt_eval_duration", u->prompt_ms);
    json_put_int(j, "eval_count", u->n_answer + u->n_thinking);
    ollama_put_ns(j, "eval_duration", u->decode_ms);
    if (t->n_dropped > 0) json_put_uint(j, "dropped_count", t->n_dropped);
}

/* ---- streams ---- */

static bool send_line(struct line *l, const struct turn *t) {
    json_end(&l->j, '}');
    bool is_heard = api_send_line(t->call.x, &l->buf);
    buf_clear(&l->buf);
    return is_heard;
}

static bool send_piece(struct turn *t, const struct piece *p) {
    struct line l;
    turn_begin_stream(t, API_LINES, NULL);
    begin_object(&l, t->user);
    put_piece(&l.j, t->user, p);
    json_put_bool(&l.j, "done", false);
    put_logprobs(&l.j, t);
    return send_line(&l, t);
}

static bool on_event(struct turn *t, const ingle_chat_event *e) {
    struct piece p = {.text = {"", 0}};
    if (!t->streams) return true;
    switch (e->kind) {
    case INGLE_CHAT_TEXT:
        p.text = (struct wire_text){e->text, e->len};
        break;
    case INGLE_CHAT_THINKING:
        p.thinking = (struct wire_text){e->text, e->len};
        break;
    case INGLE_CHAT_CALL_END:
        p.first_call = t->n_calls - 1;
        p.calls = &t->calls[p.first_call];
        p.n_calls = 1;
        break;
    default: /* a call is told when it is complete */
        return true;
    }
    return send_piece(t, &p);
}

static void end_stream(struct turn *t, ingle_status status, const ingle_error *err) {
    static const struct piece nothing = {.text = {"", 0}};
    struct line l;
    turn_begin_stream(t, API_LINES, NULL);
    if (status != INGLE_OK) {
        struct api_failure f = api_failure_of(status, err, NULL);
        buf_init(&l.buf, API_MAX_ANSWER);
        json_init_buf(&l.j, &l.buf);
        ollama_put_error(&l.j, &f);
        (void)api_send_line(t->call.x, &l.buf);
        buf_clear(&l.buf);
    } else {
        begin_object(&l, t->user);
        put_piece(&l.j, t->user, &nothing);
        put_logprobs(&l.j, t);
        put_end(&l.j, t);
        (void)send_line(&l, t);
    }
    http_finish(t->call.x);
}

/* ---- the end ---- */

static void reply(struct turn *t) {
    struct ollama_answer *a = t->user;
    const struct piece all = {.text = {t->text.data, t->text.size},
                              .thinking = {t->thinking.data, t->thinking.size},
                              .calls = t->calls,
                              .n_calls = turn_n_whole_calls(t)};
    struct line l;
    begin_object(&l, a);
    put_piece(&l.j, a, &all);
    put_logprobs(&l.j, t);
    put_end(&l.j, t);
    json_end(&l.j, '}');
    api_reply_json(t->call.x, 200, &l.buf);
}

static void on_end(struct turn *t, ingle_status status, const ingle_error *err) {
    if (t->streams && (t->has_begun || status == INGLE_OK)) {
        end_stream(t, status, err);
    } else if (status != INGLE_OK) {
        api_fail(&t->call, status, err, NULL);
    } else {
        reply(t);
    }
}

/* ---- the beginning ---- */

struct pending {
    struct ollama_answer *answer;
    enum msg_type type;
    const void *m;
};

static void start(struct api_call *c, void *pending) {
    static const struct turn_view view = {.event = on_event, .end = on_end};
    const struct pending *p = pending;
    struct ollama_answer *a = p->answer;
    struct turn *t = turn_new(c, a->ask.model, &view);
    if (!t) return;
    t->user = a;
    t->streams = a->ask.streams;
    t->keeps_tokens = a->ask.n_logprobs >= 0;
    t->keep_alive_s = a->ask.keep.seconds;
    t->unloads = a->ask.keep.unloads;
    wire_fn visit = p->type == MSG_CHAT ? msg_chat : p->type == MSG_FILL ? msg_fill : msg_generate;
    (void)turn_start_as(t, p->type, visit, p->m, URGENCY_INTERACTIVE, true);
}

void ollama_start(struct api_call *c, struct ollama_answer *a, enum msg_type type, const void *m) {
    struct pending *p = arena_alloc(c->arena, sizeof *p);
    if (!p) {
        api_fail(c, INGLE_NO_MEMORY, NULL, NULL);
        return;
    }
    *p = (struct pending){.answer = a, .type = type, .m = m};
    ollama_with_context(c, a->ask.model, a->ask.n_ctx, start, p);
}

/* ---- nothing to say ---- */

static void reply_loaded(struct api_call *c, const char *reason, double load_ms, void *answer) {
    static const struct piece nothing = {.text = {"", 0}};
    const struct ollama_answer *a = answer;
    struct line l;
    begin_object(&l, a);
    put_piece(&l.j, a, &nothing);
    json_put_bool(&l.j, "done", true);
    json_put_str(&l.j, "done_reason", reason);
    ollama_put_ns(&l.j, "total_duration", load_ms);
    ollama_put_ns(&l.j, "load_duration", load_ms);
    json_end(&l.j, '}');
    api_reply_json(c->x, 200, &l.buf);
}

static void load(struct api_call *c, void *answer) {
    struct ollama_answer *a = answer;
    ollama_load(c, a->ask.model, &a->ask.keep, reply_loaded, a);
}

void ollama_answer_nothing(struct api_call *c, struct ollama_answer *a) {
    ollama_with_context(c, a->ask.model, a->ask.n_ctx, load, a);
}
