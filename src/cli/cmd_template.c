/* ingle template: a conversation as the model's chat template writes it. */
#include <string.h>

#include "base/json_tree.h"
#include "cli/command.h"
#include "cli/engine_arg.h"
#include "cli/json.h"
#include "cli/text_arg.h"

#define MAX_TREE ((size_t)256 << 20)

struct template_args {
    struct engine_args engine;
    const char *template, *messages, *tools, *now;
    struct option_list vars;
    bool no_generation_prompt, json;
};

#define FIELD(name) .offset = offsetof(struct template_args, name)

static const struct option template_options[] = {
    OPTION_MODEL(struct template_args),
    {"template", '\0', OPTION_TEXT, "FILE", "A template's file instead of the model's template",
     FIELD(template)},
    {"messages", '\0', OPTION_TEXT, "FILE", "JSON array of messages, or an object that has one",
     FIELD(messages)},
    {"tools", '\0', OPTION_TEXT, "FILE", "JSON array of tools", FIELD(tools)},
    {"var", '\0', OPTION_LIST, "NAME=VALUE", "A variable: VALUE is JSON, or else a string",
     FIELD(vars)},
    {"no-generation-prompt", '\0', OPTION_FLAG, NULL,
     "End behind the last message, not where an answer begins", FIELD(no_generation_prompt)},
    {"now", '\0', OPTION_TEXT, "TIME", "The time that the template sees, like 2026-01-31T12:00:00",
     FIELD(now)},
    {"json", '\0', OPTION_FLAG, NULL, "An object with the text and where its parts come from",
     FIELD(json)},
};

/* A file's text, or standard input's for -. It may hold no NUL. */
static ingle_status read_file(struct buf *text, const char *path, ingle_error *err) {
    struct buf name;
    buf_init(&name, 1 << 16);
    bool is_stream = strcmp(path, "-") == 0;
    ingle_status status = INGLE_OK;
    if (!buf_addf(&name, is_stream ? "%s" : "@%s", path)) {
        status = status_no_memory(err, "the path", strlen(path));
    }
    if (status == INGLE_OK) status = text_arg_read(text, name.data, err);
    if (status == INGLE_OK && text->size == 0) (void)buf_add_str(text, "");
    if (status == INGLE_OK && text->size && memchr(text->data, '\0', text->size)) {
        status = status_set(err, INGLE_INVALID, 0, "'%s' holds a NUL byte.", path);
    }
    buf_clear(&name);
    return status;
}

/* A JSON file of a chat template is an object that has it as a string. */
static ingle_status open_source(ingle_template **out, const struct buf *text, const char *path,
                                ingle_error *err) {
    const char *source = text->data ? text->data : "";
    size_t start = strspn(source, " \t\r\n");
    bool may_be_json = source[start] == '{' && !strchr("{%#", source[start + 1]);
    if (!may_be_json) return ingle_template_new(out, source, text->size, err);
    struct arena arena;
    const struct json_value *tree = NULL, *member = NULL;
    arena_init(&arena, MAX_TREE);
    ingle_status status = json_tree_parse(&tree, &arena, source, text->size, path, err);
    if (status == INGLE_OK && tree) member = json_member(tree, "chat_template");
    if (status == INGLE_OK && (!member || member->kind != JSON_STRING)) {
        status = status_set(err, INGLE_INVALID, 0, "'%s' has no string \"chat_template\".", path);
    }
    if (status == INGLE_OK && member) {
        status = ingle_template_new(out, member->text.data, member->text.len, err);
    }
    arena_clear(&arena);
    return status;
}

static ingle_status open_template(ingle_template **out, const struct template_args *args,
                                  ingle_error *err) {
    if (args->template) {
        struct buf text = {0};
        ingle_status status = read_file(&text, args->template, err);
        if (status == INGLE_OK) status = open_source(out, &text, args->template, err);
        buf_clear(&text);
        return status;
    }
    ingle_model *model = NULL;
    ingle_status status = engine_open(&model, &args->engine, true, err);
    if (status == INGLE_OK) status = ingle_template_from_model(out, model, err);
    ingle_model_close(model);
    return status;
}

static void add_quoted(struct buf *b, const char *text, size_t len) {
    buf_add_str(b, "\"");
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == '"' || c == '\\') {
            buf_addf(b, "\\u%04x", c);
        } else {
            buf_add(b, text + i, 1);
        }
    }
    buf_add_str(b, "\"");
}

