/* POST /ingle/tasks/rewrite */
#include "daemon/own/own_task.h"
#include "worker/wire/msg_rewrite.h"

/* Blocks come in the order of the text. */
static bool on_block(struct task *t, enum msg_type type, const void *body, size_t size) {
    ingle_rewrite_block block;
    struct utf16_count *count = t->own;
    struct buf b;
    struct json j;
    if (type != MSG_BLOCK ||
        wire_read(&block, sizeof block, msg_block, body, size, &t->arena, NULL) != INGLE_OK) {
        return false;
    }
    buf_init_secret(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    json_put_uint(&j, "from", utf16_at(count, block.from));
    json_put_uint(&j, "to", utf16_at(count, block.to));
    json_put_text(&j, "text", block.text, block.len);
    json_key(&j, "kept_because");
    if (block.kept_because) {
        json_str(&j, block.kept_because);
    } else {
        json_null(&j);
    }
    json_end(&j, '}');
    bool goes_on = task_add_item(t, "block", &b);
    buf_clear(&b);
    return goes_on;
}

static void put(struct task *t, struct json *j, const void *result) {
    const ingle_rewrite_result *r = result;
    json_put_text(j, "text", t->text.data ? t->text.data : "", t->text.size);
    json_open(j, "blocks", '[');
    if (t->items.size > 0) json_raw(j, t->items.data, t->items.size);
    json_end(j, ']');
    json_put_uint(j, "asked", r->n_blocks);
    json_put_uint(j, "changed", r->n_changed);
    json_put_uint(j, "kept", r->n_kept);
}

static const struct task_kind kind = {.type = MSG_REWRITE,
                                      .visit = msg_rewrite,
                                      .visit_result = msg_rewritten,
                                      .result_size = sizeof(ingle_rewrite_result),
                                      .answer = on_block,
                                      .put = put};

void own_rewrite(struct api_call *c) {
    static const char *const manners[] = {"proofread", "concise", "formal", "friendly",
                                          "plain",     "free",    NULL};
    struct task *t = task_new(c, &kind);
    if (!t) return;
    ingle_rewrite_options defaults = ingle_rewrite_options_default();
    struct msg_rewrite m = {.max_changed = defaults.max_changed};
    struct utf16_count *count = t->own = arena_alloc(c->arena, sizeof *count);
    int manner = INGLE_REWRITE_PROOFREAD;
    struct fields *f = &t->fields;
    field_need(f, "text");
    field_text(f, "text", &t->source);
    field_choice(f, "manner", manners, &manner);
    field_string(f, "instruction", &m.instruction);
    if (!count) field_no_memory(f, "text");
    if (task_is_bad(t) || !count) return;
    *count = (struct utf16_count){.text = t->source.data, .len = t->source.len};
    m.manner = (ingle_rewrite_manner)manner;
    m.text = (struct wire_text){t->source.data, t->source.len};
    task_ask(t, &m, URGENCY_TASK);
}
