/* Messages in OpenAI's shape, checked field by field: what is malformed is named by its place. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "engine/chat/json_out.h"
#include "engine/chat/message.h"

#define ARGUMENTS_MAX ((size_t)16 << 20)

/* While one message is read. */
struct reader {
    const struct json_value *value;
    const struct message_list *list;
    struct call_ids *ids;
    struct arena arena;
    struct message_parts parts;
    ingle_error *err;
};

static ingle_status wrong(const struct reader *r, const struct json_value *at, const char *field,
                          const char *rule) {
    return status_set(r->err, INGLE_INVALID, at->where, "Message %zu: %s %s.", r->list->n, field,
                      rule);
}

static ingle_status no_memory(const struct reader *r) {
    return status_no_memory(r->err, "a message", r->arena.total);
}

/* A string, or "" if the field is null or not there. */
static ingle_status read_text(const struct reader *r, const char *name, struct json_text *out) {
    const struct json_value *value = json_member(r->value, name);
    *out = (struct json_text){"", 0};
    if (!value || value->kind == JSON_NULL) return INGLE_OK;
    if (value->kind != JSON_STRING) return wrong(r, value, name, "must be a string");
    *out = value->text;
    return INGLE_OK;
}

static ingle_status read_role(struct reader *r) {
    const struct json_value *role = json_member(r->value, "role");
    if (!role) return wrong(r, r->value, "role", "is missing");
    if (role->kind != JSON_STRING) return wrong(r, role, "role", "must be a string");
    if (message_find_role(role->text.data, role->text.len, &r->parts.role)) return INGLE_OK;
    return status_set(r->err, INGLE_INVALID, role->where,
                      "Message %zu: role is '%.40s'; it must be system, developer, user, assistant "
                      "or tool.",
                      r->list->n, role->text.data);
}

static ingle_status read_part(const struct reader *r, const struct json_value *part, size_t i,
                              struct buf *out) {
    const struct json_value *type = json_member(part, "type"), *text = json_member(part, "text");
    char field[48];
    (void)snprintf(field, sizeof field, "content[%zu]", i);
    if (part->kind != JSON_OBJECT) return wrong(r, part, field, "must be an object");
    if (!type || type->kind != JSON_STRING) return wrong(r, part, field, "has no type");
    if (!json_text_is(&type->text, "text")) {
        return status_set(r->err, INGLE_INVALID, type->where,
                          "Message %zu: %s has the type '%.40s'; only text is supported.",
                          r->list->n, field, type->text.data);
    }
    if (!text || text->kind != JSON_STRING) return wrong(r, part, field, "has no text");
    if (i > 0) buf_add(out, "\n", 1);
    buf_add(out, text->text.data, text->text.len);
    return INGLE_OK;
}

static ingle_status join_parts(struct reader *r, const struct json_value *content,
                               struct buf *joined) {
    for (size_t i = 0; i < content->n; i++) {
        INGLE_TRY(read_part(r, &content->items[i], i, joined));
    }
    if (buf_failed(joined)) return no_memory(r);
    r->parts.text.len = joined->size;
    r->parts.text.data = arena_copy(&r->arena, joined->data ? joined->data : "", joined->size);
    return r->parts.text.data ? INGLE_OK : no_memory(r);
}

static ingle_status read_content(struct reader *r) {
    const struct json_value *content = json_member(r->value, "content");
    if (!content && r->parts.role != MESSAGE_ASSISTANT) {
        return wrong(r, r->value, "content", "is missing");
    }
    if (!content || content->kind != JSON_ARRAY) {
        if (!content || content->kind == JSON_STRING || content->kind == JSON_NULL) {
            return read_text(r, "content", &r->parts.text);
        }
        return wrong(r, content, "content", "must be a string, null or an array of parts");
    }
    struct buf joined;
    buf_init(&joined, MESSAGE_MAX_SIZE);
    ingle_status status = join_parts(r, content, &joined);
    buf_clear(&joined);
    return status;
}

/* The JSON text of an object, from a string that holds it or from the object. */
static ingle_status read_arguments(struct reader *r, const struct json_value *value,
                                   const char *field, struct json_text *out) {
    const struct json_value *parsed;
    if (!value || value->kind == JSON_NULL) {
        *out = (struct json_text){"{}", 2};
        return INGLE_OK;
    }
    if (value->kind == JSON_STRING) {
        *out = value->text;
        ingle_status status = json_tree_parse(&parsed, &r->arena, value->text.data, value->text.len,
                                              "The text", NULL);
        if (status == INGLE_INVALID || (status == INGLE_OK && parsed->kind != JSON_OBJECT)) {
            return wrong(r, value, field, "is not the JSON text of an object");
        }
        return status == INGLE_OK ? INGLE_OK : no_memory(r);
    }
    if (value->kind != JSON_OBJECT) return wrong(r, value, field, "must be an object");
    struct buf text;
    buf_init(&text, ARGUMENTS_MAX);
    json_out_value(&text, value);
    out->data = buf_failed(&text) ? NULL : arena_copy(&r->arena, text.data, text.size);
    out->len = text.size;
    buf_clear(&text);
    return out->data ? INGLE_OK : no_memory(r);
}