static bool is_json(const char *text) {
    struct arena arena;
    const struct json_value *tree;
    arena_init(&arena, MAX_TREE);
    bool parses = json_tree_parse(&tree, &arena, text, strlen(text), "the value", NULL) == INGLE_OK;
    arena_clear(&arena);
    return parses;
}

/* NAME=VALUE, one after the other, as a JSON object. */
static ingle_status join_vars(struct buf *out, const struct option_list *vars, ingle_error *err) {
    buf_init(out, TEXT_ARG_MAX);
    buf_add_str(out, "{");
    for (size_t i = 0; i < vars->n; i++) {
        const char *var = vars->items[i], *equals = strchr(var, '=');
        if (!equals || equals == var) {
            return status_set(err, INGLE_BAD_ARGUMENT, 0, "--var needs NAME=VALUE, not '%.60s'.",
                              var);
        }
        if (i) buf_add_str(out, ", ");
        add_quoted(out, var, (size_t)(equals - var));
        buf_add_str(out, ": ");
        if (is_json(equals + 1)) {
            buf_add_str(out, equals + 1);
        } else {
            add_quoted(out, equals + 1, strlen(equals + 1));
        }
    }
    buf_add_str(out, "}");
    return buf_failed(out) ? status_no_memory(err, "the variables", out->size) : INGLE_OK;
}

static void print(struct out *out, const ingle_rendering *r, bool as_json) {
    size_t len, n;
    const char *text = ingle_rendering_text(r, &len);
    const ingle_rendering_span *spans = ingle_rendering_spans(r, &n);
    if (!as_json) {
        out_text(out, text, len);
        return;
    }
    struct json j;
    json_init(&j, out);
    json_begin(&j, '{');
    json_put_text(&j, "text", text, len);
    json_key(&j, "spans");
    json_begin(&j, '[');
    for (size_t i = 0; i < n; i++) {
        json_begin(&j, '{');
        json_put_uint(&j, "start", spans[i].start);
        json_put_uint(&j, "len", spans[i].len);
        json_put_bool(&j, "is_data", spans[i].is_data);
        json_end(&j, '}');
    }
    json_end(&j, ']');
    json_end(&j, '}');
}

static ingle_status render(struct cli *cli, const struct template_args *args,
                           const ingle_template *t, ingle_error *err) {
    struct buf messages = {0}, tools = {0}, vars = {0};
    ingle_rendering *r = NULL;
    ingle_template_options opt = ingle_template_options_default();
    ingle_status status = read_file(&messages, args->messages, err);
    if (status == INGLE_OK && args->tools) status = read_file(&tools, args->tools, err);
    if (status == INGLE_OK) status = join_vars(&vars, &args->vars, err);
    if (status == INGLE_OK) {
        opt.tools = args->tools ? tools.data : NULL;
        opt.vars = vars.data;
        opt.now = args->now;
        opt.add_generation_prompt = !args->no_generation_prompt;
        status = ingle_template_render(&r, t, messages.data, &opt, err);
    }
    if (status == INGLE_OK) print(&cli->out, r, args->json);
    ingle_rendering_free(r);
    buf_clear(&messages);
    buf_clear(&tools);
    buf_clear(&vars);
    return status;
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct template_args args = {0};
    ingle_template *t = NULL;
    INGLE_TRY(options_parse_all(cli->command, argc, argv, &args, "", err));
    if (args.template && args.engine.model) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "Give either -m or --template, not both.");
    }
    if (!args.messages) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "--messages is missing: a JSON file, or - for standard input.");
    }
    if (!args.template) INGLE_TRY(engine_default(&args.engine, err));
    INGLE_TRY(open_template(&t, &args, err));
    ingle_status status = render(cli, &args, t, err);
    ingle_template_free(t);
    return status;
}

const struct command cmd_template = {
    .name = "template",
    .summary = "Show a conversation as the model's chat template writes it, byte for byte",
    .arguments = "(-m MODEL | --template FILE) --messages FILE [options]",
    .example = "template -m model.gguf --messages chat.json --var enable_thinking=false",
    .details = "FILE may be - for standard input. A template's file is Jinja, or JSON with a\n"
               "\"chat_template\". The messages' object may name tools, documents and variables "
               "too.\n"
               "With --json, a part whose is_data is true came from the messages, tools or "
               "variables:\n"
               "what reads like a control token there is text.",
    COMMAND_OPTIONS(template_options),
    .run = run,
};
