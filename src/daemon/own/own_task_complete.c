/* POST /ingle/tasks/complete: code or text at a place. */
#include <limits.h>
#include <string.h>

#include "daemon/own/own_task.h"
#include "worker/wire/msg_complete.h"

static void put(struct task *t, struct json *j, const void *result) {
    const ingle_complete_result *r = result;
    json_put_text(j, "text", t->text.data ? t->text.data : "", t->text.size);
    json_put_str(j, "reason", ingle_complete_reason_name(r->reason));
    json_put_bool(j, "fills_middle", r->fills_middle);
    json_put_int(j, "prompt_tokens", r->n_prompt);
    json_put_int(j, "cached_tokens", r->n_reused);
    json_put_int(j, "tokens", r->n_tokens);
    json_put_number(j, "ms", r->ms, 5);
}

static const struct task_kind kind = {.type = MSG_COMPLETE,
                                      .visit = msg_complete,
                                      .visit_result = msg_completed,
                                      .result_size = sizeof(ingle_complete_result),
                                      .put = put};

static bool read_file(struct task *t, ingle_complete_file *file, const struct json_value *v) {
    struct fields f = {.object = v->kind == JSON_OBJECT ? v : NULL};
    struct json_text text = {"", 0};
    field_need(&f, "name");
    field_need(&f, "text");
    field_string(&f, "name", &file->name);
    field_text(&f, "text", &text);
    file->text = text.data;
    file->len = text.len;
    if (f.bad) field_fail(&t->fields, "file", "A file is wrong: %s", f.err.msg);
    return !f.bad;
}

/* Line and column count from 1; a column counts characters. What lies beyond the end of its line is
 * no place. */
static void find_place(struct task *t, struct msg_complete *m, int line, int column) {
    const char *text = m->file.text, *end = text + m->file.len, *at = text;
    for (int i = 1; i < line && at; i++) {
        at = memchr(at, '\n', (size_t)(end - at));
        if (at) at++;
    }
    for (int i = 1; i < column && at; i++) {
        if (at == end || *at == '\n') {
            at = NULL;
            break;
        }
        do at++;
        while (at < end && ((unsigned char)*at & 0xc0) == 0x80);
    }
    if (!at) {
        field_fail(&t->fields, "line", "The file has no line %d with a column %d.", line, column);
        return;
    }
    m->at = (size_t)(at - text);
}

static void read_others(struct task *t, struct msg_complete *m) {
    const struct json_value *list;
    if (!field_array(&t->fields, "others", &list)) return;
    ingle_complete_file *others = arena_array(t->call.arena, list->n + 1, sizeof *others);
    if (!others || list->n > MSG_COMPLETE_MAX_OTHERS) {
        field_fail(&t->fields, "others", "There may be %d other files.", MSG_COMPLETE_MAX_OTHERS);
        return;
    }
    for (size_t i = 0; i < list->n && read_file(t, &others[i], &list->items[i]); i++) {
        m->n_others = i + 1;
    }
    m->others = others;
}

void own_complete(struct api_call *c) {
    static const char *const extents[] = {"block", "line", NULL};
    struct task *t = task_new(c, &kind);
    if (!t) return;
    ingle_complete_options defaults = ingle_complete_options_default();
    struct msg_complete m = {.max_tokens = defaults.max_tokens};
    const struct json_value *file;
    struct fields *f = &t->fields;
    int extent = INGLE_COMPLETE_BLOCK, line = 0, column = 1;
    field_need(f, "file");
    field_need(f, "line");
    field_int32(f, "line", 1, INT_MAX, &line);
    field_int32(f, "column", 1, INT_MAX, &column);
    field_int32(f, "max_tokens", 1, INT_MAX, &m.max_tokens);
    field_choice(f, "extent", extents, &extent);
    field_string(f, "repository", &m.repository);
    if (field_object(f, "file", &file) && !f->bad && read_file(t, &m.file, file)) {
        find_place(t, &m, line, column);
    }
    read_others(t, &m);
    m.extent = (ingle_complete_extent)extent;
    if (!task_is_bad(t)) task_ask(t, &m, URGENCY_INTERACTIVE);
}
