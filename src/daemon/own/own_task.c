#include "daemon/own/own_task.h"

#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "worker/wire/msg_document.h"

#define MAX_NAME ((size_t)1024)

/* ---- its memory ---- */

struct task *task_new(struct api_call *c, const struct task_kind *kind) {
    struct task *t = mem_calloc(1, sizeof *t);
    if (!t) {
        api_fail(c, INGLE_NO_MEMORY, NULL, NULL);
        return NULL;
    }
    *t = (struct task){.call = *c, .kind = kind, .fields = {.object = c->body}};
    arena_init_secret(&t->arena, API_MAX_ANSWER);
    buf_init_secret(&t->text, API_MAX_ANSWER);
    buf_init_secret(&t->items, API_MAX_ANSWER);
    field_string(&t->fields, "model", &t->model);
    field_bool(&t->fields, "stream", &t->streams);
    return t;
}

static void free_task(struct task *t) {
    arena_clear(&t->arena);
    buf_clear(&t->text);
    buf_clear(&t->items);
    mem_free(t);
}

static void on_gone(struct http_exchange *x, void *task) {
    struct task *t = task;
    (void)x;
    if (t->job) job_abandon(t->job);
    free_task(t);
}

/* ---- failures ---- */

/* Before or in the middle of the answer; the task is gone. */
static void fail(struct task *t, ingle_status status, const ingle_error *err, const char *param) {
    struct api_call call = t->call;
    struct buf b;
    struct json j;
    free_task(t);
    http_exchange_watch(call.x, NULL, NULL);
    if (!http_has_begun(call.x)) {
        api_fail(&call, status, err, param);
        return;
    }
    struct api_failure f = api_failure_of(status, err, param);
    buf_init(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    json_open(&j, "error", '{');
    json_put_str(&j, "message", f.message);
    json_end(&j, '}');
    json_end(&j, '}');
    (void)api_send_event(call.x, "error", &b);
    buf_clear(&b);
    http_finish(call.x);
}

bool task_is_bad(struct task *t) {
    if (!t->fields.bad) return false;
    struct fields f = t->fields;
    fail(t, f.err.code, &f.err, f.bad);
    return true;
}

/* ---- streams ---- */

bool task_send(struct task *t, const char *name, struct buf *json) {
    http_begin(t->call.x, 200, API_EVENT_STREAM, API_KEEP_ALIVE);
    return api_send_event(t->call.x, name, json);
}

static bool send_text(struct task *t, const char *text, size_t len) {
    struct buf b;
    struct json j;
    buf_init_secret(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    json_put_text(&j, "text", text, len);
    json_end(&j, '}');
    bool is_heard = task_send(t, "text", &b);
    buf_clear(&b);
    return is_heard;
}

static bool send_progress(struct task *t, const void *body, size_t size) {
    ingle_progress p;
    struct buf b;
    struct json j;
    arena_clear(&t->arena);
    if (wire_read(&p, sizeof p, msg_progress, body, size, &t->arena, NULL) != INGLE_OK)
        return false;
    buf_init(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    json_put_str(&j, "step", p.step ? p.step : "");
    json_put_uint(&j, "done", p.done);
    json_put_uint(&j, "total", p.total);
    json_end(&j, '}');
    bool is_heard = task_send(t, "progress", &b);
    buf_clear(&b);
    return is_heard;
}

bool task_add_item(struct task *t, const char *event, struct buf *json) {
    if (t->items.size > 0) buf_add_str(&t->items, ",");
    buf_add(&t->items, json->data, json->size);
    bool is_kept = !buf_failed(&t->items) && !buf_failed(json);
    if (!t->streams) buf_reset(json);
    return is_kept && (!t->streams || task_send(t, event, json));
}

/* ---- answers ---- */

static bool on_answer(enum msg_type type, const void *body, size_t size, void *task) {
    struct task *t = task;
    if (type == MSG_PROGRESS) return !t->streams || send_progress(t, body, size);
    if (type == MSG_TEXT) {
        if (!buf_add(&t->text, body, size)) return false;
        return !t->streams || t->kind->hides_text || send_text(t, body, size);
    }
    arena_clear(&t->arena);
    return !t->kind->answer || t->kind->answer(t, type, body, size);
}

static void on_done(ingle_status status, const ingle_error *err, const void *result, void *task) {
    struct task *t = task;
    struct buf b;
    struct json j;
    t->job = NULL;
    if (status != INGLE_OK) {
        fail(t, status, err, NULL);
        return;
    }
    buf_init_secret(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    t->kind->put(t, &j, result);
    json_end(&j, '}');
    http_exchange_watch(t->call.x, NULL, NULL);
    if (t->streams) {
        (void)task_send(t, "result", &b);
        buf_clear(&b);
        http_finish(t->call.x);
    } else {
        api_reply_json(t->call.x, 200, &b);
    }
    free_task(t);
}

static ingle_status ask(struct task *t, const struct service_ask *ask, ingle_error *err) {
    ingle_status status = service_ask(&t->job, t->call.api->service, ask, err);
    if (status != INGLE_OK) return status;
    http_exchange_watch(t->call.x, on_gone, t);
    if (t->streams) http_expect_stream(t->call.x, API_EVENT_STREAM, API_KEEP_ALIVE);
    return status;
}

static struct service_ask as_asked(struct task *t, enum urgency urgency) {
    return (struct service_ask){.model = t->model,
                                .asker = {.client = t->call.request->client, .urgency = urgency},
                                .user = t};
}

void task_ask(struct task *t, const void *m, enum urgency urgency) {
    ingle_error err = {0};
    struct service_ask a = as_asked(t, urgency);
    a.type = t->kind->type;
    a.visit = t->kind->visit;
    a.request = m;
    a.visit_result = t->kind->visit_result;
    a.result_size = t->kind->result_size;
    a.on_answer = on_answer;
    a.on_done = on_done;
    ingle_status status = ask(t, &a, &err);
    if (status != INGLE_OK) fail(t, status, &err, status == INGLE_NOT_FOUND ? "model" : NULL);
}

/* ---- documents ---- */

static bool on_document_text(enum msg_type type, const void *body, size_t size, void *task) {
    return type == MSG_TEXT && buf_add(&((struct task *)task)->text, body, size);
}

static void on_document(ingle_status status, const ingle_error *err, const void *result,
                        void *task) {
    struct task *t = task;
    (void)result;
    t->job = NULL;
    if (status != INGLE_OK) {
        fail(t, status, err, "document");
        return;
    }
    char *copy = arena_copy(t->call.arena, t->text.data ? t->text.data : "", t->text.size);
    t->source = (struct json_text){copy, t->text.size};
    buf_reset(&t->text);
    if (copy) {
        t->then(t);
    } else {
        fail(t, INGLE_NO_MEMORY, NULL, NULL);
    }
}

static void read_document(struct task *t, const struct json_value *document) {
    struct fields f = {.object = document};
    struct json_text data = {"", 0};
    struct msg_document m = {.name = NULL};
    struct buf bytes;
    ingle_error err = {0};
    buf_init_secret(&bytes, API_MAX_ANSWER);
    field_need(&f, "data");
    field_string(&f, "name", &m.name);
    if (m.name && strlen(m.name) > MAX_NAME) field_fail(&f, "name", "The name is too long.");
    if (field_text(&f, "data", &data) && !own_base64(&bytes, data.data, data.len)) {
        field_fail(&f, "data", "'data' is no base64.");
    }
    m.bytes = (struct wire_text){bytes.data ? bytes.data : "", bytes.size};
    ingle_status status = f.bad ? f.err.code : INGLE_OK;
    if (status == INGLE_OK) {
        struct service_ask a = as_asked(t, URGENCY_TASK);
        a.type = MSG_DOCUMENT;
        a.visit = msg_document;
        a.request = &m;
        a.visit_result = msg_document_read;
        a.result_size = sizeof(struct msg_document_read);
        a.on_answer = on_document_text;
        a.on_done = on_document;
        status = ask(t, &a, &err);
    } else {
        err = f.err;
    }
    buf_clear(&bytes);
    if (status != INGLE_OK) fail(t, status, &err, f.bad ? f.bad : NULL);
}

void task_read_text(struct task *t, void (*then)(struct task *t)) {
    const struct json_value *document = NULL;
    bool has_text = field_text(&t->fields, "text", &t->source);
    bool has_document = field_object(&t->fields, "document", &document);
    if (has_text == has_document) {
        field_fail(&t->fields, "text", "There must be either a 'text' or a 'document'.");
    }
    if (task_is_bad(t)) return;
    t->then = then;
    if (has_text) {
        then(t);
    } else {
        read_document(t, document);
    }
}

/* ---- offsets ---- */

size_t utf16_at(struct utf16_count *c, size_t byte) {
    while (c->at < byte && c->at < c->len) {
        size_t n = 1;
        uint32_t ch = utf8_next(c->text + c->at, c->len - c->at, &n);
        c->at += n;
        c->units += ch > 0xffff ? 2 : 1;
    }
    return c->units;
}
