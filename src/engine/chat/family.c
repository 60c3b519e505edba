#include "engine/chat/family.h"

#include <stdio.h>
#include <string.h>

#define ARENA_MAX ((size_t)1 << 20)

/* Words that no template has. */
#define SYSTEM "zqsystem"
#define USER "zquser"
#define ANSWER "zqanswer"
#define TOOL "zqtool"
#define VALUE "zqvalue"
#define RESULT "zqresult"

#define SYSTEM_MESSAGE "{\"role\": \"system\", \"content\": \"" SYSTEM "\"}"
#define USER_MESSAGE "{\"role\": \"user\", \"content\": \"" USER "\"}"
#define ONE_CALL                                                                                   \
    "{\"id\": \"zq1234567\", \"type\": \"function\", \"function\": {\"name\": \"" TOOL             \
    "\", \"arguments\": \"{\\\"zqkey\\\": \\\"" VALUE "\\\"}\"}}"
#define CALLS_MESSAGE(content, calls)                                                              \
    "{\"role\": \"assistant\", \"content\": " content ", \"tool_calls\": [" calls "]}"
#define CALL_MESSAGE(content) CALLS_MESSAGE(content, ONE_CALL)
#define TWO_CALLS(content) CALLS_MESSAGE(content, ONE_CALL ", " ONE_CALL)
#define RESULT_MESSAGE                                                                             \
    "{\"role\": \"tool\", \"content\": \"" RESULT                                                  \
    "\", \"tool_call_id\": \"zq1234567\", \"name\": \"" TOOL "\"}"
#define TOOLS                                                                                      \
    "[{\"type\": \"function\", \"function\": {\"name\": \"" TOOL "\", \"description\": \"zq\", "   \
    "\"parameters\": {\"type\": \"object\", \"properties\": {\"zqkey\": {\"type\": \"string\", "   \
    "\"description\": \"zq\"}}, \"required\": [\"zqkey\"]}}}]"

struct prober {
    struct family *family;
    const struct family_model *model;
    const char *source;
    size_t len;
    struct arena arena;
    ingle_error *err;
};

struct probe {
    const char *messages, *tools, *vars; /* JSON texts; tools and vars may be NULL */
    bool keeps_arguments;
};

static ingle_status parse(struct prober *p, const char *text, const struct json_value **out) {
    *out = NULL;
    if (!text) return INGLE_OK;
    return json_tree_parse(out, &p->arena, text, strlen(text), "A probe", p->err);
}

/* Texts become lists of one part. The tree is this file's own. */
static ingle_status make_parts(struct prober *p, const struct json_value *messages) {
    static const char format[] = "[{\"type\": \"text\", \"text\": \"%s\"}]";
    for (size_t i = 0; i < messages->n; i++) {
        struct json_value *content =
            (struct json_value *)json_member(&messages->items[i], "content");
        const struct json_value *parts;
        char text[128];
        if (content->kind != JSON_STRING) continue;
        (void)snprintf(text, sizeof text, format, content->text.data);
        INGLE_TRY(parse(p, text, &parts));
        *content = *parts;
    }
    return INGLE_OK;
}

/* Renders; *out is empty if the template refuses. Only running out of memory is a failure. */
static ingle_status render(struct prober *p, const struct probe *probe,
                           struct template_output *out) {
    struct template_input input = {.texts = p->model->texts,
                                   .n_texts = p->model->n_texts,
                                   .add_generation_prompt = true,
                                   .keep_arguments = probe->keeps_arguments,
                                   .now = {.tm_year = 100, .tm_mday = 1}};
    ingle_error why;
    template_output_clear(out);
    arena_clear(&p->arena);
    INGLE_TRY(parse(p, probe->messages, &input.messages));
    if (p->family->wants_parts) INGLE_TRY(make_parts(p, input.messages));
    INGLE_TRY(parse(p, probe->tools, &input.tools));
    INGLE_TRY(parse(p, probe->vars, &input.vars));
    ingle_status status = template_render(p->family->template, &input, out, &why);
    if (status == INGLE_OK) return INGLE_OK;
    template_output_clear(out);
    if (status != INGLE_NO_MEMORY) return INGLE_OK;
    if (p->err) *p->err = why;
    return status;
}

static bool contains(const char *text, size_t len, const char *word) {
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= len; i++) {
        if (text[i] == word[0] && memcmp(text + i, word, n) == 0) return true;
    }
    return false;
}

