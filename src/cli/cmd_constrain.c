/* ingle constrain: whether texts can be generated under a constraint. */
#include <stdio.h>
#include <string.h>

#include "base/json_tree.h"
#include "cli/command.h"
#include "cli/constraint_arg.h"
#include "cli/engine_arg.h"
#include "cli/say.h"
#include "cli/text_arg.h"

#define MAX_LINE ((size_t)256 << 20) /* memory of a line's text */

struct constrain_args {
    struct engine_args engine;
    struct constraint_args constraint;
    const char *text, *texts;
};

#define FIELD(name) .offset = offsetof(struct constrain_args, name)

static const struct option constrain_options[] = {
    OPTION_CONSTRAINT(struct constrain_args),
    {"model", 'm', OPTION_TEXT, "MODEL", "GGUF file whose tokens are to make the text up",
     FIELD(engine.model)},
    {"text", '\0', OPTION_TEXT, "FILE", "The text to judge, every byte of it", FIELD(text)},
    {"texts", '\0', OPTION_TEXT, "FILE", "Texts to judge, a JSON string a line", FIELD(texts)},
};

static ingle_status judge(struct cli *cli, ingle_constraint *constraint, const char *path,
                          ingle_error *err) {
    struct buf text;
    bool accepts = false;
    ingle_status status = text_file_read(&text, path, err);
    if (status == INGLE_OK) {
        status = ingle_constraint_accepts(constraint, text.data ? text.data : "", text.size,
                                          &accepts, err);
    }
    buf_clear(&text);
    INGLE_TRY(status);
    out_str(&cli->out, accepts ? "true\n" : "false\n");
    if (accepts) return INGLE_OK;
    return status_set(err, INGLE_FAILED, 0,
                      "The text of '%.120s' cannot be generated under the constraint.", path);
}

/* One line of --texts. constraint NULL: it is not supported. */
static ingle_status judge_line(struct cli *cli, ingle_constraint *constraint, const char *line,
                               size_t len, size_t number, ingle_error *err) {
    struct arena arena;
    const struct json_value *value;
    bool accepts = false;
    char what[48];
    snprintf(what, sizeof what, "Text %zu", number);
    arena_init(&arena, MAX_LINE);
    ingle_status status = json_tree_parse(&value, &arena, line, len, what, err);
    if (status == INGLE_OK && value->kind != JSON_STRING) {
        status = status_set(err, INGLE_INVALID, 0, "%s is no JSON string.", what);
    }
    if (status == INGLE_OK && constraint) {
        status =
            ingle_constraint_accepts(constraint, value->text.data, value->text.len, &accepts, err);
    }
    arena_clear(&arena);
    if (status == INGLE_OK) {
        out_str(&cli->out, !constraint ? "null\n" : accepts ? "true\n" : "false\n");
    }
    return status;
}

static ingle_status judge_lines(struct cli *cli, ingle_constraint *constraint, const char *path,
                                ingle_error *err) {
    struct buf text;
    ingle_status status = text_file_read(&text, path, err);
    size_t number = 0;
    for (size_t at = 0; status == INGLE_OK && at < text.size;) {
        const char *line = text.data + at, *end = memchr(line, '\n', text.size - at);
        size_t len = end ? (size_t)(end - line) : text.size - at;
        status = judge_line(cli, constraint, line, len, ++number, err);
        at += len + 1;
    }
    buf_clear(&text);
    return status;
}

static ingle_status check(const struct constrain_args *args, ingle_error *err) {
    INGLE_TRY(constraint_args_check(&args->constraint, err));
    if (!constraint_args_given(&args->constraint)) {
        return status_set(
            err, INGLE_BAD_ARGUMENT, 0,
            "A constraint is missing: give --schema, --grammar, --regex or --choice.");
    }
    if (!args->text == !args->texts) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "Give one of --text and --texts.");
    }
    return INGLE_OK;
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct constrain_args args = {0};
    INGLE_TRY(options_parse_all(cli->command, argc, argv, &args,
                                "the text to judge is a file: --text FILE", err));
    INGLE_TRY(check(&args, err));
    ingle_model *model = NULL;
    ingle_constraint *constraint = NULL;
    ingle_status status = INGLE_OK;
    ingle_error why;
    if (args.engine.model) status = engine_open(&model, &args.engine, true, err);
    if (status == INGLE_OK) {
        status = constraint_args_make(&constraint, &args.constraint, model, &why);
        if (status == INGLE_REFUSED && args.texts) {
            /* A verdict on every text: none. */
            say(cli->command, why.msg);
            status = INGLE_OK;
        } else if (status != INGLE_OK) {
            *err = why;
        }
    }
    if (status == INGLE_OK) {
        status = args.texts ? judge_lines(cli, constraint, args.texts, err)
                            : judge(cli, constraint, args.text, err);
    }
    ingle_constraint_free(constraint);
    ingle_model_close(model);
    return status;
}

const struct command cmd_constrain = {
    .name = "constrain",
    .summary = "Say whether a text can be generated under a constraint",
    .arguments = "(--schema FILE | --grammar FILE | --regex TEXT | --choice TEXT) [-m MODEL]\n"
                 "    (--text FILE | --texts FILE)",
    .example = "constrain --schema person.json --text answer.json",
    .details =
        "Prints true (exit 0) if exactly this text can be generated in full, else false "
        "(exit 1). A\n"
        "constraint that is not supported is refused (exit 5) with the place of the keyword. "
        "A FILE may be -.\n"
        "With --texts: a line of true, false or, if the constraint is not supported, null "
        "for each text;\n"
        "exit 0 then, whatever the verdicts. Without -m the text may be made of any bytes.",
    COMMAND_OPTIONS(constrain_options),
    .run = run,
};
