/* Answers of POST /v1/messages: a message of blocks, at once or as events. */
#include <string.h>

#include "daemon/anthropic/anthropic.h"
#include "daemon/api/blocks.h"

struct answer {
    struct blocks blocks;
    bool hides_thinking;
    const char *const *stops; /* of the request */
};

/* ---- what answers consist of ---- */

static const char *stop_reason(const struct turn *t) {
    switch (t->usage.reason) {
    case INGLE_STOP_LENGTH:
    case INGLE_STOP_LOOP:
        return "max_tokens";
    case INGLE_STOP_STRING:
        return "stop_sequence";
    case INGLE_STOP_TOOL:
        return "tool_use";
    default:
        return "end_turn";
    }
}

static void put_stop(struct json *j, const struct turn *t) {
    const struct answer *a = t->user;
    json_put_str(j, "stop_reason", stop_reason(t));
    if (t->usage.reason == INGLE_STOP_STRING && t->chatted.result.stop >= 0) {
        json_put_str(j, "stop_sequence", a->stops[t->chatted.result.stop]);
    } else {
        json_put_null(j, "stop_sequence");
    }
}

/* Tokens that were not computed anew are told apart, not counted twice. */
static void put_usage(struct json *j, const struct turn_usage *u) {
    json_open(j, "usage", '{');
    json_put_int(j, "input_tokens", u->n_prompt - u->n_cached);
    json_put_int(j, "cache_creation_input_tokens", 0);
    json_put_int(j, "cache_read_input_tokens", u->n_cached);
    json_put_int(j, "output_tokens", u->n_answer + u->n_thinking);
    json_end(j, '}');
}

/* The fields of a message before its content. */
static void put_message_head(struct json *j, const struct turn *t) {
    json_put_str(j, "id", t->id);
    json_put_str(j, "type", "message");
    json_put_str(j, "role", "assistant");
    json_put_str(j, "model", t->model);
}

/* ---- what streams ---- */

static void begin_event(struct json *j, struct buf *b, const char *type) {
    buf_init_secret(b, API_MAX_ANSWER);
    json_init_buf(j, b);
    json_begin(j, '{');
    json_put_str(j, "type", type);
}

static bool end_event(struct json *j, struct buf *b, struct turn *t, const char *type) {
    json_end(j, '}');
    bool is_heard = api_send_event(t->call.x, type, b);
    buf_clear(b);
    return is_heard;
}

static bool send_ping(struct turn *t) {
    struct buf b;
    struct json j;
    begin_event(&j, &b, "ping");
    return end_event(&j, &b, t, "ping");
}

static bool begin_stream(struct turn *t) {
    static const char keep_alive[] = "event: ping\ndata: {\"type\":\"ping\"}\n\n";
    const struct turn_usage prompt = {.n_prompt = t->usage.n_prompt, .n_cached = t->usage.n_cached};
    struct buf b;
    struct json j;
    if (t->has_begun) return true;
    turn_begin_stream(t, API_EVENT_STREAM, keep_alive);
    begin_event(&j, &b, "message_start");
    json_open(&j, "message", '{');
    put_message_head(&j, t);
    json_open(&j, "content", '[');
    json_end(&j, ']');
    json_put_null(&j, "stop_reason");
    json_put_null(&j, "stop_sequence");
    put_usage(&j, &prompt); /* message_delta tells the rest */
    json_end(&j, '}');
    return end_event(&j, &b, t, "message_start") && send_ping(t);
}

static void put_block_head(struct json *j, const struct turn *t, const struct block *b) {
    static const char *const types[] = {"thinking", "text", "tool_use"};
    json_put_str(j, "type", types[b->kind]);
    if (b->kind != BLOCK_CALL) return;
    json_put_str(j, "id", b->id);
    json_put_str(j, "name", block_call_name(t, b));
}

static bool begin_block(struct turn *t, const struct block *b) {
    struct buf to;
    struct json j;
    begin_event(&j, &to, "content_block_start");
    json_put_uint(&j, "index", b->number);
    json_open(&j, "content_block", '{');
    put_block_head(&j, t, b);
    if (b->kind == BLOCK_CALL) {
        json_open(&j, "input", '{');
        json_end(&j, '}');
    } else {
        json_put_str(&j, b->kind == BLOCK_TEXT ? "text" : "thinking", "");
        if (b->kind == BLOCK_THINKING) json_put_str(&j, "signature", "");
    }
    json_end(&j, '}');
    return end_event(&j, &to, t, "content_block_start");
}

static bool send_delta(struct turn *t, const struct block *b, const char *type, const char *key,
                       const char *text, size_t len) {
    struct buf to;
    struct json j;
    begin_event(&j, &to, "content_block_delta");
    json_put_uint(&j, "index", b->number);
    json_open(&j, "delta", '{');
    json_put_str(&j, "type", type);
    json_put_text(&j, key, text, len);
    json_end(&j, '}');
    return end_event(&j, &to, t, "content_block_delta");
}

