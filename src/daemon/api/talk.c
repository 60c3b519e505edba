#include "daemon/api/talk.h"

#include "daemon/api/api.h"

void talk_init(struct talk *t) {
    *t = (struct talk){.role = TALK_NOBODY};
    buf_init_secret(&t->out, API_MAX_ANSWER);
    buf_init_secret(&t->text, API_MAX_ANSWER);
    buf_init_secret(&t->thinking, API_MAX_ANSWER);
    buf_init_secret(&t->calls, API_MAX_ANSWER);
    json_init_buf(&t->json, &t->out);
    json_begin(&t->json, '[');
}

void talk_clear(struct talk *t) {
    buf_clear(&t->out);
    buf_clear(&t->text);
    buf_clear(&t->thinking);
    buf_clear(&t->calls);
}

void talk_before(struct talk *t, const struct wire_text *messages) {
    if (messages->len > 0) json_raw(&t->json, messages->data, messages->len);
    t->n_messages++;
}

static void put_content(struct talk *t) {
    if (t->has_text || t->n_calls == 0) {
        json_put_text(&t->json, "content", t->text.data ? t->text.data : "", t->text.size);
    } else {
        json_put_null(&t->json, "content");
    }
}

void talk_break(struct talk *t) {
    static const char *const names[] = {"", "system", "developer", "user", "assistant"};
    if (t->role == TALK_NOBODY) return;
    json_begin(&t->json, '{');
    json_put_str(&t->json, "role", names[t->role]);
    put_content(t);
    if (t->thinking.size > 0) {
        json_put_text(&t->json, "reasoning_content", t->thinking.data, t->thinking.size);
    }
    if (t->n_calls > 0) {
        json_end(&t->calls_json, ']');
        json_put_raw(&t->json, "tool_calls", t->calls.data ? t->calls.data : "", t->calls.size);
    }
    json_end(&t->json, '}');
    t->n_messages++;
    t->role = TALK_NOBODY;
    t->has_text = false;
    t->n_calls = 0;
    t->has_failed |= buf_failed(&t->text) || buf_failed(&t->thinking) || buf_failed(&t->calls);
    buf_reset(&t->text); /* which forgets that */
    buf_reset(&t->thinking);
    buf_reset(&t->calls);
}

static void gather(struct talk *t, enum talk_role role) {
    if (t->role == role) return;
    talk_break(t);
    t->role = role;
}

void talk_text(struct talk *t, enum talk_role role, const char *text, size_t len) {
    gather(t, role);
    if (t->has_text) buf_add(&t->text, "\n", 1);
    buf_add(&t->text, text, len);
    t->has_text = true;
}

void talk_thinking(struct talk *t, const char *text, size_t len) {
    gather(t, TALK_ASSISTANT);
    if (t->thinking.size > 0) buf_add(&t->thinking, "\n", 1);
    buf_add(&t->thinking, text, len);
}

void talk_call(struct talk *t, const char *id, const char *name, const char *arguments,
               size_t len) {
    struct json *j = &t->calls_json;
    gather(t, TALK_ASSISTANT);
    if (t->n_calls == 0) {
        json_init_buf(j, &t->calls);
        json_begin(j, '[');
    }
    json_begin(j, '{');
    json_put_str(j, "id", id);
    json_put_str(j, "type", "function");
    json_open(j, "function", '{');
    json_put_str(j, "name", name);
    json_put_text(j, "arguments", arguments, len);
    json_end(j, '}');
    json_end(j, '}');
    t->n_calls++;
}

void talk_result(struct talk *t, const char *id, const char *text, size_t len) {
    talk_break(t);
    json_begin(&t->json, '{');
    json_put_str(&t->json, "role", "tool");
    json_put_str(&t->json, "tool_call_id", id);
    json_put_text(&t->json, "content", text, len);
    json_end(&t->json, '}');
    t->n_messages++;
}

void talk_put_tool(struct json *j, const char *name, const struct json_value *description,
                   const struct json_value *parameters) {
    json_begin(j, '{');
    json_put_str(j, "type", "function");
    json_open(j, "function", '{');
    json_put_str(j, "name", name);
    if (description) json_put_value(j, "description", description);
    if (parameters) json_put_value(j, "parameters", parameters);
    json_end(j, '}');
    json_end(j, '}');
}

const char *talk_read_tools(struct fields *f, struct arena *arena,
                            void (*put)(struct fields *item, struct json *j)) {
    const struct json_value *list;
    struct buf b;
    struct json j;
    if (!field_array(f, "tools", &list) || list->n == 0) return NULL;
    buf_init_secret(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '[');
    for (size_t i = 0; i < list->n && !f->bad; i++) {
        struct fields item = {.object = &list->items[i]};
        put(&item, &j);
        field_adopt(f, &item, arena, field_path(arena, "tools[%zu]", i));
    }
    json_end(&j, ']');
    const char *tools = api_take_text(arena, &b, NULL);
    if (!tools) field_no_memory(f, "tools");
    return tools;
}

bool talk_end(struct talk *t, struct arena *arena, struct wire_text *out) {
    talk_break(t);
    json_end(&t->json, ']');
    if (t->has_failed || buf_failed(&t->out)) return false;
    *out = (struct wire_text){arena_copy(arena, t->out.data, t->out.size), t->out.size};
    return out->data != NULL;
}
