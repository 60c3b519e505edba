/* POST /v1/chat/completions */
#include <limits.h>
#include <string.h>

#include "base/alloc.h"
#include "daemon/api/openai.h"

struct chat_answer {
    bool wants_usage; /* of streams: stream_options.include_usage */
};

/* ---- what streams ---- */

static void begin_chunk(struct json *j, struct buf *b, const struct turn *t) {
    buf_init_secret(b, API_MAX_ANSWER);
    json_init_buf(j, b);
    json_begin(j, '{');
    json_put_str(j, "id", t->id);
    json_put_str(j, "object", "chat.completion.chunk");
    json_put_int(j, "created", t->created_s);
    json_put_str(j, "model", t->model);
}

static bool end_chunk(struct json *j, struct buf *b, const struct turn *t) {
    json_end(j, '}');
    bool is_heard = api_send_event(t->call.x, NULL, b);
    buf_clear(b);
    return is_heard;
}

static void begin_choice(struct json *j) {
    json_open(j, "choices", '[');
    json_begin(j, '{');
    json_put_int(j, "index", 0);
    json_open(j, "delta", '{');
}

static void end_choice(struct json *j, const char *finish_reason) {
    json_end(j, '}');
    json_key(j, "finish_reason");
    if (finish_reason) {
        json_str(j, finish_reason);
    } else {
        json_null(j);
    }
    json_end(j, '}');
    json_end(j, ']');
}

static bool send_delta(struct turn *t, const char *key, const char *text, size_t len) {
    struct buf b;
    struct json j;
    begin_chunk(&j, &b, t);
    begin_choice(&j);
    json_put_text(&j, key, text, len);
    end_choice(&j, NULL);
    return end_chunk(&j, &b, t);
}

static bool begin_stream(struct turn *t) {
    struct buf b;
    struct json j;
    if (t->has_begun) return true;
    turn_begin_stream(t, API_EVENT_STREAM, API_KEEP_ALIVE);
    begin_chunk(&j, &b, t);
    begin_choice(&j);
    json_put_str(&j, "role", "assistant");
    json_put_str(&j, "content", "");
    end_choice(&j, NULL);
    return end_chunk(&j, &b, t);
}

static bool on_event(struct turn *t, const ingle_chat_event *e) {
    if (!t->streams) return true;
    if (!begin_stream(t)) return false;
    if (e->kind == INGLE_CHAT_TEXT) return send_delta(t, "content", e->text, e->len);
    if (e->kind == INGLE_CHAT_THINKING) return send_delta(t, "reasoning_content", e->text, e->len);
    return true;
}

static void end_stream(struct turn *t, ingle_status status, const ingle_error *err) {
    const struct chat_answer *a = t->user;
    struct buf b;
    struct json j;
    if (status != INGLE_OK) {
        struct api_failure f = api_failure_of(status, err, NULL);
        buf_init(&b, API_MAX_ANSWER);
        json_init_buf(&j, &b);
        openai_put_error(&j, &f);
        (void)api_send_event(t->call.x, NULL, &b);
        buf_clear(&b);
        http_break(t->call.x);
        return;
    }
    begin_chunk(&j, &b, t);
    begin_choice(&j);
    end_choice(&j, openai_finish_reason(&t->usage));
    (void)end_chunk(&j, &b, t);
    if (a->wants_usage) {
        begin_chunk(&j, &b, t);
        json_open(&j, "choices", '[');
        json_end(&j, ']');
        openai_put_usage(&j, &t->usage);
        (void)end_chunk(&j, &b, t);
    }
    static const char done[] = "data: [DONE]\n\n";
    (void)http_write(t->call.x, done, sizeof done - 1);
    http_finish(t->call.x);
}

/* ---- what is answered at once ---- */

static void reply(struct turn *t) {
    struct buf b;
    struct json j;
    buf_init_secret(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    json_put_str(&j, "id", t->id);
    json_put_str(&j, "object", "chat.completion");
    json_put_int(&j, "created", t->created_s);
    json_put_str(&j, "model", t->model);
    json_open(&j, "choices", '[');
    json_begin(&j, '{');
    json_put_int(&j, "index", 0);
    json_open(&j, "message", '{');
    json_put_str(&j, "role", "assistant");
    json_put_text(&j, "content", t->text.data ? t->text.data : "", t->text.size);
    json_put_null(&j, "refusal");
    if (t->thinking.size > 0) {
        json_put_text(&j, "reasoning_content", t->thinking.data, t->thinking.size);
    }
    json_end(&j, '}');
    json_put_null(&j, "logprobs");
    json_put_str(&j, "finish_reason", openai_finish_reason(&t->usage));
    json_end(&j, '}');
    json_end(&j, ']');
    openai_put_usage(&j, &t->usage);
    json_end(&j, '}');
    api_reply_json(t->call.x, 200, &b);
}

static void on_end(struct turn *t, ingle_status status, const ingle_error *err) {
    if (t->streams && (t->has_begun || status == INGLE_OK)) {
        (void)begin_stream(t); /* also of an answer without a word */
        end_stream(t, status, err);
    } else if (status != INGLE_OK) {
        api_fail(&t->call, status, err, NULL);
    } else {
        reply(t);
    }
}

/* ---- the request ---- */

static void read_request(struct fields *f, struct api_call *c, struct msg_chat *m,
                         struct chat_answer *a, bool *streams) {
    const struct json_value *messages, *options;
    int64_t n;
    field_need(f, "messages");
    if (field_array(f, "messages", &messages)) {
        m->conversation.messages.data =
            api_text_of(c->arena, messages, &m->conversation.messages.len);
    }
    if (field_int(f, "max_tokens", 0, INT_MAX, &n)) m->max_tokens = (int)n;
    if (field_int(f, "max_completion_tokens", 0, INT_MAX, &n)) m->max_tokens = (int)n;
    field_strings(f, "stop", 64, c->arena, &m->stops, &m->n_stops);
    field_bool(f, "stream", streams);
    if (field_object(f, "stream_options", &options)) {
        struct fields inner = {.object = options};
        field_bool(&inner, "include_usage", &a->wants_usage);
    }
    openai_read_sampling(f, c->arena, &m->sampling);
}

void openai_chat(struct api_call *c) {
    static const struct turn_view view = {.event = on_event, .end = on_end};
    struct fields f = {.object = c->body};
    struct msg_chat m = {.conversation = {.think_budget = -1},
                         .sampling = turn_sampling_default(),
                         .max_tokens = -1,
                         .stop_loops = true,
                         .n_logprobs = -1};
    const char *model = NULL;
    bool streams = false;
    struct chat_answer *a = arena_alloc(c->arena, sizeof *a);
    field_string(&f, "model", &model);
    if (a) read_request(&f, c, &m, a, &streams);
    if (!a || f.bad || !m.conversation.messages.data) {
        api_fail(c, f.bad ? INGLE_BAD_ARGUMENT : INGLE_NO_MEMORY, f.bad ? &f.err : NULL, f.bad);
        return;
    }
    struct turn *t = turn_new(c, model, &view);
    if (!t) return;
    t->user = a;
    t->streams = streams;
    t->id = api_new_id(c->arena, "chatcmpl-");
    turn_start(t, MSG_CHAT, &m, URGENCY_INTERACTIVE, true);
}
