/* The request of POST /v1/messages, field by field. */
#include <limits.h>
#include <string.h>

#include "daemon/anthropic/anthropic.h"
#include "daemon/api/want.h"

/* ---- tools ---- */

static void put_tool(struct fields *f, struct json *j) {
    const char *type = "custom", *name = NULL;
    const struct json_value *schema = NULL;
    struct json_text ignored;
    if (f->object->kind != JSON_OBJECT) {
        field_fail(f, "name", "A tool must be an object.");
        return;
    }
    field_string(f, "type", &type);
    if (strcmp(type, "custom") != 0) {
        field_fail(f, "type",
                   "A tool of the type '%.60s' is run by the server, which ingle does not do; "
                   "\"custom\" tools are the client's.",
                   type);
    }
    field_need(f, "name");
    field_need(f, "input_schema");
    field_string(f, "name", &name);
    field_text(f, "description", &ignored);
    field_object(f, "input_schema", &schema);
    if (!f->bad) talk_put_tool(j, name, field_get(f, "description"), schema);
}

static void read_tool_choice(struct fields *f, struct arena *arena, struct msg_conversation *m) {
    static const char *const types[] = {"auto", "none", "any", "tool", NULL};
    static const ingle_tool_choice choices[] = {INGLE_TOOLS_AUTO, INGLE_TOOLS_NONE,
                                                INGLE_TOOLS_REQUIRED, INGLE_TOOLS_NAMED};
    const struct json_value *choice;
    int type = 0;
    if (!field_object(f, "tool_choice", &choice)) return;
    struct fields inner = {.object = choice};
    field_need(&inner, "type");
    field_choice(&inner, "type", types, &type);
    field_bool(&inner, "disable_parallel_tool_use", &m->one_call);
    m->tool_choice = choices[type];
    if (m->tool_choice == INGLE_TOOLS_NAMED) {
        field_need(&inner, "name");
        field_string(&inner, "name", &m->tool_name);
    }
    if (m->tool_choice != INGLE_TOOLS_AUTO && m->tool_choice != INGLE_TOOLS_NONE && !m->tools) {
        field_fail(&inner, "type", "A tool must be called, but there are no 'tools'.");
    }
    field_adopt(f, &inner, arena, "tool_choice");
}

/* ---- thinking ---- */

/* Who does not ask for thinking gets none: that is what this API promises. */
static void read_thinking(struct fields *f, struct arena *arena, struct anthropic_request *r) {
    static const char *const types[] = {"disabled", "enabled", "adaptive", NULL};
    static const ingle_think thinks[] = {INGLE_THINK_OFF, INGLE_THINK_ON, INGLE_THINK_AUTO};
    static const char *const displays[] = {"summarized", "omitted", NULL};
    struct msg_conversation *m = &r->chat.conversation;
    const struct json_value *thinking;
    int type = 0, display = 0;
    m->think = INGLE_THINK_OFF;
    if (!field_object(f, "thinking", &thinking)) return;
    struct fields inner = {.object = thinking};
    field_need(&inner, "type");
    field_choice(&inner, "type", types, &type);
    m->think = thinks[type];
    if (m->think == INGLE_THINK_ON) {
        field_int32(&inner, "budget_tokens", 1, INT_MAX, &m->think_budget);
    }
    field_choice(&inner, "display", displays, &display);
    r->hides_thinking = display == 1;
    field_adopt(f, &inner, arena, "thinking");
}

/* ---- what the text must be ---- */

static void read_format(struct fields *f, const char *name, struct arena *arena,
                        struct msg_constraint *out) {
    static const char *const types[] = {"json_schema", NULL};
    const struct json_value *format, *schema;
    int type;
    if (!field_object(f, name, &format)) return;
    struct fields inner = {.object = format};
    field_need(&inner, "type");
    field_choice(&inner, "type", types, &type);
    field_need(&inner, "schema");
    if (field_object(&inner, "schema", &schema)) want_schema(&inner, "schema", arena, schema, out);
    field_adopt(f, &inner, arena, name);
}

static void read_output(struct fields *f, struct arena *arena, struct msg_chat *m) {
    const struct json_value *config;
    read_format(f, "output_format", arena, &m->constraint);
    if (!field_object(f, "output_config", &config)) return;
    struct fields inner = {.object = config};
    read_format(&inner, "format", arena, &m->constraint);
    field_adopt(f, &inner, arena, "output_config");
}

/* ---- all of it ---- */

static void read_fields(struct fields *f, struct api_call *c, struct anthropic_request *r,
                        bool counts) {
    struct msg_chat *m = &r->chat;
    field_refuse(f, "thread", "ingle keeps no conversation; send all of it every time.");
    field_refuse(f, "compaction", "ingle sums up no conversation by itself.");
    field_refuse(f, "container", "ingle runs no code.");
    field_refuse(f, "mcp_servers", "ingle calls no servers.");
    if (!counts) field_need(f, "max_tokens");
    field_string(f, "model", &r->model);
    field_int32(f, "max_tokens", 1, INT_MAX, &m->max_tokens);
    field_bool(f, "stream", &r->streams);
    m->tells_prompt = r->streams;
    field_float(f, "temperature", 0, 2, &m->sampling.temperature);
    field_float(f, "top_p", 0, 1, &m->sampling.top_p);
    field_int32(f, "top_k", 0, INT_MAX, &m->sampling.top_k);
    field_stops(f, "stop_sequences", c->arena, &m->stops, &m->n_stops);
    m->conversation.tools = talk_read_tools(f, c->arena, put_tool);
    read_tool_choice(f, c->arena, &m->conversation);
    read_thinking(f, c->arena, r);
    read_output(f, c->arena, m);
}

bool anthropic_read(struct api_call *c, struct anthropic_request *r, bool counts) {
    struct fields f = {.object = c->body};
    struct talk talk;
    *r = (struct anthropic_request){.chat = turn_chat_default()};
    talk_init(&talk);
    read_fields(&f, c, r, counts);
    anthropic_read_messages(&f, c->arena, &talk);
    bool is_whole = talk_end(&talk, c->arena, &r->chat.conversation.messages) && !c->arena->failed;
    talk_clear(&talk);
    if (f.bad) {
        api_fail_fields(c, &f);
    } else if (!is_whole) {
        api_fail(c, INGLE_NO_MEMORY, NULL, NULL);
    }
    return !f.bad && is_whole;
}