static bool send_piece(struct turn *t, const struct block *b, const char *text, size_t len) {
    static const char *const types[] = {"thinking_delta", "text_delta", "input_json_delta"};
    static const char *const keys[] = {"thinking", "text", "partial_json"};
    const struct answer *a = t->user;
    if (b->kind == BLOCK_THINKING && a->hides_thinking) return true;
    return send_delta(t, b, types[b->kind], keys[b->kind], text, len);
}

static bool end_block(struct turn *t, const struct block *b) {
    struct buf to;
    struct json j;
    if (b->kind == BLOCK_THINKING) {
        char signature[33];
        struct wire_text text = block_text(t, b);
        anthropic_sign(signature, text.data, text.len);
        if (!send_delta(t, b, "signature_delta", "signature", signature, strlen(signature))) {
            return false;
        }
    }
    begin_event(&j, &to, "content_block_stop");
    json_put_uint(&j, "index", b->number);
    return end_event(&j, &to, t, "content_block_stop");
}

static const struct block_view block_view = {.prefixes = {"thk_", "txt_", "toolu_"},
                                             .begin = begin_block,
                                             .piece = send_piece,
                                             .end = end_block};

static void end_stream(struct turn *t) {
    struct answer *a = t->user;
    struct buf b;
    struct json j;
    (void)blocks_end(&a->blocks, t, &block_view);
    begin_event(&j, &b, "message_delta");
    json_open(&j, "delta", '{');
    put_stop(&j, t);
    json_end(&j, '}');
    put_usage(&j, &t->usage);
    (void)end_event(&j, &b, t, "message_delta");
    begin_event(&j, &b, "message_stop");
    (void)end_event(&j, &b, t, "message_stop");
    http_finish(t->call.x);
}

/* The event says that it failed, so that the stream may end properly. */
static void fail_stream(struct turn *t, ingle_status status, const ingle_error *err) {
    struct api_failure f = api_failure_of(status, err, NULL);
    api_end_events(t->call.x, "error", &f, anthropic_put_error);
}

/* ---- what is answered at once ---- */

static void put_block(struct json *j, const struct turn *t, const struct block *b) {
    const struct answer *a = t->user;
    struct wire_text text = block_text(t, b);
    json_begin(j, '{');
    put_block_head(j, t, b);
    if (b->kind == BLOCK_CALL) {
        json_put_raw(j, "input", text.data, text.len);
    } else if (b->kind == BLOCK_TEXT) {
        json_put_text(j, "text", text.data, text.len);
    } else {
        char signature[33];
        anthropic_sign(signature, text.data, text.len);
        json_put_text(j, "thinking", text.data, a->hides_thinking ? 0 : text.len);
        json_put_str(j, "signature", signature);
    }
    json_end(j, '}');
}

static void reply(struct turn *t) {
    const struct answer *a = t->user;
    struct buf b;
    struct json j;
    buf_init_secret(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    put_message_head(&j, t);
    json_open(&j, "content", '[');
    for (size_t i = 0; i < a->blocks.n; i++) {
        /* A call that was cut off is no JSON; stop_reason says max_tokens. */
        const struct block *block = &a->blocks.at[i];
        if (block->kind != BLOCK_CALL || block->is_whole) put_block(&j, t, block);
    }
    json_end(&j, ']');
    put_stop(&j, t);
    put_usage(&j, &t->usage);
    json_end(&j, '}');
    api_reply_json(t->call.x, 200, &b);
}

/* ---- a turn ---- */

static bool on_event(struct turn *t, const ingle_chat_event *e) {
    struct answer *a = t->user;
    if (t->streams && !begin_stream(t)) return false;
    return blocks_event(&a->blocks, t, &block_view, e);
}

static void on_end(struct turn *t, ingle_status status, const ingle_error *err) {
    if (t->streams && status == INGLE_OK) {
        (void)begin_stream(t); /* also of an answer without a word */
        end_stream(t);
    } else if (http_has_begun(t->call.x)) {
        fail_stream(t, status, err);
    } else if (status != INGLE_OK) {
        api_fail(&t->call, status, err, NULL);
    } else {
        reply(t);
    }
}

void anthropic_answer(struct api_call *c, const struct anthropic_request *r) {
    static const struct turn_view view = {.event = on_event, .end = on_end};
    struct answer *a = arena_alloc(c->arena, sizeof *a);
    if (!a) {
        api_fail(c, INGLE_NO_MEMORY, NULL, NULL);
        return;
    }
    struct turn *t = turn_new(c, r->model, &view);
    if (!t) return;
    a->hides_thinking = r->hides_thinking;
    a->stops = r->chat.stops;
    t->user = a;
    t->streams = r->streams;
    t->id = api_new_id(c->arena, "msg_");
    bool is_started = turn_start(t, MSG_CHAT, &r->chat, URGENCY_INTERACTIVE, true);
    if (is_started && r->streams) http_expect_stream(c->x, API_EVENT_STREAM, API_KEEP_ALIVE);
}
