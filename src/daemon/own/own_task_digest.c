/* POST /ingle/tasks/digest */
#include "daemon/own/own_task.h"
#include "worker/wire/msg_digest.h"

#define MAX_ITEMS 10000

static const char *const urgencies[] = {"low", "normal", "critical", NULL};

static bool on_group(struct task *t, enum msg_type type, const void *body, size_t size) {
    static const char *const sections[] = {"urgent", "people", "rest"};
    ingle_digest_group g;
    struct buf b;
    struct json j;
    if (type == MSG_FOUND) return true;
    if (type != MSG_GROUP ||
        wire_read(&g, sizeof g, msg_group, body, size, &t->arena, NULL) != INGLE_OK) {
        return false;
    }
    buf_init_secret(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    json_put_str(&j, "section", sections[g.section]);
    json_put_str(&j, "urgency", urgencies[g.urgency]);
    json_put_str(&j, "app", g.app);
    json_put_str(&j, "conversation", g.conversation);
    json_put_str(&j, "text", g.text);
    json_put_str(&j, "when", g.when);
    json_put_uint(&j, "count", g.n);
    json_put_bool(&j, "had_secret", g.had_secret);
    json_put_bool(&j, "generated", g.is_generated);
    json_end(&j, '}');
    bool goes_on = task_add_item(t, "group", &b);
    buf_clear(&b);
    return goes_on;
}

static void put(struct task *t, struct json *j, const void *result) {
    const ingle_digest_result *r = result;
    json_open(j, "groups", '[');
    if (t->items.size > 0) json_raw(j, t->items.data, t->items.size);
    json_end(j, ']');
    json_put_uint(j, "notifications", r->n);
    json_put_uint(j, "left_out", r->n_left);
    json_put_uint(j, "secrets", r->n_secrets);
}

static const struct task_kind kind = {.type = MSG_DIGEST,
                                      .visit = msg_digest,
                                      .visit_result = msg_digested,
                                      .result_size = sizeof(ingle_digest_result),
                                      .answer = on_group,
                                      .put = put};

static void read_item(struct task *t, ingle_notification *n, const struct json_value *v) {
    struct fields f = {.object = v->kind == JSON_OBJECT ? v : NULL};
    int urgency = INGLE_URGENCY_NORMAL;
    if (v->kind != JSON_OBJECT) field_fail(&f, "notifications", "It must be an object.");
    field_string(&f, "app", &n->app);
    field_string(&f, "title", &n->title);
    field_string(&f, "body", &n->body);
    field_string(&f, "conversation", &n->conversation);
    field_string(&f, "id", &n->id);
    field_string(&f, "replaces", &n->replaces);
    field_int(&f, "time", 0, INT64_C(1) << 40, &n->time_s);
    field_choice(&f, "urgency", urgencies, &urgency);
    n->urgency = (ingle_urgency)urgency;
    if (f.bad) field_fail(&t->fields, "notifications", "A notification is wrong: %s", f.err.msg);
}

void own_digest(struct api_call *c) {
    struct task *t = task_new(c, &kind);
    if (!t) return;
    struct msg_digest m = {.max_groups = 0};
    const struct json_value *list = NULL;
    struct fields *f = &t->fields;
    int max_groups = 0;
    field_need(f, "notifications");
    field_int32(f, "max_groups", 0, MAX_ITEMS, &max_groups);
    field_int(f, "now", 0, INT64_C(1) << 40, &m.now_s);
    m.max_groups = (size_t)max_groups;
    ingle_notification *items = NULL;
    if (field_array(f, "notifications", &list)) {
        m.n_items = list->n;
        items = arena_array(c->arena, list->n + 1, sizeof *items);
    }
    if (m.n_items > MAX_ITEMS) {
        field_fail(f, "notifications", "There may be %d at most.", MAX_ITEMS);
    } else if (list && !items) {
        field_no_memory(f, "notifications");
    }
    for (size_t i = 0; items && !f->bad && i < list->n; i++)
        read_item(t, &items[i], &list->items[i]);
    m.items = items;
    if (!task_is_bad(t)) task_ask(t, &m, URGENCY_BACKGROUND);
}
