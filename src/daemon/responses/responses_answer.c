/* Answers of POST /v1/responses: a whole response, or the events of its making. */
#include <string.h>

#include "daemon/openai/openai.h"
#include "daemon/responses/responses.h"

/* ---- events ---- */

static void begin_event(struct json *j, struct buf *b, struct turn *t, const char *type) {
    struct response *r = t->user;
    buf_init_secret(b, API_MAX_ANSWER);
    json_init_buf(j, b);
    json_begin(j, '{');
    json_put_str(j, "type", type);
    json_put_int(j, "sequence_number", r->n_events++);
}

static bool end_event(struct json *j, struct buf *b, struct turn *t, const char *type) {
    json_end(j, '}');
    bool is_heard = api_send_event(t->call.x, type, b);
    buf_clear(b);
    return is_heard;
}

static bool send_response(struct turn *t, const char *type, enum response_status status,
                          const struct api_failure *failure) {
    struct buf b;
    struct json j;
    begin_event(&j, &b, t, type);
    json_key(&j, "response");
    responses_put(&j, t, status, failure);
    return end_event(&j, &b, t, type);
}

static bool begin_stream(struct turn *t) {
    if (t->has_begun) return true;
    turn_begin_stream(t, API_EVENT_STREAM, API_KEEP_ALIVE);
    return send_response(t, "response.created", RESPONSE_RUNS, NULL) &&
           send_response(t, "response.in_progress", RESPONSE_RUNS, NULL);
}

static bool send_item(struct turn *t, const struct block *b, const char *type, bool has_ended) {
    struct buf to;
    struct json j;
    begin_event(&j, &to, t, type);
    json_put_uint(&j, "output_index", b->number);
    json_key(&j, "item");
    responses_put_item(&j, t, b, has_ended);
    return end_event(&j, &to, t, type);
}

/* An event about the inside of an item: what it is called, and where in the item it stands. */
static void begin_inside(struct json *j, struct buf *to, struct turn *t, const struct block *b,
                         const char *type) {
    begin_event(j, to, t, type);
    json_put_str(j, "item_id", b->id);
    json_put_uint(j, "output_index", b->number);
    if (b->kind == BLOCK_TEXT) json_put_int(j, "content_index", 0);
    if (b->kind == BLOCK_THINKING) json_put_int(j, "summary_index", 0);
}

/* The one part of a message, or of what was thought; calls have none. */
static bool send_part(struct turn *t, const struct block *b, const char *type, size_t len) {
    struct buf to;
    struct json j;
    bool is_text = b->kind == BLOCK_TEXT;
    begin_inside(&j, &to, t, b, type);
    json_open(&j, "part", '{');
    json_put_str(&j, "type", is_text ? "output_text" : "summary_text");
    json_put_text(&j, "text", block_text(t, b).data, len);
    if (is_text) json_put_raw(&j, "annotations", "[]", 2);
    if (is_text) json_put_raw(&j, "logprobs", "[]", 2);
    json_end(&j, '}');
    return end_event(&j, &to, t, type);
}

static bool send_words(struct turn *t, const struct block *b, const char *type, const char *key,
                       const struct wire_text *text) {
    struct buf to;
    struct json j;
    begin_inside(&j, &to, t, b, type);
    if (strcmp(key, "arguments") == 0) json_put_str(&j, "name", block_call_name(t, b));
    json_put_text(&j, key, text->data, text->len);
    if (b->kind == BLOCK_TEXT) json_put_raw(&j, "logprobs", "[]", 2);
    return end_event(&j, &to, t, type);
}

/* The names of the events of each kind of block. */
static const struct {
    const char *part_added, *delta, *done, *part_done;
} names[] = {
    [BLOCK_THINKING] = {"response.reasoning_summary_part.added",
                        "response.reasoning_summary_text.delta",
                        "response.reasoning_summary_text.done",
                        "response.reasoning_summary_part.done"},
    [BLOCK_TEXT] = {"response.content_part.added", "response.output_text.delta",
                    "response.output_text.done", "response.content_part.done"},
    [BLOCK_CALL] = {NULL, "response.function_call_arguments.delta",
                    "response.function_call_arguments.done", NULL},
};

static bool begin_block(struct turn *t, const struct block *b) {
    const char *part = names[b->kind].part_added;
    return send_item(t, b, "response.output_item.added", false) &&
           (!part || send_part(t, b, part, 0));
}

