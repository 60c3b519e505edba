/* The input of a response, item by item, as the messages that a worker takes. */
#include <string.h>

#include "daemon/responses/responses.h"

/* Where an item is read. */
struct reader {
    struct api_call *call;
    struct arena *arena;
    struct responses_request *request;
    struct talk *talk;
};

static bool is_word(const char *text, const char *word) {
    return text && strcmp(text, word) == 0;
}

/* ---- what is said ---- */

/* Parts of text as one text; of others the type is wrong. */
static void add_part(struct fields *f, struct buf *out) {
    static const char *const types[] = {"input_text", "output_text", "text", NULL};
    struct json_text text;
    int type;
    field_need(f, "type");
    field_choice(f, "type", types, &type);
    field_need(f, "text");
    if (!field_text(f, "text", &text)) return;
    if (out->size > 0) buf_add(out, "\n", 1);
    buf_add(out, text.data, text.len);
}

static void read_words(struct fields *f, const char *name, struct arena *arena,
                       struct wire_text *out) {
    const struct json_value *v = field_get(f, name);
    struct buf b;
    *out = (struct wire_text){"", 0};
    field_need(f, name);
    if (!v) return;
    if (v->kind == JSON_STRING) {
        *out = (struct wire_text){v->text.data, v->text.len};
        return;
    }
    if (v->kind != JSON_ARRAY) {
        field_fail(f, name, "'%s' must be a string or an array of parts.", name);
        return;
    }
    buf_init_secret(&b, API_MAX_ANSWER);
    for (size_t i = 0; i < v->n && !f->bad; i++) {
        struct fields inner = {.object = &v->items[i]};
        add_part(&inner, &b);
        field_adopt(f, &inner, arena, field_path(arena, "%s[%zu]", name, i));
    }
    out->data = api_take_text(arena, &b, &out->len);
    if (!out->data) *out = (struct wire_text){"", 0};
}

static void read_message(struct fields *f, struct reader *r) {
    static const char *const roles[] = {"system", "developer", "user", "assistant", NULL};
    struct wire_text text;
    int role = 0;
    field_need(f, "role");
    field_choice(f, "role", roles, &role);
    read_words(f, "content", r->arena, &text);
    if (f->bad) return;
    enum talk_role who = TALK_SYSTEM + (enum talk_role)role;
    /* What was thought before it belongs to the assistant's message. */
    bool joins = who == TALK_ASSISTANT && !r->talk->has_text && r->talk->n_calls == 0;
    if (!joins) talk_break(r->talk);
    talk_text(r->talk, who, text.data, text.len);
}

/* ---- what is called and thought ---- */

static void read_call(struct fields *f, struct reader *r) {
    const char *id = NULL, *name = NULL;
    struct json_text arguments = {0};
    field_need(f, "call_id");
    field_need(f, "name");
    field_need(f, "arguments");
    field_string(f, "call_id", &id);
    field_string(f, "name", &name);
    field_text(f, "arguments", &arguments);
    if (!f->bad) talk_call(r->talk, id, name, arguments.data, arguments.len);
}

static void read_output(struct fields *f, struct reader *r) {
    struct wire_text text;
    const char *id = NULL;
    field_need(f, "call_id");
    field_string(f, "call_id", &id);
    read_words(f, "output", r->arena, &text);
    if (!f->bad) talk_result(r->talk, id, text.data, text.len);
}

/* The thoughts themselves if they are there, else their summary; what is encrypted is of others. */
static void read_reasoning(struct fields *f, struct reader *r) {
    const char *const lists[] = {"content", "summary"};
    if (r->talk->has_text || r->talk->n_calls > 0) talk_break(r->talk);
    for (size_t k = 0; k < BASE_COUNT(lists); k++) {
        const struct json_value *list = NULL;
        if (!field_array(f, lists[k], &list) || list->n == 0) continue;
        for (size_t i = 0; i < list->n && !f->bad; i++) {
            struct fields part = {.object = &list->items[i]};
            struct json_text text;
            field_need(&part, "text");
            if (field_text(&part, "text", &text) && text.len > 0) {
                talk_thinking(r->talk, text.data, text.len);
            }
            field_adopt(f, &part, r->arena, field_path(r->arena, "%s[%zu]", lists[k], i));
        }
        return;
    }
}

/* ---- items ---- */

/* A message's text as the one part that it is. */
static void put_part(struct json *j, const struct json_value *item, const struct json_text *text) {
    const struct json_value *role = json_member(item, "role");
    bool is_ours = role && role->kind == JSON_STRING && json_text_is(&role->text, "assistant");
    json_begin(j, '[');
    json_begin(j, '{');
    json_put_str(j, "type", is_ours ? "output_text" : "input_text");
    json_put_text(j, "text", text->data, text->len);
    if (is_ours) json_put_raw(j, "annotations", "[]", 2);
    json_end(j, '}');
    json_end(j, ']');
}

