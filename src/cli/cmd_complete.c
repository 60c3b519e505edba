/* ingle complete: what belongs at a place in a file. */
#include <string.h>

#include "cli/command.h"
#include "cli/json.h"
#include "cli/neighbours.h"
#include "cli/say.h"
#include "cli/task_worker.h"
#include "cli/text_arg.h"
#include "task/tasks.h"
#include "worker/wire/msg_complete.h"

struct complete_args {
    struct engine_args engine;
    const char *file, *name;
    int line, column; /* 0 = not given */
    int lines;        /* ingle_complete_extent */
    int max_tokens;
    struct option_list context;
    bool alone, json;
};

#define FIELD(field) .offset = offsetof(struct complete_args, field)

static const struct option complete_options[] = {
    OPTION_MODEL(struct complete_args),
    {"file", '\0', OPTION_TEXT, "FILE", "The file; - for its text on standard input, with --name",
     FIELD(file)},
    {"line", '\0', OPTION_INT, "N", "The line of the place; the first is 1", FIELD(line), .min = 1,
     .max = INT32_MAX},
    {"column", '\0', OPTION_INT, "M",
     "The place is before the M-th character of it, from 1 (default: its end)", FIELD(column),
     .min = 1, .max = INT32_MAX},
    {"lines", '\0', OPTION_CHOICE, "block|one",
     "To the end of the statement or block, or only of the line", FIELD(lines)},
    {"max-tokens", 'n', OPTION_INT, "N", "Tokens to add at most (default 128)", FIELD(max_tokens),
     .min = 1, .max = 1 << 20},
    {"context", '\0', OPTION_LIST, "FILE", "Another file to look at first; several times",
     FIELD(context)},
    {"alone", '\0', OPTION_FLAG, NULL, "Read no other files than those given", FIELD(alone)},
    {"name", '\0', OPTION_TEXT, "PATH", "Where the text on standard input belongs", FIELD(name)},
    OPTION_ENGINE(struct complete_args),
    {"json", '\0', OPTION_FLAG, NULL, "One object: the text, why it ended, what was shown",
     FIELD(json)},
};

/* Everything that the command holds, so that one place can give it back. */
struct complete_state {
    struct cli *cli;
    const struct complete_args *args;
    struct buf text, made;
    struct neighbours around;
    struct worker *worker;
    ingle_complete_result result;
};

static ingle_status check_args(const struct complete_args *args, ingle_error *err) {
    if (!args->file) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The file is missing: --file FILE, or --file - with --name PATH.");
    }
    if (args->line == 0) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The line of the place is missing: --line N.");
    }
    bool is_stream = strcmp(args->file, "-") == 0;
    if (is_stream != (args->name != NULL)) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "Options --file - and --name PATH go together: the text comes on "
                          "standard input, the name tells where it belongs.");
    }
    return INGLE_OK;
}

/* The byte before which line and column lie. */
static ingle_status find_place(const struct complete_state *s, size_t *at, ingle_error *err) {
    const char *text = s->text.data ? s->text.data : "";
    size_t size = s->text.size, begin = 0;
    int line = 1;
    for (; line < s->args->line; line++) {
        const char *end = begin < size ? memchr(text + begin, '\n', size - begin) : NULL;
        if (!end) {
            return status_set(err, INGLE_BAD_ARGUMENT, 0,
                              "Line %d is beyond the end: '%s' ends in line %d.", s->args->line,
                              s->around.name, line);
        }
        begin = (size_t)(end - text) + 1;
    }
    const char *newline = begin < size ? memchr(text + begin, '\n', size - begin) : NULL;
    size_t end = newline ? (size_t)(newline - text) : size;
    if (end > begin && text[end - 1] == '\r') end--;
    *at = s->args->column ? begin : end;
    for (int column = 1; column < s->args->column; column++) {
        if (*at == end) {
            return status_set(err, INGLE_BAD_ARGUMENT, 0,
                              "Column %d is beyond the end: line %d of '%s' has %d character%s.",
                              s->args->column, line, s->around.name, column - 1,
                              column == 2 ? "" : "s");
        }
        do ++*at;
        while (*at < end && ((unsigned char)text[*at] & 0xc0) == 0x80);
    }
    return INGLE_OK;
}

static ingle_status read_files(struct complete_state *s, ingle_error *err) {
    const struct complete_args *args = s->args;
    INGLE_TRY(text_file_read(&s->text, args->file, err));
    const char *path = args->name ? args->name : args->file;
    INGLE_TRY(task_check_text(s->text.data, s->text.size, path, err));
    INGLE_TRY(neighbours_init(&s->around, path, err));
    for (size_t i = 0; i < args->context.n; i++) {
        INGLE_TRY(neighbours_add(&s->around, args->context.items[i], err));
    }
    return INGLE_OK;
}

static bool on_answer(enum msg_type type, const void *text, size_t len, void *user) {
    struct complete_state *s = user;
    struct out *out = &s->cli->out;
    if (type != MSG_TEXT) return false;
    if (s->args->json) return buf_add(&s->made, text, len);
    out_text(out, text, len);
    return !out->is_terminal || out_flush(out, NULL) == INGLE_OK;
}

