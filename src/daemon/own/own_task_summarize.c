/* POST /ingle/tasks/summarize */
#include "daemon/own/own_task.h"
#include "worker/wire/msg_summarize.h"

static void put(struct task *t, struct json *j, const void *result) {
    const ingle_summary_result *r = result;
    const char *text = t->text.data ? t->text.data : "";
    json_put_text(j, "text", text, t->text.size);
    json_put_bool(j, "extractive", r->is_extractive);
    json_put_uint(j, "parts", r->n_parts);
    json_put_uint(j, "second_tries", r->n_second_tries);
    json_put_uint(j, "replaced", r->n_replaced);
    json_put_uint(j, "silent", r->n_silent);
    json_put_bool(j, "was_replaced", r->was_replaced);
    json_put_str(j, "unfounded", r->unfounded);
    json_open(j, "source", '{');
    json_put_text(j, "text", t->source.data, t->source.len);
    own_put_sources(j, "spans", text, t->text.size, t->source.data, t->source.len);
    json_end(j, '}');
}

static const struct task_kind kind = {.type = MSG_SUMMARIZE,
                                      .visit = msg_summarize,
                                      .visit_result = msg_summarized,
                                      .result_size = sizeof(ingle_summary_result),
                                      .put = put};

static void summarize(struct task *t) {
    struct msg_summarize *m = t->own;
    m->text = (struct wire_text){t->source.data, t->source.len};
    task_ask(t, m, URGENCY_TASK);
}

void own_summarize(struct api_call *c) {
    static const char *const styles[] = {"prose", "bullets", "tldr", NULL};
    static const char *const lengths[] = {"short", "medium", "long", NULL};
    struct task *t = task_new(c, &kind);
    if (!t) return;
    struct msg_summarize *m = t->own = arena_alloc(c->arena, sizeof *m);
    int style = INGLE_SUMMARY_PROSE, length = INGLE_SUMMARY_MEDIUM;
    if (!m) {
        field_no_memory(&t->fields, "text");
    } else {
        field_choice(&t->fields, "style", styles, &style);
        field_choice(&t->fields, "length", lengths, &length);
        field_bool(&t->fields, "extractive", &m->extractive);
        field_string(&t->fields, "title", &m->title);
        m->style = (ingle_summary_style)style;
        m->length = (ingle_summary_length)length;
    }
    task_read_text(t, summarize);
}
