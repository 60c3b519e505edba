/* The fields of POST /v1/chat/completions. */
#include "daemon/api/want.h"
#include "daemon/openai/openai_chat.h"

#include <limits.h>
#include <string.h>

/* ---- messages ---- */

/* What models here cannot read; what is malformed the worker says. */
static void check_part(struct fields *f, size_t message, size_t part,
                       const struct json_value *value) {
    static const char *const others[] = {"image_url", "input_image", "input_audio",
                                         "file",      "video_url",   "refusal"};
    const struct json_value *type = json_member(value, "type");
    for (size_t i = 0; type && type->kind == JSON_STRING && i < BASE_COUNT(others); i++) {
        if (!json_text_is(&type->text, others[i])) continue;
        field_fail(f, "messages",
                   "messages[%zu].content[%zu] is of the type '%s', which no model here can read; "
                   "send text.",
                   message, part, others[i]);
    }
}

/* Who says it, and what: the rest of it is the worker's to check. */
static void check_role(struct fields *f, size_t i, const struct json_value *message) {
    static const char *const roles[] = {"system", "developer", "user", "assistant", "tool", NULL};
    struct fields m = {.object = message};
    int role;
    if (message->kind != JSON_OBJECT) {
        field_fail(f, "messages", "messages[%zu] must be an object.", i);
        return;
    }
    field_need(&m, "role");
    field_choice(&m, "role", roles, &role);
    const struct json_value *content = field_get(&m, "content");
    if (content && content->kind != JSON_STRING && content->kind != JSON_ARRAY) {
        field_fail(&m, "content", "'content' must be a string, null or an array of parts.");
    }
    if (m.bad) field_fail(f, "messages", "messages[%zu]: %s", i, m.err.msg);
}

static void check_message(struct fields *f, size_t i, const struct json_value *message) {
    static const char *const others[] = {"function_call", "audio"};
    check_role(f, i, message);
    if (f->bad) return;
    const struct json_value *content = json_member(message, "content");
    for (size_t k = 0; k < BASE_COUNT(others); k++) {
        const struct json_value *other = json_member(message, others[k]);
        if (!other || other->kind == JSON_NULL) continue;
        field_fail(f, "messages", "messages[%zu].%s is not supported.", i, others[k]);
    }
    if (!content || content->kind != JSON_ARRAY) return;
    for (size_t k = 0; k < content->n; k++) check_part(f, i, k, &content->items[k]);
}

static void read_messages(struct fields *f, struct arena *arena, struct msg_conversation *c) {
    const struct json_value *messages;
    field_need(f, "messages");
    if (!field_array(f, "messages", &messages)) return;
    if (messages->n == 0) field_fail(f, "messages", "'messages' is empty.");
    for (size_t i = 0; i < messages->n; i++) check_message(f, i, &messages->items[i]);
    if (f->bad) return;
    c->messages.data = api_text_of(arena, messages, &c->messages.len);
    if (!c->messages.data) field_no_memory(f, "messages");
}

/* ---- tools ---- */

static void check_tool(struct fields *f, size_t i, const struct json_value *tool) {
    const struct json_value *type = json_member(tool, "type");
    bool is_function = type && type->kind == JSON_STRING && json_text_is(&type->text, "function");
    if (!is_function) {
        field_fail(f, "tools",
                   "tools[%zu] must have the type 'function': there are no others here.", i);
    }
}

static void read_tools(struct fields *f, struct arena *arena, struct msg_conversation *c) {
    const struct json_value *tools;
    bool may_be_many = true;
    if (field_array(f, "tools", &tools) && tools->n > 0) {
        for (size_t i = 0; i < tools->n; i++) check_tool(f, i, &tools->items[i]);
        c->tools = api_text_of(arena, tools, NULL);
        if (!c->tools) field_no_memory(f, "tools");
    }
    field_bool(f, "parallel_tool_calls", &may_be_many);
    c->one_call = !may_be_many;
}

static void read_named_choice(struct fields *f, struct msg_conversation *c) {
    static const char *const types[] = {"function", NULL};
    struct fields choice = {0}, function = {0};
    int type;
    field_object(f, "tool_choice", &choice.object);
    field_need(&choice, "type");
    field_choice(&choice, "type", types, &type);
    field_need(&choice, "function");
    if (field_object(&choice, "function", &function.object)) {
        field_need(&function, "name");
        field_string(&function, "name", &c->tool_name);
        field_inside(&choice, "function", &function);
    }
    field_inside(f, "tool_choice", &choice);
    c->tool_choice = INGLE_TOOLS_NAMED;
}