/* Does what it renders hold both words? b may be NULL. */
static ingle_status shows(struct prober *p, const struct probe *probe, const char *a, const char *b,
                          bool *out) {
    struct template_output output = {0};
    ingle_status status = render(p, probe, &output);
    *out = status == INGLE_OK && contains(output.text.data, output.text.size, a) &&
           (!b || contains(output.text.data, output.text.size, b));
    template_output_clear(&output);
    return status;
}

static ingle_status same(struct prober *p, const struct probe *a, const struct probe *b,
                         bool *out) {
    struct template_output x = {0}, y = {0};
    ingle_status status = render(p, a, &x);
    if (status == INGLE_OK) status = render(p, b, &y);
    *out = status == INGLE_OK && x.text.size == y.text.size &&
           (x.text.size == 0 || memcmp(x.text.data, y.text.data, x.text.size) == 0);
    template_output_clear(&x);
    template_output_clear(&y);
    return status;
}

static ingle_status probe_content(struct prober *p) {
    struct family *f = p->family;
    bool takes_text;
    INGLE_TRY(shows(p, &(struct probe){.messages = "[" USER_MESSAGE "]"}, USER, NULL, &takes_text));
    if (!takes_text) {
        f->wants_parts = true;
        INGLE_TRY(shows(p, &(struct probe){.messages = "[" USER_MESSAGE "]"}, USER, NULL,
                        &f->wants_parts));
    }
    return shows(p, &(struct probe){.messages = "[" SYSTEM_MESSAGE ", " USER_MESSAGE "]"}, SYSTEM,
                 NULL, &f->has_system);
}

static ingle_status probe_tools(struct prober *p) {
    static const char in_system[] =
        "[{\"role\": \"system\", \"content\": \"\", \"tools\": \"" TOOL "\"}, " USER_MESSAGE "]";
    struct family *f = p->family;
    if (template_reads(f->template, "tools")) {
        INGLE_TRY(shows(p, &(struct probe){.messages = "[" USER_MESSAGE "]", .tools = TOOLS}, TOOL,
                        NULL, &f->has_tools));
        if (!f->has_tools) {
            INGLE_TRY(
                shows(p, &(struct probe){.messages = in_system}, TOOL, NULL, &f->tools_in_system));
        }
    }
    return INGLE_OK;
}

/* Llama 3's template refuses more than one call. */
static ingle_status probe_many_calls(struct prober *p) {
    struct family *f = p->family;
    const struct probe probe = {
        .messages = f->calls_null ? "[" USER_MESSAGE ", " TWO_CALLS("null") "]"
                                  : "[" USER_MESSAGE ", " TWO_CALLS("\"\"") "]",
        .tools = f->has_tools ? TOOLS : NULL,
        .keeps_arguments = f->keeps_arguments,
    };
    return shows(p, &probe, TOOL, VALUE, &f->takes_many_calls);
}

/* The first shape of a call that it shows: arguments as an object or as text, content "" or null.
 */
static ingle_status probe_calls(struct prober *p) {
    static const char *const shapes[] = {
        "[" USER_MESSAGE ", " CALL_MESSAGE("\"\"") ", " RESULT_MESSAGE "]",
        "[" USER_MESSAGE ", " CALL_MESSAGE("null") ", " RESULT_MESSAGE "]",
        "[" USER_MESSAGE ", " CALL_MESSAGE("\"\"") "]",
        "[" USER_MESSAGE ", " CALL_MESSAGE("null") "]",
    };
    static const char *const turns = "[" USER_MESSAGE ", {\"role\": \"assistant\", \"content\": "
                                     "\"" ANSWER "\"}, " RESULT_MESSAGE "]";
    struct family *f = p->family;
    if (template_reads(f->template, "tool_calls")) {
        for (int i = 0; i < 8 && !f->has_calls; i++) {
            const struct probe probe = {shapes[i % 4], f->has_tools ? TOOLS : NULL, NULL, i >= 4};
            INGLE_TRY(shows(p, &probe, TOOL, VALUE, &f->has_calls));
            f->calls_null = i % 2 == 1;
            f->keeps_arguments = i >= 4;
            if (f->has_calls) INGLE_TRY(shows(p, &probe, RESULT, NULL, &f->has_tool_role));
        }
    }
    if (f->has_calls) return probe_many_calls(p);
    f->calls_null = f->keeps_arguments = false;
    f->takes_many_calls = true; /* they are written for it */
    return shows(p, &(struct probe){.messages = turns}, RESULT, ANSWER, &f->has_tool_role);
}

static bool says(const struct prober *p, const char *word) {
    return contains(p->source, p->len, word);
}

