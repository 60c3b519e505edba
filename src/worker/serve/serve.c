/* A request goes to its handler, which answers it. */
#include "worker/serve/serve.h"

#include <assert.h>
#include <sys/resource.h>
#include <unistd.h>

#include "task/tasks.h"
#include "worker/serve/slots.h"
#include "worker/wire/msg_generate.h"

/* What is read from a request, copies of its texts included. */
#define MAX_ARENA (MESSAGE_MAX_REQUEST + ((size_t)256 << 20))

/* ---- answers ---- */

uint64_t serve_peak_memory(void) {
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss * 1024 : 0;
}

/* Nobody hears why: the front sees that the process is gone. */
static void send_or_end(struct link *link, uint32_t type, uint32_t id, const struct buf *b) {
    if (link_send(link, (uint16_t)type, id, b->data, b->size, NULL) != INGLE_OK) _exit(0);
}

void serve_done(struct link *link, uint32_t id, ingle_status status, const ingle_error *err,
                const struct buf *result) {
    struct msg_done m = {.peak_memory = serve_peak_memory()};
    if (status != INGLE_OK) m.error = *err;
    m.error.code = status;
    if (result) m.result = (struct wire_text){result->data ? result->data : "", result->size};
    struct buf out;
    buf_init_secret(&out, MESSAGE_MAX_ANSWER + 1024);
    if (wire_write(&out, msg_done, &m, NULL) != INGLE_OK) _exit(1);
    send_or_end(link, MSG_DONE, id, &out);
    buf_clear(&out);
}

bool serve_say_bytes(struct request *r, enum msg_type type, const void *data, size_t size) {
    struct inbox *in = r->server->inbox;
    return link_send(inbox_link(in), (uint16_t)type, r->id, data, size, NULL) == INGLE_OK &&
           !inbox_is_cancelled(in, r->id);
}

bool serve_say(struct request *r, enum msg_type type, wire_fn visit, const void *message) {
    struct buf *out = &r->slot->out;
    buf_reset(out);
    if (r->unsaid.code != INGLE_OK || wire_write(out, visit, message, &r->unsaid) != INGLE_OK) {
        return false;
    }
    return serve_say_bytes(r, type, out->data, out->size);
}

bool serve_say_all(struct request *r, enum msg_type type, const void *data, size_t size) {
    bool is_wanted = true;
    for (size_t at = 0; is_wanted && at < size; at += LINK_FRAME) {
        size_t part = size - at < LINK_FRAME ? size - at : LINK_FRAME;
        is_wanted = serve_say_bytes(r, type, (const char *)data + at, part);
    }
    return is_wanted;
}

ingle_status serve_check_cancel(const struct request *r, ingle_error *err) {
    if (!inbox_is_cancelled(r->server->inbox, r->id)) return INGLE_OK;
    return status_set(err, INGLE_CANCELLED, 0, "Interrupted.");
}

ingle_status serve_say_text(struct request *r, const char *text, size_t len, ingle_error *err) {
    bool is_wanted = serve_say_all(r, MSG_TEXT, text, len);
    (void)is_wanted; /* which is looked up */
    return serve_check_cancel(r, err);
}

static struct msg_token_choice choice(const ingle_model *model, ingle_token token, float logprob) {
    struct msg_token_choice c = {.token = token, .logprob = logprob};
    c.bytes.data = ingle_token_bytes(model, token, true, &c.bytes.len);
    return c;
}

bool serve_say_token(const ingle_token_report *report, void *request) {
    const ingle_model *model = ((const struct request *)request)->server->model;
    struct msg_token_choice top[INGLE_TOP_MAX];
    struct msg_token m = {.chosen = choice(model, report->token, report->logprob),
                          .top = top,
                          .n_top = report->n_top,
                          .is_shown = report->is_shown};
    for (size_t i = 0; i < report->n_top; i++) {
        top[i] = choice(model, report->top[i].token, report->top[i].logprob);
    }
    return serve_say(request, MSG_TOKEN, msg_token, &m);
}

ingle_status serve_result(struct request *r, wire_fn visit, const void *message, ingle_error *err) {
    buf_reset(r->result);
    return wire_write(r->result, visit, message, err);
}

ingle_status serve_end(struct request *r, ingle_status status, wire_fn visit, const void *message,
                       ingle_error *err) {
    ingle_status told = serve_result(r, visit, message, status == INGLE_OK ? err : NULL);
    return status == INGLE_OK ? told : status;
}

/* ---- requests ---- */

ingle_status serve_need_model(const struct server *s, ingle_error *err) {
    if (s->model) return INGLE_OK;
    return status_set(err, INGLE_REFUSED, 0,
                      "There is no language model here: none was named (-m MODEL).");
}

ingle_status serve_need_session(struct slot *slot, ingle_error *err) {
    INGLE_TRY(serve_need_model(slot->server, err));
    if (slot->session) return INGLE_OK;
    if (slot->server->start.has_session) return slot_need_session(slot, err);
    return status_set(err, INGLE_REFUSED, 0, "This worker was started without a session.");
}

ingle_status serve_need_sole(const struct server *s, ingle_error *err) {
    if (s->start.n_slots == 0) return INGLE_OK;
    return status_set(err, INGLE_REFUSED, 0,
                      "A worker that serves several clients does not do this: what it keeps from "
                      "one request to another is no client's own.");
}

