/* ingle template: a conversation as the model's chat template writes it. */
#include <string.h>

#include "base/json_quote.h"
#include "base/json_tree.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/text_arg.h"
#include "cli/worker_arg.h"
#include "worker/wire/msg_template.h"

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
    OPTION_UNSEALED(struct template_args),
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
        json_quote(out, var, (size_t)(equals - var));
        buf_add_str(out, ": ");
        if (is_json(equals + 1)) {
            buf_add_str(out, equals + 1);
        } else {
            json_quote(out, equals + 1, strlen(equals + 1));
        }
    }
    buf_add_str(out, "}");
    return buf_failed(out) ? status_no_memory(err, "the variables", out->size) : INGLE_OK;
}

static void print(struct out *out, const struct buf *text, const struct msg_rendered *r,
                  bool as_json) {
    const char *data = text->data ? text->data : "";
    if (!as_json) {
        out_text(out, data, text->size);
        return;
    }
    struct json j;
    json_init(&j, out);
    json_begin(&j, '{');
    json_put_text(&j, "text", data, text->size);
    json_key(&j, "spans");
    json_begin(&j, '[');
    for (size_t i = 0; i < r->n_spans; i++) {
        json_begin(&j, '{');
        json_put_uint(&j, "start", r->spans[i].start);
        json_put_uint(&j, "len", r->spans[i].len);
        json_put_bool(&j, "is_data", r->spans[i].is_data);
        json_end(&j, '}');
    }
    json_end(&j, ']');
    json_end(&j, '}');
}

/* What is read before a worker is started for it. */
struct texts {
    struct buf source, messages, tools, vars;
};

static ingle_status read_texts(struct texts *t, const struct template_args *args,
                               ingle_error *err) {
    if (args->template) INGLE_TRY(read_file(&t->source, args->template, err));
    INGLE_TRY(read_file(&t->messages, args->messages, err));
    if (args->tools) INGLE_TRY(read_file(&t->tools, args->tools, err));
    return join_vars(&t->vars, &args->vars, err);
}

static ingle_status render(struct cli *cli, const struct template_args *args, const struct texts *t,
                           struct worker *worker, ingle_error *err) {
    struct buf text = {.max = MESSAGE_MAX_REQUEST};
    struct msg_rendered rendered = {0};
    struct msg_template m = {
        .source = args->template ? t->source.data : NULL,
        .source_name = args->template,
        .messages = t->messages.data,
        .tools = args->tools ? t->tools.data : NULL,
        .vars = t->vars.data,
        .now = args->now,
        .no_generation_prompt = args->no_generation_prompt,
    };
    struct worker_ask ask = {.type = MSG_TEMPLATE,
                             .visit = msg_template,
                             .request = &m,
                             .visit_result = msg_rendered,
                             .result = &rendered,
                             .result_size = sizeof rendered,
                             .on_answer = worker_arg_collect,
                             .user = &text};
    ingle_status status = worker_do(worker, &ask, err);
    if (status == INGLE_OK && buf_failed(&text)) {
        status = status_no_memory(err, "the text", text.size);
    }
    if (status == INGLE_OK) print(&cli->out, &text, &rendered, args->json);
    buf_clear(&text);
    return status;
}

static ingle_status start(struct worker **out, const struct template_args *args, ingle_error *err) {
    struct msg_start start = {.vocab_only = true};
    if (args->template) return worker_arg_new_empty(out, &start, &args->engine, err);
    return worker_arg_new(out, &start, &args->engine, err);
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct template_args args = {0};
    INGLE_TRY(options_parse_all(cli->command, argc, argv, &args, "", err));
    if (args.template && args.engine.model) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "Give either -m or --template, not both.");
    }
    if (!args.messages) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "--messages is missing: a JSON file, or - for standard input.");
    }
    if (!args.template) INGLE_TRY(engine_default(&args.engine, err));
    struct worker *worker = NULL;
    struct texts texts = {0};
    ingle_status status = read_texts(&texts, &args, err);
    if (status == INGLE_OK) status = start(&worker, &args, err);
    if (status == INGLE_OK) status = render(cli, &args, &texts, worker, err);
    worker_arg_free(worker);
    buf_clear(&texts.source);
    buf_clear(&texts.messages);
    buf_clear(&texts.tools);
    buf_clear(&texts.vars);
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
