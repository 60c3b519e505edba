/* POST /apply-template: a conversation as the model sees it. */
#include "daemon/llamacpp/llamacpp.h"
#include "worker/wire/msg_template.h"

/* Parts of one message's content, as the chat endpoints join them. */
static void put_parts(struct fields *f, struct json *j, size_t message,
                      const struct json_value *parts) {
    struct buf joined;
    buf_init_secret(&joined, API_MAX_ANSWER);
    for (size_t i = 0; i < parts->n; i++) {
        const struct json_value *type = json_member(&parts->items[i], "type");
        const struct json_value *text = json_member(&parts->items[i], "text");
        bool is_text = type && type->kind == JSON_STRING && json_text_is(&type->text, "text");
        if (!is_text || !text || text->kind != JSON_STRING) {
            field_fail(f, "messages",
                       "messages[%zu].content[%zu] is no text; ingle reads no other.", message, i);
            break;
        }
        if (i > 0) buf_add_str(&joined, "\n");
        buf_add(&joined, text->text.data, text->text.len);
    }
    if (buf_failed(&joined)) field_no_memory(f, "messages");
    json_text(j, joined.data ? joined.data : "", joined.size);
    buf_clear(&joined);
}

static void put_message(struct fields *f, struct json *j, size_t i,
                        const struct json_value *message) {
    if (message->kind != JSON_OBJECT) { /* the worker says so */
        json_value(j, message);
        return;
    }
    json_begin(j, '{');
    for (size_t k = 0; k < message->n; k++) {
        const struct json_member *m = &message->members[k];
        json_key_text(j, m->name.data, m->name.len);
        if (m->value.kind == JSON_ARRAY && json_text_is(&m->name, "content")) {
            put_parts(f, j, i, &m->value);
        } else {
            json_value(j, &m->value);
        }
    }
    json_end(j, '}');
}

static const char *read_messages(struct fields *f, struct arena *arena) {
    const struct json_value *messages;
    struct buf b;
    struct json j;
    field_need(f, "messages");
    if (!field_array(f, "messages", &messages)) return NULL;
    buf_init_secret(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '[');
    for (size_t i = 0; i < messages->n; i++) put_message(f, &j, i, &messages->items[i]);
    json_end(&j, ']');
    return api_take_text(arena, &b, NULL);
}

static const char *read_json(struct fields *f, const char *name, struct arena *arena) {
    const struct json_value *v = field_get(f, name);
    return v ? api_text_of(arena, v, NULL) : NULL;
}

void llamacpp_apply_template(struct api_call *c) {
    static char key[] = "prompt";
    struct fields f = {.object = c->body};
    struct msg_template m = {0};
    struct service_ask ask = {.type = MSG_TEMPLATE,
                              .visit = msg_template,
                              .request = &m,
                              .visit_result = msg_rendered,
                              .result_size = sizeof(struct msg_rendered)};
    const struct json_value *v;
    bool adds_prompt = true;
    m.messages = read_messages(&f, c->arena);
    if (field_array(&f, "tools", &v) && v->n > 0) m.tools = read_json(&f, "tools", c->arena);
    if (field_object(&f, "chat_template_kwargs", &v)) {
        m.vars = read_json(&f, "chat_template_kwargs", c->arena);
    }
    field_bool(&f, "add_generation_prompt", &adds_prompt);
    m.no_generation_prompt = !adds_prompt;
    field_string(&f, "model", &ask.model);
    if (f.bad || !m.messages) {
        api_fail_fields(c, &f);
        return;
    }
    errand_start(c, &ask, llama_reply_text, key);
}