/* The item as /input_items tells it: with a type and an id. */
static void keep_item(struct reader *r, const struct json_value *item, const char *type) {
    struct responses_request *q = r->request;
    const struct json_value *given = json_member(item, "id");
    struct buf b;
    struct json j;
    if (!q->stores || q->n_items == q->items_cap) return;
    const char *id = given && given->kind == JSON_STRING
                         ? given->text.data
                         : api_new_id(r->arena, is_word(type, "message") ? "msg_" : "item_");
    buf_init_secret(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '{');
    json_put_str(&j, "id", id);
    json_put_str(&j, "type", type);
    for (size_t i = 0; i < item->n; i++) {
        const struct json_member *m = &item->members[i];
        if (json_text_is(&m->name, "id") || json_text_is(&m->name, "type")) continue;
        json_key_text(&j, m->name.data, m->name.len);
        if (json_text_is(&m->name, "content") && m->value.kind == JSON_STRING) {
            put_part(&j, item, &m->value.text);
        } else {
            json_value(&j, &m->value);
        }
    }
    json_end(&j, '}');
    size_t len;
    const char *text = api_take_text(r->arena, &b, &len);
    if (text) q->items[q->n_items++] = (struct response_item){id, {text, len}};
}

static void read_item(struct fields *f, struct reader *r);

/* What this client was told, or said, in a response that is kept. */
static void read_reference(struct fields *f, struct reader *r) {
    const char *id = NULL;
    const struct json_value *item;
    field_need(f, "id");
    if (!field_string(f, "id", &id)) return;
    const struct response_item *kept =
        response_store_find_item(&r->call->api->responses, r->call->request->client, id);
    if (!kept) {
        field_fail(f, "id",
                   "There is no item '%.60s': items are kept only of responses with store: true.",
                   id);
        f->err.code = INGLE_NOT_FOUND;
        return;
    }
    ingle_status status =
        json_tree_parse(&item, r->arena, kept->json.data, kept->json.len, "The item", &f->err);
    if (status != INGLE_OK) {
        f->bad = "id";
        return;
    }
    struct fields inner = {.object = item};
    read_item(&inner, r);
    if (inner.bad) field_fail(f, "id", "%s", inner.err.msg);
}

static void read_item(struct fields *f, struct reader *r) {
    const char *type = "message";
    if (f->object->kind != JSON_OBJECT) {
        field_fail(f, "type", "An item must be an object.");
        return;
    }
    field_string(f, "type", &type);
    if (is_word(type, "item_reference")) {
        read_reference(f, r);
        return;
    }
    if (is_word(type, "message")) {
        read_message(f, r);
    } else if (is_word(type, "function_call")) {
        read_call(f, r);
    } else if (is_word(type, "function_call_output")) {
        read_output(f, r);
    } else if (is_word(type, "reasoning")) {
        read_reasoning(f, r);
    } else {
        field_fail(f, "type", "Items of the type '%.40s' are not supported.", type);
    }
    if (!f->bad) keep_item(r, f->object, type);
}

/* A string is a message of the user. */
static void read_string(struct reader *r, const struct json_value *input) {
    struct json_member members[] = {
        {{"role", 4}, {.kind = JSON_STRING, .text = {"user", 4}}},
        {{"content", 7}, *input},
    };
    struct json_value item = {.kind = JSON_OBJECT, .n = 2, .members = members};
    talk_text(r->talk, TALK_USER, input->text.data, input->text.len);
    keep_item(r, &item, "message");
}

static void read_previous(struct fields *f, struct reader *r) {
    const char *id = r->request->previous;
    if (!id) return;
    const struct stored_response *before =
        response_store_find(&r->call->api->responses, r->call->request->client, id);
    if (before && !before->turn) {
        talk_before(r->talk, &before->messages);
        return;
    }
    field_fail(f, "previous_response_id",
               before ? "The response '%.60s' has not ended yet."
                      : "There is no response '%.60s': only those with store: true are kept, in "
                        "memory and not for ever.",
               id);
    if (!before) f->err.code = INGLE_NOT_FOUND;
}

void responses_read_input(struct fields *f, struct api_call *c, struct responses_request *r,
                          struct talk *talk) {
    struct reader reader = {.call = c, .arena = c->arena, .request = r, .talk = talk};
    const struct json_value *input = field_get(f, "input");
    if (f->bad) return;
    read_previous(f, &reader);
    field_need(f, "input");
    if (!input) return;
    if (input->kind != JSON_STRING && (input->kind != JSON_ARRAY || input->n == 0)) {
        field_fail(f, "input", "'input' must be a string or an array of items.");
        return;
    }
    r->items_cap = input->kind == JSON_ARRAY ? input->n : 1;
    r->items = arena_array(c->arena, r->items_cap, sizeof *r->items);
    if (!r->items) return; /* the arena has failed, which is seen */
    if (input->kind == JSON_STRING) read_string(&reader, input);
    for (size_t i = 0; i < input->n && !f->bad && input->kind == JSON_ARRAY; i++) {
        struct fields inner = {.object = &input->items[i]};
        read_item(&inner, &reader);
        field_adopt(f, &inner, c->arena, field_path(c->arena, "input[%zu]", i));
    }
}