static bool has_token(const struct prober *p, const char *text) {
    const struct tokenizer *t = p->model->tokenizer;
    return t && tokenizer_find(t, text, strlen(text)) != TOKENIZER_NONE;
}

/* Phi-4-mini-reasoning: neither its template nor its vocabulary tell. */
static bool is_called_reasoning(const struct prober *p) {
    static const char word[] = "reasoning";
    size_t n = 0;
    for (const char *c = p->model->name; *c && n < sizeof word - 1; c++) {
        char lower = *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c;
        n = lower == word[n] ? n + 1 : lower == word[0];
    }
    return n == sizeof word - 1;
}

static ingle_status probe_thinking(struct prober *p) {
    static const char *const names[] = {"enable_thinking", "thinking"};
    static const char *const on[] = {"{\"enable_thinking\": true}", "{\"thinking\": true}"};
    static const char *const off[] = {"{\"enable_thinking\": false}", "{\"thinking\": false}"};
    static const char messages[] = "[" USER_MESSAGE "]";
    struct family *f = p->family;
    bool is_told = says(p, "<think>") || says(p, "</think>") || says(p, "[THINK]");
    f->think = says(p, "<|channel>")                                          ? THINK_GEMMA4
               : says(p, "[THINK]")                                           ? THINK_MISTRAL
               : says(p, "<response>") && says(p, "<think>")                  ? THINK_GRANITE
               : is_told || has_token(p, "<think>") || is_called_reasoning(p) ? THINK_TAGS
                                                                              : THINK_NONE;
    for (size_t i = 0; i < BASE_COUNT(names) && f->think && !f->think_var; i++) {
        bool no_effect, is_default;
        if (!template_reads(f->template, names[i])) continue;
        const struct probe with = {.messages = messages, .vars = on[i]},
                           without = {.messages = messages, .vars = off[i]},
                           unsaid = {.messages = messages};
        INGLE_TRY(same(p, &with, &without, &no_effect));
        INGLE_TRY(same(p, &with, &unsaid, &is_default));
        if (!no_effect) f->think_var = names[i];
        if (!no_effect) f->thinks_by_default = is_default;
    }
    f->can_think = f->think && (f->think_var || is_told || is_called_reasoning(p));
    if (!f->think_var) f->thinks_by_default = f->can_think;
    f->has_think_flags = f->can_think && says(p, "/no_think");
    return INGLE_OK;
}

/* By what the template tells the model, else by what the vocabulary is made for. */
static enum call_format find_format(const struct prober *p) {
    if (!p->family->has_tools && !p->family->tools_in_system) return CALLS_GENERIC;
    if (says(p, "<|tool_call>")) return CALLS_GEMMA4;
    if (says(p, "<function=")) return CALLS_XML;
    if (says(p, "[ARGS]")) return CALLS_MINISTRAL;
    if (says(p, "[TOOL_CALLS]")) return CALLS_MISTRAL;
    if (says(p, "<|tool_call|>"))
        return has_token(p, "<|/tool_call|>") ? CALLS_PHI4 : CALLS_GRANITE3;
    if (says(p, "<|tool_call_start|>")) return CALLS_LFM2;
    if (says(p, "<tool_call>")) return CALLS_TAGGED;
    if (p->family->tools_in_system || says(p, "<|tool|>")) return CALLS_PHI4;
    bool is_llama = says(p, "<|start_header_id|>") || says(p, "<|python_tag|>");
    if (is_llama && says(p, "parameters\": ")) return CALLS_LLAMA3;
    if (has_token(p, "<|tool_call_start|>")) return CALLS_LFM2;
    if (has_token(p, "<tool_call>")) return CALLS_TAGGED;
    return CALLS_GENERIC;
}

static ingle_status probe_all(struct prober *p) {
    struct family *f = p->family;
    INGLE_TRY(probe_content(p));
    INGLE_TRY(probe_tools(p));
    INGLE_TRY(probe_calls(p));
    INGLE_TRY(probe_thinking(p));
    f->calls = find_format(p);
    return INGLE_OK;
}

ingle_status family_init(struct family *f, const char *source, size_t len,
                         const struct family_model *model, ingle_error *err) {
    struct prober p = {.family = f, .model = model, .source = source, .len = len, .err = err};
    INGLE_TRY(template_new(&f->template, source, len, err));
    arena_init(&p.arena, ARENA_MAX);
    ingle_status status = probe_all(&p);
    arena_clear(&p.arena);
    return status;
}

void family_clear(struct family *f) {
    template_free(f->template);
    *f = (struct family){0};
}
