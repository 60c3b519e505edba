/* POST /api/generate: a prompt that the chat template is put around; or, raw, that is continued as
 * it is; or, with a suffix, what belongs between the two. */
#include <string.h>

#include "daemon/ollama/ollama.h"

struct prompt {
    struct json_text text, system, suffix;
    const struct json_value *before; /* messages; NULL */
    bool is_raw;
};

static void read_prompt(struct fields *f, struct arena *arena, struct prompt *p) {
    const char *custom = NULL;
    *p = (struct prompt){.text.data = ""};
    field_text(f, "prompt", &p->text);
    field_text(f, "system", &p->system);
    field_text(f, "suffix", &p->suffix);
    field_bool(f, "raw", &p->is_raw);
    field_refuse(f, "images", "ingle reads no images.");
    if (field_string(f, "template", &custom) && custom[0]) {
        field_fail(f, "template",
                   "'template' is not supported: the model's own chat template is used; with 'raw' "
                   "none is.");
    }
    if (p->is_raw && p->system.len > 0) {
        field_fail(f, "system", "'system' has no place in a raw prompt.");
    }
    if (p->suffix.len > 0 && p->system.len > 0) {
        field_fail(f, "system", "'system' has no place where text is put before a 'suffix'.");
    }
    p->before = ollama_read_context(f, arena);
    if (p->before && (p->is_raw || p->suffix.len > 0)) {
        field_fail(f, "context", "'context' is a conversation, and this is none.");
    }
}

/* What was said before. A system message of this request takes the place of the one there. */
static void put_before(struct json *j, const struct prompt *p) {
    for (size_t i = 0; p->before && i < p->before->n; i++) {
        const struct json_value *message = &p->before->items[i];
        const struct json_value *role = json_member(message, "role");
        bool is_system = role && role->kind == JSON_STRING && json_text_is(&role->text, "system");
        if (i == 0 && is_system && p->system.len > 0) continue;
        json_value(j, message);
    }
}

static void put_message(struct json *j, const char *role, const struct json_text *text) {
    if (text->len == 0) return;
    json_begin(j, '{');
    json_put_str(j, "role", role);
    json_put_text(j, "content", text->data, text->len);
    json_end(j, '}');
}

/* The prompt as the user's message. */
static bool write_messages(struct wire_text *out, struct arena *arena, const struct prompt *p) {
    struct buf b;
    struct json j;
    buf_init_secret(&b, API_MAX_ANSWER);
    json_init_buf(&j, &b);
    json_begin(&j, '[');
    put_message(&j, "system", &p->system);
    put_before(&j, p);
    put_message(&j, "user", &p->text);
    json_end(&j, ']');
    out->data = api_take_text(arena, &b, &out->len);
    return out->data != NULL;
}

static void start_chat(struct api_call *c, struct ollama_answer *a, const struct prompt *p) {
    struct msg_chat *m = arena_alloc(c->arena, sizeof *m);
    bool failed = m == NULL;
    if (m) {
        *m = ollama_conversation(&a->ask);
        m->conversation.variables = ollama_variables(c->arena, &a->ask, &failed);
        failed |= !write_messages(&m->conversation.messages, c->arena, p);
        a->messages = m->conversation.messages;
    }
    if (failed) {
        api_fail(c, INGLE_NO_MEMORY, NULL, NULL);
    } else {
        ollama_start(c, a, MSG_CHAT, m);
    }
}

static struct msg_generate generation(const struct ollama_ask *a) {
    return (struct msg_generate){.prompt = {"", 0},
                                 .sampling = a->sampling,
                                 .constraint = a->constraint,
                                 .max_tokens = a->max_tokens,
                                 .stops = a->stops,
                                 .n_stops = a->n_stops,
                                 .stop_loops = true,
                                 .n_logprobs = a->n_logprobs};
}

static void start_raw(struct api_call *c, struct ollama_answer *a, const struct prompt *p) {
    struct msg_generate *m = arena_alloc(c->arena, sizeof *m);
    if (!m) {
        api_fail(c, INGLE_NO_MEMORY, NULL, NULL);
        return;
    }
    *m = generation(&a->ask);
    m->prompt = (struct wire_text){p->text.data, p->text.len};
    m->parse_special = true; /* who writes the template's words means them */
    ollama_start(c, a, MSG_GENERATE, m);
}

static void start_fill(struct api_call *c, struct ollama_answer *a, const struct prompt *p) {
    struct msg_fill *m = arena_alloc(c->arena, sizeof *m);
    if (!m) {
        api_fail(c, INGLE_NO_MEMORY, NULL, NULL);
        return;
    }
    m->rest = generation(&a->ask);
    m->prefix = (struct wire_text){p->text.data, p->text.len};
    m->suffix = (struct wire_text){p->suffix.data, p->suffix.len};
    ollama_start(c, a, MSG_FILL, m);
}

void ollama_generate(struct api_call *c) {
    struct fields f = {.object = c->body};
    struct prompt p;
    struct ollama_answer *a = arena_alloc(c->arena, sizeof *a);
    if (!a) {
        api_fail(c, INGLE_NO_MEMORY, NULL, NULL);
        return;
    }
    ollama_read_ask(&f, c->arena, &a->ask);
    read_prompt(&f, c->arena, &p);
    if (a->ask.think == INGLE_THINK_ON && (p.is_raw || p.suffix.len > 0)) {
        field_fail(&f, "think", "'think' is the chat template's, which is not used here.");
    }
    if (f.bad) {
        api_fail_fields(c, &f);
    } else if (p.suffix.len > 0) {
        start_fill(c, a, &p);
    } else if (p.text.len == 0) {
        ollama_answer_nothing(c, a);
    } else if (p.is_raw) {
        start_raw(c, a, &p);
    } else {
        start_chat(c, a, &p);
    }
}
