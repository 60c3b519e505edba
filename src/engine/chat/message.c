#include "engine/chat/message.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "engine/chat/json_out.h"
#include "engine/text/unicode.h"

/* A tree takes more room than its text. */
#define ARENA_MAX (32 * MESSAGE_MAX_SIZE)

static const char *const role_names[] = {"system", "user", "assistant", "tool"};

const char *message_role_name(enum message_role role) {
    return role_names[role];
}

static bool is(const char *name, size_t len, const char *text) {
    return len == strlen(text) && memcmp(name, text, len) == 0;
}

bool message_find_role(const char *name, size_t len, enum message_role *role) {
    for (size_t i = 0; i < sizeof role_names / sizeof *role_names; i++) {
        if (!is(name, len, role_names[i])) continue;
        *role = (enum message_role)i;
        return true;
    }
    *role = MESSAGE_SYSTEM;
    return is(name, len, "developer");
}

void call_id_make(struct call_ids *ids, char id[CALL_ID_MAX]) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    size_t n = 0, len = 9;
    if (!ids->are_short) {
        memcpy(id, "call_", 5);
        n = 5;
        len = 29;
    }
    while (n < len) id[n++] = letters[rng_below(&ids->rng, sizeof letters - 1)];
    id[n] = '\0';
}

/* ---- writing the one form ---- */

static bool is_known_field(const struct json_text *name) {
    static const char *const known[] = {"role",       "content",      "reasoning_content",
                                        "tool_calls", "tool_call_id", "name"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (json_text_is(name, known[i])) return true;
    }
    return false;
}

static void put_field(struct buf *out, const char *name, struct json_text text) {
    bool is_first = false;
    if (text.len == 0) return;
    json_out_name(out, name, strlen(name), &is_first);
    json_out_string(out, text.data, text.len);
}

static void put_calls(struct buf *out, const struct message_call *calls, size_t n) {
    buf_add_str(out, ", \"tool_calls\": [");
    for (size_t i = 0; i < n; i++) {
        buf_add_str(out, i ? ", {\"id\": " : "{\"id\": ");
        json_out_string(out, calls[i].id.data, calls[i].id.len);
        buf_add_str(out, ", \"type\": \"function\", \"function\": {\"name\": ");
        json_out_string(out, calls[i].name.data, calls[i].name.len);
        buf_add_str(out, ", \"arguments\": ");
        json_out_string(out, calls[i].arguments.data, calls[i].arguments.len);
        buf_add_str(out, "}}");
    }
    buf_add_str(out, "]");
}

static void write_parts(struct buf *out, const struct message_parts *parts) {
    buf_addf(out, "{\"role\": \"%s\", \"content\": ", role_names[parts->role]);
    if (parts->n_calls > 0 && parts->text.len == 0) {
        buf_add_str(out, "null");
    } else {
        json_out_string(out, parts->text.data, parts->text.len);
    }
    put_field(out, "reasoning_content", parts->thinking);
    if (parts->n_calls > 0) put_calls(out, parts->calls, parts->n_calls);
    put_field(out, "tool_call_id", parts->call_id);
    put_field(out, "name", parts->name);
    for (size_t i = 0; parts->from && i < parts->from->n; i++) {
        const struct json_member *member = &parts->from->members[i];
        bool is_first = false;
        if (is_known_field(&member->name)) continue;
        json_out_name(out, member->name.data, member->name.len, &is_first);
        json_out_value(out, &member->value);
    }
    buf_add_str(out, "}");
}

/* ---- reading it back ---- */

static struct json_text text_of(const struct json_value *tree, const char *name) {
    const struct json_value *value = json_member(tree, name);
    return value && value->kind == JSON_STRING ? value->text : (struct json_text){"", 0};
}

static bool read_calls(struct message *m) {
    const struct json_value *list = json_member(m->tree, "tool_calls");
    if (!list) return true;
    struct message_call *calls = arena_array(&m->arena, list->n, sizeof *calls);
    if (!calls) return false;
    for (size_t i = 0; i < list->n; i++) {
        const struct json_value *function = json_member(&list->items[i], "function");
        calls[i] = (struct message_call){.id = text_of(&list->items[i], "id"),
                                         .name = text_of(function, "name"),
                                         .arguments = text_of(function, "arguments")};
    }
    m->calls = calls;
    m->n_calls = list->n;
    return true;
}