ingle_status serve_read(struct request *r, void *message, size_t size, wire_fn visit,
                        ingle_error *err) {
    return wire_read(message, size, visit, r->body, r->size, r->arena, err);
}

static void cancel_session(void *session) {
    ingle_session_cancel(session);
}

ingle_status serve_read_for_session(struct request *r, void *message, size_t size, wire_fn visit,
                                    ingle_error *err) {
    INGLE_TRY(serve_read(r, message, size, visit, err));
    INGLE_TRY(serve_need_session(r->slot, err));
    slot_set_urgency(r->slot, r->asker.urgency); /* it may be new */
    inbox_watch(r->server->inbox, r->slot->taker, r->id, cancel_session, r->slot->session);
    return INGLE_OK;
}

/* ---- serving ---- */

static const serve_fn handlers[MSG_STARTED] = {
    [MSG_GENERATE] = serve_generate,     [MSG_CHAT] = serve_chat,
    [MSG_CHAT_COUNT] = serve_chat_count, [MSG_TOKENIZE] = serve_tokenize,
    [MSG_DETOKENIZE] = serve_detokenize, [MSG_TEMPLATE] = serve_template,
    [MSG_RESTORE] = serve_restore,       [MSG_REMEMBER] = serve_remember,
    [MSG_DOCUMENT] = serve_document,     [MSG_SUMMARIZE] = serve_summarize,
    [MSG_REWRITE] = serve_rewrite,       [MSG_DRAFT] = serve_draft,
    [MSG_COMPLETE] = serve_complete,     [MSG_INTENT] = serve_intent,
    [MSG_DIGEST] = serve_digest,         [MSG_REDACT] = serve_redact,
    [MSG_LOGITS] = serve_logits,         [MSG_JUDGE] = serve_judge,
    [MSG_EMBED] = serve_embed,           [MSG_FILL] = serve_fill,
    [MSG_STATUS] = serve_status,         [MSG_DESCRIBE] = serve_describe,
};

/* What the body begins with. */
static ingle_status read_asker(struct request *r, ingle_error *err) {
    size_t n = r->size < MSG_ASKER_SIZE ? r->size : MSG_ASKER_SIZE;
    INGLE_TRY(wire_read(&r->asker, sizeof r->asker, msg_asker, r->body, n, r->arena, err));
    r->body = (const char *)r->body + n;
    r->size -= n;
    return INGLE_OK;
}

/* Cancelled for certain, it refuses a token before it computes anything, and has forgotten it. */
static void forget(ingle_session *session) {
    static const ingle_token any = 0;
    if (!session) return;
    int n = ingle_session_n_tokens(session);
    ingle_status status = INGLE_OK; /* a full one refuses more for being full */
    if (n == ingle_session_n_ctx(session)) status = ingle_session_truncate(session, n - 1, NULL);
    ingle_session_cancel(session);
    if (status == INGLE_OK) status = ingle_session_eval(session, &any, 1, NULL, NULL);
    assert(status == INGLE_CANCELLED);
    (void)status;
}

/* What was cancelled after its work had ended would cancel the next one's. Nobody does it now. */
static void forget_cancel(struct slot *slot) {
    forget(slot->session);
    if (!slot->tasks) return;
    ingle_status was_cancelled = task_check_cancel(slot->tasks, NULL);
    (void)was_cancelled; /* so it is forgotten */
    forget(slot->tasks->session);
}

/* Where many ask, one that was cancelled before its turn is not begun. */
static ingle_status begin(struct request *r, ingle_error *err) {
    INGLE_TRY(read_asker(r, err));
    if (r->server->start.n_slots > 0) INGLE_TRY(serve_check_cancel(r, err));
    INGLE_TRY(slot_turn_to(r->slot, r->asker.client, err));
    slot_set_urgency(r->slot, r->asker.urgency);
    return INGLE_OK;
}

static ingle_status serve(struct request *r, uint16_t type, ingle_error *err) {
    INGLE_TRY(begin(r, err));
    serve_fn handler = type < MSG_STARTED ? handlers[type] : NULL;
    if (!handler) return status_set(err, INGLE_UNSUPPORTED, 0, "No such request: %d.", type);
    ingle_status status = handler(r, err);
    if (r->unsaid.code == INGLE_OK) return status;
    *err = r->unsaid;
    return r->unsaid.code;
}

void serve_request(struct slot *slot, struct link_message *m) {
    struct inbox *in = slot->server->inbox;
    struct arena arena;
    struct buf result;
    arena_init_secret(&arena, MAX_ARENA);
    buf_init_secret(&result, MESSAGE_MAX_ANSWER);
    struct request r = {.server = slot->server,
                        .slot = slot,
                        .id = m->id,
                        .body = m->body.data,
                        .size = m->body.size,
                        .arena = &arena,
                        .result = &result};
    ingle_error err = {0};
    link_wipe(inbox_link(in)); /* of what was taken */
    ingle_status status = serve(&r, m->type, &err);
    inbox_watch(in, slot->taker, 0, NULL, NULL);
    if (inbox_is_cancelled(in, m->id)) forget_cancel(slot);
    atomic_fetch_add(&slot->server->counters.n_requests, 1);
    serve_done(inbox_link(in), r.id, status, &err, &result);
    buf_clear(&result);
    buf_reset(&slot->out);
    arena_clear(&arena);
    buf_clear(&m->body);
}
