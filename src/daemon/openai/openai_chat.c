/* POST /v1/chat/completions: what its answers look like. */
#include "daemon/openai/openai_chat.h"

#include <string.h>

#include "daemon/openai/openai_answer.h"

/* ---- what streams ---- */

static bool put_begin(const struct openai_choice *c, struct buf *to) {
    (void)c;
    return buf_add_str(to, "\"delta\":{\"role\":\"assistant\",\"content\":\"\"}");
}

static bool put_text(struct buf *to, const char *before, const ingle_chat_event *e,
                     const char *after) {
    struct json j;
    json_init_buf(&j, to);
    buf_add_str(to, before);
    json_text(&j, e->text, e->len);
    return buf_add_str(to, after);
}

static bool put_call(struct buf *to, const ingle_chat_event *e) {
    struct json j;
    json_init_buf(&j, to);
    buf_addf(to, "\"delta\":{\"tool_calls\":[{\"index\":%zu,\"id\":", e->call);
    json_str(&j, e->id);
    buf_add_str(to, ",\"type\":\"function\",\"function\":{\"name\":");
    json_str(&j, e->name);
    return buf_add_str(to, ",\"arguments\":\"\"}}]}");
}

static bool put_arguments(struct buf *to, const ingle_chat_event *e) {
    buf_addf(to, "\"delta\":{\"tool_calls\":[{\"index\":%zu,", e->call);
    return put_text(to, "\"function\":{\"arguments\":", e, "}}]}");
}

static bool put_piece(const struct openai_choice *c, const ingle_chat_event *e, struct buf *to) {
    (void)c;
    switch (e->kind) {
    case INGLE_CHAT_TEXT:
        return put_text(to, "\"delta\":{\"content\":", e, "}");
    case INGLE_CHAT_THINKING:
        return put_text(to, "\"delta\":{\"reasoning_content\":", e, "}");
    case INGLE_CHAT_CALL:
        return put_call(to, e);
    case INGLE_CHAT_ARGUMENTS:
        return put_arguments(to, e);
    case INGLE_CHAT_CALL_END:
        return false;
    }
    return false;
}

/* ---- what is answered at once ---- */

static void put_calls(const struct turn *t, size_t n, struct json *j) {
    json_open(j, "tool_calls", '[');
    for (size_t i = 0; i < n; i++) {
        const struct turn_call_made *call = &t->calls[i];
        json_begin(j, '{');
        json_put_str(j, "id", call->id);
        json_put_str(j, "type", "function");
        json_open(j, "function", '{');
        json_put_str(j, "name", call->name);
        json_put_text(j, "arguments", call->arguments.data ? call->arguments.data : "",
                      call->arguments.size);
        json_end(j, '}');
        json_end(j, '}');
    }
    json_end(j, ']');
}

static void put_whole(const struct openai_choice *c, struct json *j) {
    const struct turn *t = c->turn;
    size_t n_calls = turn_n_whole_calls(t);
    json_open(j, "message", '{');
    json_put_str(j, "role", "assistant");
    if (t->text.size > 0 || n_calls == 0) {
        json_put_text(j, "content", t->text.data ? t->text.data : "", t->text.size);
    } else {
        json_put_null(j, "content");
    }
    json_put_null(j, "refusal");
    if (t->thinking.size > 0) {
        json_put_text(j, "reasoning_content", t->thinking.data, t->thinking.size);
    }
    if (n_calls > 0) put_calls(t, n_calls, j);
    json_end(j, '}');
}

/* ---- asking ---- */

static ingle_status ask(struct openai_choice *c, ingle_error *err) {
    const struct openai_chat_request *r = c->answer->request;
    struct msg_chat m = r->ask;
    m.sampling.seed += c->index;
    return turn_ask(c->turn, MSG_CHAT, msg_chat, &m, URGENCY_INTERACTIVE, err);
}

void openai_chat(struct api_call *c) {
    static const struct openai_shape shape = {.id_prefix = "chatcmpl-",
                                              .object = "chat.completion",
                                              .chunk_object = "chat.completion.chunk",
                                              .input_name = "messages",
                                              .empty = "\"delta\":{}",
                                              .ask = ask,
                                              .put_begin = put_begin,
                                              .put_piece = put_piece,
                                              .put_whole = put_whole,
                                              .put_logprobs = openai_put_chat_logprobs};
    struct fields f = {.object = c->body};
    struct openai_chat_request *r = arena_alloc(c->arena, sizeof *r);
    if (r) openai_read_chat(&f, c->arena, r);
    if (!r || f.bad) {
        api_fail_fields(c, &f);
        return;
    }
    struct openai_answer *a = openai_answer_new(c, &shape, r->model, (size_t)r->n);
    if (!a) return;
    a->request = r;
    a->streams = r->streams;
    a->wants_usage = r->wants_usage;
    a->n_logprobs = r->ask.n_logprobs;
    openai_answer_start(a);
}