static void put_context(struct json *j, const struct complete_state *s) {
    const ingle_complete_result *r = &s->result;
    json_key(j, "context");
    json_begin(j, '[');
    for (size_t i = 0; i < r->n_pieces; i++) {
        const ingle_complete_piece *p = &r->pieces[i];
        if (p->file >= s->around.n) continue; /* no such file: nothing to say of it */
        json_begin(j, '{');
        json_put_str(j, "file", s->around.files[p->file].name);
        json_put_uint(j, "line", p->line);
        json_put_uint(j, "n_lines", p->n_lines);
        json_put_uint(j, "n_tokens", p->n_tokens);
        json_end(j, '}');
    }
    json_end(j, ']');
}

static void put_json(struct complete_state *s) {
    const ingle_complete_result *r = &s->result;
    struct json j;
    json_init(&j, &s->cli->out);
    json_begin(&j, '{');
    json_put_text(&j, "text", s->made.data ? s->made.data : "", s->made.size);
    json_put_str(&j, "reason", ingle_complete_reason_name(r->reason));
    json_put_int(&j, "n_tokens", r->n_tokens);
    json_put_number(&j, "ms", r->ms, 4);
    json_put_number(&j, "prompt_ms", r->prompt_ms, 4);
    json_put_bool(&j, "fills_middle", r->fills_middle);
    json_put_int(&j, "n_prompt", r->n_prompt);
    json_put_int(&j, "n_budget", r->n_budget);
    json_put_int(&j, "n_prefix", r->n_prefix);
    json_put_int(&j, "n_suffix", r->n_suffix);
    json_put_uint(&j, "first_line", r->first_line);
    json_put_uint(&j, "last_line", r->last_line);
    json_put_bool(&j, "line_is_cut", r->is_line_cut);
    put_context(&j, s);
    json_end(&j, '}');
}

static ingle_status ask(struct complete_state *s, size_t at, ingle_error *err) {
    struct msg_complete m = {
        .file = {.name = s->around.name,
                 .text = s->text.data ? s->text.data : "",
                 .len = s->text.size},
        .at = at,
        .extent = (ingle_complete_extent)s->args->lines,
        .max_tokens = s->args->max_tokens,
        .repository = s->around.project,
        .others = s->around.files,
        .n_others = s->around.n,
    };
    struct worker_ask ask = {.type = MSG_COMPLETE,
                             .visit = msg_complete,
                             .request = &m,
                             .visit_result = msg_completed,
                             .result = &s->result,
                             .result_size = sizeof s->result,
                             .on_answer = on_answer,
                             .user = s};
    return worker_do(s->worker, &ask, err);
}

static ingle_status complete(struct complete_state *s, ingle_error *err) {
    struct msg_start start = {0};
    size_t at = 0;
    INGLE_TRY(read_files(s, err));
    INGLE_TRY(find_place(s, &at, err));
    INGLE_TRY(worker_arg_new(&s->worker, &start, &s->args->engine, err));
    if (!s->args->alone && worker_started(s->worker)->fills_middle) {
        INGLE_TRY(neighbours_find(&s->around, &s->text, err));
    }
    return ask(s, at, err);
}

static ingle_status finish(struct complete_state *s, ingle_status status, ingle_error *err) {
    struct out *out = &s->cli->out;
    if (status == INGLE_OK && s->args->json) put_json(s);
    if (!s->args->json) out_end_line(out);
    ingle_status flushed = out_flush(out, status == INGLE_OK ? err : NULL);
    if (status != INGLE_OK) return status;
    INGLE_TRY(flushed);
    if (!s->result.fills_middle) {
        say(s->cli->command,
            "This model has no tokens for filling in the middle: it continued what stands before "
            "the place.");
    }
    if (s->result.is_line_cut) {
        say(s->cli->command, "The line is longer than what the model is shown of a file: it was "
                             "cut.");
    }
    return INGLE_OK;
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct complete_args args = {.max_tokens = 128};
    INGLE_TRY(options_parse_all(cli->command, argc, argv, &args, "the file follows --file", err));
    INGLE_TRY(engine_default(&args.engine, err));
    INGLE_TRY(check_args(&args, err));
    struct complete_state s = {.cli = cli, .args = &args};
    buf_init_secret(&s.made, TEXT_ARG_MAX);
    ingle_status status = finish(&s, complete(&s, err), err);
    worker_arg_free(s.worker);
    neighbours_clear(&s.around);
    buf_clear(&s.made);
    buf_clear(&s.text);
    return status;
}

const struct command cmd_complete = {
    .name = "complete",
    .summary = "Complete code at a place in a file",
    .arguments = "-m MODEL --file FILE --line N [--column M] [options]",
    .example = "complete -m qwen2.5-coder.gguf --file main.c --line 12 --column 5",
    .details =
        "The completion ends with its statement, block or line, closes no bracket that the text "
        "after\nit closes, and repeats nothing that follows. A model with tokens for filling in "
        "the middle is\nshown what stands before and after the place, and pieces of files that "
        "the file includes or\nthat lie beside it: never outside of the project (the nearest "
        "parent with .git, else the\nfile's folder), hidden or ignored.",
    COMMAND_OPTIONS(complete_options),
    .run = run,
};
