/* POST /ingle/tasks/document: the plain text of a file. */
#include "daemon/own/own_task.h"
#include "worker/wire/msg_document.h"

static void put(struct task *t, struct json *j, const void *result) {
    const struct msg_document_read *r = result;
    json_put_text(j, "text", t->text.data ? t->text.data : "", t->text.size);
    json_put_str(j, "kind", r->kind_name);
    json_put_str(j, "title", r->title);
    json_put_str(j, "notes", r->notes);
}

static const struct task_kind kind = {.type = MSG_DOCUMENT,
                                      .visit = msg_document,
                                      .visit_result = msg_document_read,
                                      .result_size = sizeof(struct msg_document_read),
                                      .put = put};

void own_document(struct api_call *c) {
    struct task *t = task_new(c, &kind);
    if (!t) return;
    struct msg_document m = {.name = NULL};
    struct json_text data = {"", 0};
    struct fields *f = &t->fields;
    struct buf bytes;
    buf_init_secret(&bytes, API_MAX_ANSWER);
    field_need(f, "data");
    field_string(f, "name", &m.name);
    if (field_text(f, "data", &data) && !own_base64(&bytes, data.data, data.len)) {
        field_fail(f, "data", "'data' is no base64.");
    }
    m.bytes = (struct wire_text){bytes.data ? bytes.data : "", bytes.size};
    if (!task_is_bad(t)) task_ask(t, &m, URGENCY_INTERACTIVE);
    buf_clear(&bytes);
}
