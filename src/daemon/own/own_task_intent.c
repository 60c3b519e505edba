/* POST /ingle/tasks/intent */
#include "base/clock.h"
#include "daemon/own/own_task.h"
#include "worker/wire/msg_intent.h"

#define MAX_LABELS 1024
#define MAX_EXAMPLES 64
#define DEFAULT_TOP 3

struct intent {
    double began_ms;
};

static void put(struct task *t, struct json *j, const void *result) {
    const struct msg_intended *r = result;
    const struct intent *own = t->own;
    bool is_one = !r->is_none && r->n_top > 0;
    json_key(j, "intent");
    if (is_one) {
        json_str(j, r->top[0].label);
    } else {
        json_null(j);
    }
    json_put_number(j, "confidence", (double)r->confidence, 6);
    json_open(j, "top", '[');
    for (size_t i = 0; i < r->n_top; i++) {
        json_begin(j, '{');
        json_put_str(j, "label", r->top[i].label);
        json_put_number(j, "confidence", (double)r->top[i].confidence, 6);
        json_end(j, '}');
    }
    json_end(j, ']');
    json_put_number(j, "ms", clock_ms() - own->began_ms, 4);
}

static const struct task_kind kind = {.type = MSG_INTENT,
                                      .visit = msg_intent,
                                      .visit_result = msg_intended,
                                      .result_size = sizeof(struct msg_intended),
                                      .put = put};

static void read_label(struct task *t, ingle_label *label, const struct json_value *v) {
    struct fields f = {.object = v};
    const char *const *examples = NULL;
    if (v->kind == JSON_STRING) {
        label->name = v->text.data;
        return;
    }
    field_need(&f, "name");
    field_string(&f, "name", &label->name);
    field_string(&f, "description", &label->description);
    field_strings(&f, "examples", MAX_EXAMPLES, t->call.arena, &examples, &label->n_examples);
    label->examples = examples;
    if (f.bad) field_fail(&t->fields, "labels", "A label is wrong: %s", f.err.msg);
}

static void read_labels(struct task *t, struct msg_intent *m) {
    const struct json_value *labels;
    if (!field_array(&t->fields, "labels", &labels)) return;
    ingle_label *all = arena_array(t->call.arena, labels->n, sizeof *all);
    if (!all || labels->n > MAX_LABELS) {
        field_fail(&t->fields, "labels", "There may be %d labels at most.", MAX_LABELS);
        return;
    }
    for (size_t i = 0; i < labels->n; i++) read_label(t, &all[i], &labels->items[i]);
    m->labels = all;
    m->n_labels = labels->n;
}

void own_intent(struct api_call *c) {
    struct task *t = task_new(c, &kind);
    if (!t) return;
    struct msg_intent m = {.n_top = DEFAULT_TOP};
    struct fields *f = &t->fields;
    struct intent *own = t->own = arena_alloc(c->arena, sizeof *own);
    field_need(f, "text");
    field_text(f, "text", &t->source);
    field_int32(f, "top", 1, MSG_INTENT_MAX_TOP, &m.n_top);
    read_labels(t, &m);
    if (!own) field_no_memory(f, "text");
    if (task_is_bad(t) || !own) return;
    own->began_ms = clock_ms();
    m.text = (struct wire_text){t->source.data, t->source.len};
    task_ask(t, &m, URGENCY_INTERACTIVE);
}