static void read_tool_choice(struct fields *f, struct msg_conversation *c) {
    static const char *const words[] = {"auto", "none", "required", NULL};
    static const ingle_tool_choice choices[] = {INGLE_TOOLS_AUTO, INGLE_TOOLS_NONE,
                                                INGLE_TOOLS_REQUIRED};
    const struct json_value *value = field_get(f, "tool_choice");
    int word;
    if (!value) return;
    if (value->kind == JSON_OBJECT) {
        read_named_choice(f, c);
    } else if (field_choice(f, "tool_choice", words, &word)) {
        c->tool_choice = choices[word];
    }
    bool must_call = c->tool_choice == INGLE_TOOLS_REQUIRED || c->tool_choice == INGLE_TOOLS_NAMED;
    if (must_call && !c->tools) {
        field_fail(f, "tool_choice", "'tool_choice' wants a call, but there are no 'tools'.");
    }
}

/* ---- thinking ---- */

static void read_thinking(struct fields *f, struct arena *arena, struct msg_conversation *c) {
    struct fields more = {0};
    bool thinks = true;
    field_object(f, "chat_template_kwargs", &more.object);
    field_bool(&more, "enable_thinking", &thinks);
    field_inside(f, "chat_template_kwargs", &more);
    openai_read_effort(f, "reasoning_effort", arena, more.object, c);
    if (thinks) return;
    c->think = INGLE_THINK_OFF;
    c->think_budget = -1;
}

/* ---- all of it ---- */

static void read_logprobs(struct fields *f, int *n_logprobs) {
    bool wants = false;
    int n_top = 0;
    field_bool(f, "logprobs", &wants);
    bool has_top = field_int32(f, "top_logprobs", 0, OPENAI_TOP_LOGPROBS, &n_top);
    if (has_top && n_top > 0 && !wants) {
        field_fail(f, "top_logprobs", "'top_logprobs' needs 'logprobs' to be true.");
    }
    *n_logprobs = wants ? n_top : -1;
}

static void refuse(struct fields *f, struct arena *arena) {
    const char *const *modalities;
    size_t n = 0;
    field_refuse(f, "functions", "use tools.");
    field_refuse(f, "function_call", "use tool_choice.");
    field_refuse(f, "audio", "no model here speaks.");
    if (field_get(f, "web_search_options")) { /* {} asks for a search as well */
        field_fail(f, "web_search_options",
                   "'web_search_options' is not supported: nothing here reaches the network.");
    }
    field_refuse(f, "continue_final_message", "an answer is a message of its own.");
    field_strings(f, "modalities", 8, arena, &modalities, &n);
    for (size_t i = 0; i < n && !f->bad; i++) {
        if (strcmp(modalities[i], "text") == 0) continue;
        field_fail(f, "modalities", "'modalities' has '%.40s'; models here write text only.",
                   modalities[i]);
    }
    openai_refuse(f);
}

static void read_reasoning_format(struct fields *f) {
    static const char *const formats[] = {"auto", "deepseek", "deepseek-legacy", NULL};
    int format;
    field_choice(f, "reasoning_format", formats, &format); /* thinking always stands by itself */
}

/* llama.cpp's name for max_tokens. With 0 llama.vim has a prompt remembered and reads no answer:
 * that is one token here. */
static void read_n_predict(struct fields *f, int *out) {
    int n;
    if (field_int32(f, "n_predict", -1, INT_MAX, &n)) *out = n == 0 ? 1 : n;
}

void openai_read_chat(struct fields *f, struct arena *arena, struct openai_chat_request *r) {
    struct msg_chat *m = &r->ask;
    *r = (struct openai_chat_request){.n = 1};
    *m = turn_chat_default();
    field_string(f, "model", &r->model);
    read_messages(f, arena, &m->conversation);
    read_tools(f, arena, &m->conversation);
    read_tool_choice(f, &m->conversation);
    read_thinking(f, arena, &m->conversation);
    read_reasoning_format(f);
    openai_read_sampling(f, arena, &m->sampling);
    openai_read_constraint(f, arena, &m->constraint);
    want_no_calls(f, m->constraint.kind == CONSTRAINT_GRAMMAR ? "grammar" : "response_format", m);
    read_n_predict(f, &m->max_tokens);
    openai_read_max_tokens(f, "max_tokens", &m->max_tokens);
    openai_read_max_tokens(f, "max_completion_tokens", &m->max_tokens);
    field_stops(f, "stop", arena, &m->stops, &m->n_stops);
    read_logprobs(f, &m->n_logprobs);
    field_int32(f, "n", 1, OPENAI_MAX_N, &r->n);
    openai_read_stream(f, &r->streams, &r->wants_usage);
    refuse(f, arena);
}
