/* The request of POST /v1/responses, field by field. */
#include "daemon/api/want.h"
#include "daemon/openai/openai.h"
#include "daemon/responses/responses.h"

#include <string.h>

/* ---- tools ---- */

static void put_tool(struct fields *f, struct json *j) {
    static const char *const types[] = {"function", NULL};
    const struct json_value *schema = NULL;
    struct json_text ignored;
    const char *name = NULL;
    int type;
    field_need(f, "type");
    field_choice(f, "type", types, &type);
    field_need(f, "name");
    field_string(f, "name", &name);
    field_text(f, "description", &ignored);
    field_object(f, "parameters", &schema);
    if (!f->bad) talk_put_tool(j, name, field_get(f, "description"), schema);
}

static void read_tool_choice(struct fields *f, struct arena *arena, struct msg_conversation *m) {
    static const char *const words[] = {"auto", "none", "required", NULL};
    static const char *const types[] = {"function", NULL};
    static const ingle_tool_choice choices[] = {INGLE_TOOLS_AUTO, INGLE_TOOLS_NONE,
                                                INGLE_TOOLS_REQUIRED};
    const struct json_value *choice = field_get(f, "tool_choice");
    int word = 0;
    if (choice && choice->kind == JSON_OBJECT) {
        struct fields inner = {.object = choice};
        field_need(&inner, "type");
        field_choice(&inner, "type", types, &word);
        field_need(&inner, "name");
        field_string(&inner, "name", &m->tool_name);
        field_adopt(f, &inner, arena, "tool_choice");
        m->tool_choice = INGLE_TOOLS_NAMED;
    } else {
        field_choice(f, "tool_choice", words, &word);
        m->tool_choice = choices[word];
    }
    bool must_call = m->tool_choice == INGLE_TOOLS_REQUIRED || m->tool_choice == INGLE_TOOLS_NAMED;
    if (must_call && !m->tools) {
        field_fail(f, "tool_choice", "'tool_choice' wants a call, but there are no 'tools'.");
    }
}

/* ---- text and reasoning ---- */

static void read_format(struct fields *f, struct arena *arena, struct msg_constraint *c) {
    static const char *const types[] = {"text", "json_object", "json_schema", NULL};
    const struct json_value *schema;
    int type = 0;
    field_need(f, "type");
    if (!field_choice(f, "type", types, &type) || type == 0) return;
    want_object(c);
    if (type == 1) return;
    field_need(f, "schema");
    if (field_object(f, "schema", &schema)) want_schema(f, "schema", arena, schema, c);
}

static void read_text(struct fields *f, struct arena *arena, struct msg_constraint *c) {
    static const char *const levels[] = {"low", "medium", "high", NULL};
    struct fields text = {0}, format = {0};
    int level;
    if (!field_object(f, "text", &text.object)) return;
    field_choice(&text, "verbosity", levels, &level); /* a hint that no model here knows */
    if (field_object(&text, "format", &format.object)) read_format(&format, arena, c);
    field_adopt(&text, &format, arena, "format");
    field_adopt(f, &text, arena, "text");
}

static void read_reasoning(struct fields *f, struct arena *arena, struct msg_conversation *m) {
    static const char *const summaries[] = {"auto", "concise", "detailed", "none", NULL};
    struct fields inner = {0};
    int summary;
    if (!field_object(f, "reasoning", &inner.object)) return;
    openai_read_effort(&inner, "effort", arena, NULL, m);
    field_choice(&inner, "summary", summaries, &summary); /* thoughts are shown as they are */
    field_adopt(f, &inner, arena, "reasoning");
}

/* ---- all of it ---- */

static void refuse(struct fields *f, struct arena *arena) {
    static const char *const truncations[] = {"disabled", "auto", NULL};
    const char *const *includes;
    size_t n = 0;
    int truncation = 0;
    field_refuse(f, "background", "an answer is made while its client waits.");
    field_refuse(f, "conversation", "use previous_response_id.");
    field_refuse(f, "context_management", "what does not fit is an error.");
    field_refuse(f, "prompt", "there are no stored prompts here.");
    field_refuse(f, "top_logprobs", "use /v1/chat/completions.");
    field_choice(f, "truncation", truncations, &truncation);
    if (truncation == 1) {
        field_fail(f, "truncation",
                   "'truncation' is 'auto', but ingle never drops words by "
                   "itself; what does not fit is an error.");
    }
    field_strings(f, "include", 32, arena, &includes, &n);
    for (size_t i = 0; i < n && !f->bad; i++) {
        if (strcmp(includes[i], "message.output_text.logprobs") != 0) continue;
        field_fail(f, "include", "'%s' is not supported: use /v1/chat/completions.", includes[i]);
    }
    openai_refuse(f);
}

static void read_fields(struct fields *f, struct api_call *c, struct responses_request *r) {
    struct msg_chat *m = &r->chat;
    const struct json_value *metadata;
    field_string(f, "model", &r->model);
    field_string(f, "previous_response_id", &r->previous);
    field_bool(f, "stream", &r->streams);
    field_bool(f, "store", &r->stores);
    field_object(f, "metadata", &metadata);
    field_int32(f, "max_output_tokens", 1, INT32_MAX, &m->max_tokens);
    openai_read_sampling(f, c->arena, &m->sampling);
    bool may_be_many = true;
    field_bool(f, "parallel_tool_calls", &may_be_many);
    m->conversation.one_call = !may_be_many;
    m->conversation.tools = talk_read_tools(f, c->arena, put_tool);
    read_tool_choice(f, c->arena, &m->conversation);
    read_text(f, c->arena, &m->constraint);
    want_no_calls(f, "text.format", m);
    read_reasoning(f, c->arena, &m->conversation);
    refuse(f, c->arena);
}

/* The conversation, and what of it the next response may begin with. */
static bool read_talk(struct fields *f, struct api_call *c, struct responses_request *r) {
    struct json_text instructions = {0};
    struct wire_text kept = {0};
    struct talk all, rest;
    talk_init(&all);
    talk_init(&rest);
    if (field_text(f, "instructions", &instructions) && instructions.len > 0) {
        talk_text(&all, TALK_SYSTEM, instructions.data, instructions.len);
    }
    talk_break(&all);
    responses_read_input(f, c, r, &rest);
    bool is_whole = talk_end(&rest, c->arena, &kept);
    if (is_whole && kept.len > 2) {
        r->kept = (struct wire_text){kept.data + 1, kept.len - 2}; /* without its brackets */
        talk_before(&all, &r->kept);
    }
    is_whole = is_whole && talk_end(&all, c->arena, &r->chat.conversation.messages);
    talk_clear(&all);
    talk_clear(&rest);
    return is_whole && !c->arena->failed;
}

static void fail(struct api_call *c, const struct fields *f) {
    struct api_failure failure = api_failure_of(f->err.code, &f->err, f->bad);
    if (f->err.code == INGLE_NOT_FOUND) {
        bool is_item = strcmp(f->bad, "previous_response_id") != 0;
        failure.code = is_item ? "item_not_found" : "previous_response_not_found";
    }
    openai_fail(c->x, &failure);
}

bool responses_read(struct api_call *c, struct responses_request *r) {
    struct fields f = {.object = c->body};
    *r = (struct responses_request){.chat = turn_chat_default(), .body = c->body};
    read_fields(&f, c, r);
    bool is_whole = read_talk(&f, c, r);
    if (f.bad) {
        fail(c, &f);
    } else if (!is_whole) {
        api_fail(c, INGLE_NO_MEMORY, NULL, NULL);
    }
    return !f.bad && is_whole;
}