static ingle_status fill(struct message *m, const struct message_parts *parts,
                         const struct buf *json, ingle_error *err) {
    m->role = parts->role;
    m->json.data = arena_copy(&m->arena, json->data, json->size);
    m->json.len = json->size;
    if (!m->json.data) return status_no_memory(err, "a message", json->size);
    INGLE_TRY(json_tree_parse(&m->tree, &m->arena, json->data, json->size, "A message", err));
    m->text = text_of(m->tree, "content");
    m->thinking = text_of(m->tree, "reasoning_content");
    m->call_id = text_of(m->tree, "tool_call_id");
    m->name = text_of(m->tree, "name");
    return read_calls(m) ? INGLE_OK : status_no_memory(err, "a message", json->size);
}

static ingle_status check_utf8(struct json_text text, size_t number, const char *field,
                               ingle_error *err) {
    for (size_t at = 0; at < text.len;) {
        uint32_t c = 0;
        size_t n = unicode_decode((const uint8_t *)text.data + at, text.len - at, &c);
        if (n == 0 || n != unicode_encoded_len(c) || (c >= 0xd800 && c <= 0xdfff)) {
            return status_set(err, INGLE_INVALID, at,
                              "Message %zu: its %s is not UTF-8 from byte %zu on.", number, field,
                              at);
        }
        at += n;
    }
    return INGLE_OK;
}

ingle_status message_new(struct message **out, const struct message_parts *parts, size_t number,
                         ingle_error *err) {
    *out = NULL;
    INGLE_TRY(check_utf8(parts->text, number, "content", err));
    INGLE_TRY(check_utf8(parts->thinking, number, "reasoning_content", err));
    struct buf json;
    buf_init(&json, MESSAGE_MAX_SIZE);
    write_parts(&json, parts);
    struct message *m = buf_failed(&json) ? NULL : mem_calloc(1, sizeof *m);
    if (!m) {
        bool is_long = json.size > MESSAGE_MAX_SIZE / 2;
        buf_clear(&json);
        if (!is_long) return status_no_memory(err, "a message", parts->text.len);
        return status_set(err, INGLE_LIMIT, 0, "Message %zu is longer than %zu bytes.", number,
                          MESSAGE_MAX_SIZE);
    }
    arena_init(&m->arena, ARENA_MAX);
    ingle_status status = fill(m, parts, &json, err);
    buf_clear(&json);
    if (status != INGLE_OK) {
        message_free(m);
        return status;
    }
    *out = m;
    return INGLE_OK;
}

void message_free(struct message *m) {
    if (!m) return;
    arena_clear(&m->arena);
    mem_free(m);
}

/* ---- lists ---- */

static bool is_answered(const struct message_list *list, size_t from, struct json_text id) {
    for (size_t i = from; i < list->n; i++) {
        if (json_text_equal(&list->at[i]->call_id, &id)) return true;
    }
    return false;
}

const struct message_call *message_open_call(const struct message_list *list,
                                             struct json_text name) {
    for (size_t i = list->n; i-- > 0;) {
        const struct message *m = list->at[i];
        for (size_t k = 0; k < m->n_calls; k++) {
            if (name.len > 0 && !json_text_equal(&m->calls[k].name, &name)) continue;
            if (!is_answered(list, i + 1, m->calls[k].id)) return &m->calls[k];
        }
        if (m->n_calls > 0) return NULL;
    }
    return NULL;
}

const struct message_call *message_find_call(const struct message_list *list, size_t n,
                                             struct json_text id) {
    for (size_t i = n; i-- > 0;) {
        for (size_t k = 0; k < list->at[i]->n_calls; k++) {
            if (json_text_equal(&list->at[i]->calls[k].id, &id)) return &list->at[i]->calls[k];
        }
    }
    return NULL;
}

ingle_status message_list_add(struct message_list *list, struct message *m, ingle_error *err) {
    if (list->n == MESSAGES_MAX) {
        return status_set(err, INGLE_LIMIT, 0, "A conversation has at most %zu messages.",
                          MESSAGES_MAX);
    }
    if (list->n == list->cap) {
        size_t cap = list->cap ? 2 * list->cap : 16;
        struct message **at = mem_realloc(list->at, cap * sizeof(void *));
        if (!at) return status_no_memory(err, "the messages", cap * sizeof(void *));
        list->at = at;
        list->cap = cap;
    }
    list->at[list->n++] = m;
    return INGLE_OK;
}

void message_list_clear(struct message_list *list) {
    for (size_t i = 0; i < list->n; i++) message_free(list->at[i]);
    mem_free(list->at);
    *list = (struct message_list){0};
}
