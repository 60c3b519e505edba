/* POST /ingle/tasks/draft */
#include <limits.h>

#include "daemon/own/own_task.h"
#include "worker/wire/msg_draft.h"

static void put(struct task *t, struct json *j, const void *result) {
    const ingle_draft *d = result;
    (void)t;
    json_put_str(j, "subject", d->subject);
    json_put_str(j, "body", d->body);
    json_open(j, "placeholders", '[');
    for (size_t i = 0; i < d->n_placeholders; i++) {
        json_begin(j, '{');
        json_put_str(j, "text", d->placeholders[i].text);
        json_put_str(j, "replaced", d->placeholders[i].replaced);
        json_end(j, '}');
    }
    json_end(j, ']');
    json_put_bool(j, "was_cut", d->was_cut);
}

static const struct task_kind kind = {.type = MSG_DRAFT,
                                      .visit = msg_draft,
                                      .visit_result = msg_drafted,
                                      .result_size = sizeof(ingle_draft),
                                      .put = put};

void own_draft(struct api_call *c) {
    static const char *const kinds[] = {"email", "reply", "message", "note", NULL};
    struct task *t = task_new(c, &kind);
    if (!t) return;
    ingle_draft_options defaults = ingle_draft_options_default();
    struct msg_draft m = {.max_tokens = defaults.max_tokens};
    struct json_text context = {"", 0};
    int which = INGLE_DRAFT_EMAIL;
    struct fields *f = &t->fields;
    field_choice(f, "kind", kinds, &which);
    field_string(f, "to", &m.to);
    field_string(f, "about", &m.about);
    field_string(f, "tone", &m.tone);
    field_text(f, "context", &context);
    field_int32(f, "max_tokens", 1, INT_MAX, &m.max_tokens);
    if (task_is_bad(t)) return;
    m.kind = (ingle_draft_kind)which;
    m.context = (struct wire_text){context.data, context.len};
    task_ask(t, &m, URGENCY_TASK);
}
