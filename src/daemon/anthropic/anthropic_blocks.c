/* Anthropic's messages, block by block, as the messages that a worker takes. */
#include <string.h>

#include "daemon/anthropic/anthropic.h"

/* Where a message is read: names for what is wrong, and what its blocks become. */
struct reader {
    struct arena *arena;
    struct talk *talk;
    enum talk_role role;
};

static const char no_pictures[] = "ingle's models read text only.";

/* ---- documents and results: blocks inside of blocks ---- */

static void add_line(struct buf *out, const struct json_text *text) {
    if (out->size > 0) buf_add(out, "\n", 1);
    buf_add(out, text->data, text->len);
}

/* What is said about a document stands above it. */
static void add_document(struct fields *f, struct arena *arena, struct buf *out) {
    static const char *const types[] = {"text", "base64", "url", "content", "file", NULL};
    const struct json_value *source, *citations;
    struct json_text text;
    int type = -1;
    field_need(f, "source");
    if (!field_object(f, "source", &source)) return;
    struct fields inner = {.object = source};
    field_need(&inner, "type");
    field_choice(&inner, "type", types, &type);
    if (type > 0) {
        field_fail(&inner, "type", "A document of the type '%s' is not supported; \"text\" is.",
                   types[type]);
    }
    field_need(&inner, "data");
    if (field_object(f, "citations", &citations)) {
        struct fields about = {.object = citations};
        field_refuse(&about, "enabled", "ingle does not cite documents.");
        field_adopt(f, &about, arena, "citations");
    }
    if (field_text(f, "title", &text)) add_line(out, &text);
    if (field_text(f, "context", &text)) add_line(out, &text);
    if (field_text(&inner, "data", &text)) add_line(out, &text);
    field_adopt(f, &inner, arena, "source");
}

static bool is_type(const char *type, const char *word) {
    return type && strcmp(type, word) == 0;
}

/* A block of text or a document behind what `out` has; of others the type is wrong. */
static void add_text_block(struct fields *f, struct arena *arena, struct buf *out) {
    const char *type = NULL;
    struct json_text text;
    field_need(f, "type");
    field_string(f, "type", &type);
    if (is_type(type, "text")) {
        field_need(f, "text");
        if (field_text(f, "text", &text)) add_line(out, &text);
    } else if (is_type(type, "document")) {
        add_document(f, arena, out);
    } else if (type) {
        field_fail(f, "type", "A block of the type '%.40s' is not supported here: %s", type,
                   no_pictures);
    }
}

/* The text of a string or of blocks, which is in the arena. */
static void read_text(struct fields *f, const char *name, struct arena *arena,
                      struct wire_text *out) {
    const struct json_value *v = field_get(f, name);
    struct buf b;
    *out = (struct wire_text){"", 0};
    if (!v) return;
    if (v->kind == JSON_STRING) {
        *out = (struct wire_text){v->text.data, v->text.len};
        return;
    }
    if (v->kind != JSON_ARRAY) {
        field_fail(f, name, "'%s' must be a string or an array of blocks.", name);
        return;
    }
    buf_init_secret(&b, API_MAX_ANSWER);
    for (size_t i = 0; i < v->n && !f->bad; i++) {
        struct fields inner = {.object = &v->items[i]};
        add_text_block(&inner, arena, &b);
        field_adopt(f, &inner, arena, field_path(arena, "%s[%zu]", name, i));
    }
    out->data = api_take_text(arena, &b, &out->len);
    if (!out->data) *out = (struct wire_text){"", 0};
}

/* ---- the blocks of a message ---- */

static void read_use(struct fields *f, struct reader *r) {
    const char *id = NULL, *name = NULL;
    const struct json_value *input = NULL;
    field_need(f, "id");
    field_need(f, "name");
    field_need(f, "input");
    field_string(f, "id", &id);
    field_string(f, "name", &name);
    field_object(f, "input", &input);
    if (f->bad) return;
    size_t len = 0;
    const char *text = api_text_of(r->arena, input, &len);
    if (text) talk_call(r->talk, id, name, text, len);
}

