/* POST /ingle/tasks/redact: what is private becomes the name of its kind, "[PERSON]". */
#include "daemon/own/own_task.h"
#include "worker/wire/msg_redact.h"

struct redaction {
    size_t at; /* byte of the source that it has come to */
    struct utf16_count count;
};

static bool put_span(struct task *t, struct json *j, const struct msg_spans *m,
                     const struct msg_span *s) {
    struct redaction *r = t->own;
    bool is_inside = s->from >= r->at && s->to <= t->source.len && s->kind < m->n_kinds;
    if (!is_inside) return false;
    const char *name = m->kinds[s->kind];
    buf_add(&t->text, t->source.data + r->at, s->from - r->at);
    buf_addf(&t->text, "[%s]", name);
    r->at = s->to;
    json_begin(j, '{');
    json_put_uint(j, "from", utf16_at(&r->count, s->from));
    json_put_uint(j, "to", utf16_at(&r->count, s->to));
    json_put_str(j, "kind", name);
    json_put_number(j, "confidence", (double)s->confidence, 4);
    json_end(j, '}');
    return !buf_failed(&t->text);
}

static bool on_spans(struct task *t, enum msg_type type, const void *body, size_t size) {
    struct msg_spans m;
    bool is_fine = type == MSG_SPANS &&
                   wire_read(&m, sizeof m, msg_spans, body, size, &t->arena, NULL) == INGLE_OK;
    for (size_t i = 0; is_fine && i < m.n_spans; i++) {
        struct buf b;
        struct json j;
        buf_init_secret(&b, API_MAX_ANSWER);
        json_init_buf(&j, &b);
        is_fine = put_span(t, &j, &m, &m.spans[i]) && task_add_item(t, "span", &b);
        buf_clear(&b);
    }
    return is_fine;
}

static void put(struct task *t, struct json *j, const void *result) {
    const struct redaction *r = t->own;
    (void)result;
    buf_add(&t->text, t->source.data + r->at, t->source.len - r->at);
    json_put_text(j, "text", t->text.data ? t->text.data : "", t->text.size);
    json_open(j, "spans", '[');
    if (t->items.size > 0) json_raw(j, t->items.data, t->items.size);
    json_end(j, ']');
}

static const struct task_kind kind = {
    .type = MSG_REDACT, .visit = msg_redact, .answer = on_spans, .put = put, .hides_text = true};

void own_redact(struct api_call *c) {
    struct task *t = task_new(c, &kind);
    if (!t) return;
    struct msg_redact m = {.only = NULL};
    struct fields *f = &t->fields;
    struct redaction *r = t->own = arena_alloc(c->arena, sizeof *r);
    field_need(f, "text");
    field_text(f, "text", &t->source);
    field_string(f, "only", &m.only);
    field_string(f, "keep", &m.keep);
    if (!r) field_no_memory(f, "text");
    if (task_is_bad(t) || !r) return;
    r->count = (struct utf16_count){.text = t->source.data, .len = t->source.len};
    m.text = (struct wire_text){t->source.data, t->source.len};
    task_ask(t, &m, URGENCY_INTERACTIVE);
}