static ingle_status read_call(struct reader *r, const struct json_value *value, size_t i,
                              struct message_call *call) {
    char field[64];
    static const char *const names[] = {"", ".function", ".function.name", ".function.arguments"};
    const struct json_value *id = json_member(value, "id"),
                            *function = json_member(value, "function"),
                            *name = function ? json_member(function, "name") : NULL;
    size_t wrong_at = value->kind != JSON_OBJECT                              ? 0
                      : !function || function->kind != JSON_OBJECT            ? 1
                      : !name || name->kind != JSON_STRING || !name->text.len ? 2
                                                                              : 3;
    (void)snprintf(field, sizeof field, "tool_calls[%zu]%s", i, names[wrong_at]);
    if (wrong_at == 0) return wrong(r, value, field, "must be an object");
    if (wrong_at == 1) return wrong(r, value, field, "is no object");
    if (wrong_at == 2) return wrong(r, value, field, "is no name");
    call->name = name->text;
    INGLE_TRY(read_arguments(r, json_member(function, "arguments"), field, &call->arguments));
    if (id && id->kind == JSON_STRING && id->text.len > 0) {
        call->id = id->text;
        return INGLE_OK;
    }
    char made[CALL_ID_MAX];
    call_id_make(r->ids, made);
    call->id = (struct json_text){arena_copy(&r->arena, made, strlen(made)), strlen(made)};
    return call->id.data ? INGLE_OK : no_memory(r);
}

static ingle_status read_calls(struct reader *r) {
    const struct json_value *list = json_member(r->value, "tool_calls");
    if (!list || list->kind == JSON_NULL) return INGLE_OK;
    if (list->kind != JSON_ARRAY) return wrong(r, list, "tool_calls", "must be an array");
    if (list->n > 0 && r->parts.role != MESSAGE_ASSISTANT) {
        return wrong(r, list, "tool_calls", "stands in a message that is not the assistant's");
    }
    struct message_call *calls = arena_array(&r->arena, list->n, sizeof *calls);
    if (!calls) return no_memory(r);
    r->parts.calls = calls;
    for (size_t i = 0; i < list->n; i++) {
        INGLE_TRY(read_call(r, &list->items[i], i, &calls[i]));
        r->parts.n_calls++;
    }
    return INGLE_OK;
}

/* A tool's message answers a call, by its id or, where that is missing, the first open one. */
static ingle_status read_answer(struct reader *r) {
    INGLE_TRY(read_text(r, "tool_call_id", &r->parts.call_id));
    INGLE_TRY(read_text(r, "name", &r->parts.name));
    if (r->parts.role != MESSAGE_TOOL) {
        if (r->parts.call_id.len == 0) return INGLE_OK;
        return wrong(r, r->value, "tool_call_id", "stands in a message that is not a tool's");
    }
    const struct message_call *call = r->parts.call_id.len
                                          ? message_find_call(r->list, r->list->n, r->parts.call_id)
                                          : message_open_call(r->list, r->parts.name);
    if (!call && r->parts.call_id.len > 0) {
        return status_set(r->err, INGLE_INVALID, r->value->where,
                          "Message %zu: tool_call_id is '%.60s', but no call before it has this "
                          "id.",
                          r->list->n, r->parts.call_id.data);
    }
    if (!call) return wrong(r, r->value, "role", "is tool, but no call waits for a result");
    r->parts.call_id = call->id;
    if (r->parts.name.len == 0) r->parts.name = call->name;
    return INGLE_OK;
}

static ingle_status read_fields(struct reader *r) {
    if (r->value->kind != JSON_OBJECT) {
        return status_set(r->err, INGLE_INVALID, r->value->where,
                          "Message %zu must be a JSON object.", r->list->n);
    }
    INGLE_TRY(read_role(r));
    INGLE_TRY(read_content(r));
    INGLE_TRY(read_text(r, "reasoning_content", &r->parts.thinking));
    INGLE_TRY(read_calls(r));
    return read_answer(r);
}

ingle_status message_read(struct message **out, const struct json_value *value,
                          const struct message_list *list, struct call_ids *ids, ingle_error *err) {
    struct reader r = {.value = value, .list = list, .ids = ids, .err = err};
    *out = NULL;
    r.parts.from = value;
    arena_init(&r.arena, 32 * MESSAGE_MAX_SIZE);
    ingle_status status = read_fields(&r);
    if (status == INGLE_OK) status = message_new(out, &r.parts, list->n, err);
    arena_clear(&r.arena);
    return status;
}