static void read_result(struct fields *f, struct reader *r) {
    const char *id = NULL;
    struct wire_text text;
    bool is_error = false;
    field_need(f, "tool_use_id");
    field_string(f, "tool_use_id", &id);
    field_bool(f, "is_error", &is_error);
    read_text(f, "content", r->arena, &text);
    if (f->bad) return;
    struct buf told;
    buf_init_secret(&told, API_MAX_ANSWER);
    if (is_error) buf_add_str(&told, "Error: ");
    buf_add(&told, text.data, text.len);
    size_t len;
    const char *all = api_take_text(r->arena, &told, &len);
    if (all) talk_result(r->talk, id, all, len);
}

static void read_thinking(struct fields *f, struct reader *r) {
    struct json_text text;
    field_need(f, "thinking");
    if (field_text(f, "thinking", &text) && text.len > 0) {
        talk_thinking(r->talk, text.data, text.len);
    }
}

/* Blocks of the assistant have other types than those of the user; the system's are texts. */
static void read_block(struct fields *f, struct reader *r) {
    const char *type = NULL;
    bool is_assistant = r->role == TALK_ASSISTANT;
    if (f->object->kind != JSON_OBJECT) {
        field_fail(f, "type", "A block must be an object.");
        return;
    }
    field_need(f, "type");
    if (!field_string(f, "type", &type)) return;
    if (is_assistant && is_type(type, "tool_use")) {
        read_use(f, r);
    } else if (is_assistant && is_type(type, "thinking")) {
        read_thinking(f, r);
    } else if (is_assistant && is_type(type, "redacted_thinking")) {
        return; /* nobody here can read it */
    } else if (r->role == TALK_USER && is_type(type, "tool_result")) {
        read_result(f, r);
    } else {
        struct buf b;
        buf_init_secret(&b, API_MAX_ANSWER);
        add_text_block(f, r->arena, &b);
        size_t len;
        const char *text = api_take_text(r->arena, &b, &len);
        if (text && !f->bad) talk_text(r->talk, r->role, text, len);
    }
}

static void read_content(struct fields *f, struct reader *r) {
    const struct json_value *v = field_get(f, "content");
    field_need(f, "content");
    if (!v) return;
    if (v->kind == JSON_STRING) {
        talk_text(r->talk, r->role, v->text.data, v->text.len);
        return;
    }
    if (v->kind != JSON_ARRAY) {
        field_fail(f, "content", "'content' must be a string or an array of blocks.");
        return;
    }
    for (size_t i = 0; i < v->n && !f->bad; i++) {
        struct fields inner = {.object = &v->items[i]};
        read_block(&inner, r);
        field_adopt(f, &inner, r->arena, field_path(r->arena, "content[%zu]", i));
    }
}

static void read_message(struct fields *f, struct reader *r) {
    static const char *const names[] = {"user", "assistant", "system", NULL};
    static const enum talk_role roles[] = {TALK_USER, TALK_ASSISTANT, TALK_SYSTEM};
    int role = 0;
    if (f->object->kind != JSON_OBJECT) {
        field_fail(f, "role", "A message must be an object.");
        return;
    }
    field_need(f, "role");
    if (!field_choice(f, "role", names, &role)) return;
    r->role = roles[role];
    read_content(f, r);
}

void anthropic_read_messages(struct fields *f, struct arena *arena, struct talk *talk) {
    struct reader r = {.arena = arena, .talk = talk};
    struct wire_text system;
    const struct json_value *list;
    read_text(f, "system", arena, &system);
    if (system.len > 0) talk_text(talk, TALK_SYSTEM, system.data, system.len);
    field_need(f, "messages");
    if (!field_array(f, "messages", &list)) return;
    if (list->n == 0) field_fail(f, "messages", "'messages' is empty.");
    for (size_t i = 0; i < list->n && !f->bad; i++) {
        struct fields inner = {.object = &list->items[i]};
        read_message(&inner, &r);
        field_adopt(f, &inner, arena, field_path(arena, "messages[%zu]", i));
    }
    if (!f->bad && r.role == TALK_ASSISTANT) {
        field_fail(f, "messages",
                   "The last of 'messages' is the assistant's: ingle begins answers itself.");
    }
}