static bool send_piece(struct turn *t, const struct block *b, const char *text, size_t len) {
    struct wire_text piece = {text, len};
    return send_words(t, b, names[b->kind].delta, "delta", &piece);
}

static bool end_block(struct turn *t, const struct block *b) {
    struct wire_text text = block_text(t, b);
    const char *part = names[b->kind].part_done;
    const char *key = b->kind == BLOCK_CALL ? "arguments" : "text";
    return send_words(t, b, names[b->kind].done, key, &text) &&
           (!part || send_part(t, b, part, text.len)) &&
           send_item(t, b, "response.output_item.done", true);
}

static const struct block_view block_view = {.prefixes = {"rs_", "msg_", "fc_"},
                                             .begin = begin_block,
                                             .piece = send_piece,
                                             .end = end_block};

static void end_stream(struct turn *t, enum response_status status,
                       const struct api_failure *failure) {
    struct response *r = t->user;
    (void)blocks_end(&r->blocks, t, &block_view);
    const char *type = "response.completed";
    if (status == RESPONSE_FAILED) {
        type = "response.failed";
    } else if (responses_was_cut(t)) {
        type = "response.incomplete";
    }
    (void)send_response(t, type, status, failure);
    http_finish(t->call.x);
}

/* ---- a turn ---- */

static void reply(struct turn *t) {
    struct buf b;
    struct json j;
    buf_init_secret(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    responses_put(&j, t, RESPONSE_ENDED, NULL);
    api_reply_json(t->call.x, 200, &b);
}

static bool on_event(struct turn *t, const ingle_chat_event *e) {
    struct response *r = t->user;
    if (t->streams && !begin_stream(t)) return false;
    return blocks_event(&r->blocks, t, &block_view, e);
}

static void on_end(struct turn *t, ingle_status status, const ingle_error *err) {
    bool is_fine = status == INGLE_OK;
    struct api_failure failure = api_failure_of(status, err, NULL);
    enum response_status end = is_fine ? RESPONSE_ENDED : RESPONSE_FAILED;
    responses_keep_end(t, end, is_fine ? NULL : &failure);
    if (t->streams && (is_fine || http_has_begun(t->call.x))) {
        (void)begin_stream(t); /* also of an answer without a word */
        end_stream(t, end, is_fine ? NULL : &failure);
    } else if (!is_fine) {
        api_fail(&t->call, status, err, status == INGLE_CONTEXT_FULL ? "input" : NULL);
    } else {
        reply(t);
    }
}

void responses_cancel(struct turn *t) {
    struct response *r = t->user;
    r->is_cancelled = true;
    on_end(t, INGLE_OK, NULL);
    turn_abandon(t);
}

static void on_gone(struct http_exchange *x, void *turn) {
    struct turn *t = turn;
    struct response *r = t->user;
    (void)x;
    if (r->stored) response_store_remove(&t->call.api->responses, r->stored);
    turn_abandon(t);
}

void responses_answer(struct api_call *c, const struct responses_request *request) {
    static const struct turn_view view = {.event = on_event, .end = on_end};
    struct response *r = arena_alloc(c->arena, sizeof *r);
    if (!r) {
        api_fail(c, INGLE_NO_MEMORY, NULL, NULL);
        return;
    }
    struct turn *t = turn_new(c, request->model, &view);
    if (!t) return;
    r->request = request;
    t->user = r;
    t->streams = request->streams;
    t->id = api_new_id(c->arena, "resp_");
    if (request->stores && !responses_keep(t)) {
        ingle_error err = {0};
        ingle_status status =
            status_set(&err, INGLE_BAD_ARGUMENT, 0,
                       "There is no room to keep this response: 'store' has %zu bytes for all.",
                       RESPONSE_STORE_BYTES);
        turn_abandon(t);
        api_fail(c, status, &err, "store");
        return;
    }
    struct stored_response *stored = r->stored;
    struct api *api = c->api;
    if (turn_start(t, MSG_CHAT, &request->chat, URGENCY_INTERACTIVE, false)) {
        http_exchange_watch(c->x, on_gone, t);
        if (t->streams) http_expect_stream(c->x, API_EVENT_STREAM, API_KEEP_ALIVE);
    } else if (stored) {
        response_store_remove(&api->responses, stored);
    }
}
