/* ingle constrain: whether texts can be generated under a constraint. */
#include "cli/command.h"
#include "cli/constraint_arg.h"
#include "cli/interrupt.h"
#include "cli/say.h"
#include "cli/text_arg.h"
#include "cli/worker_arg.h"
#include "worker/wire/msg_judge.h"

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
    OPTION_UNSEALED(struct constrain_args),
};

/* A worker that read a hostile model may say anything, but no more verdicts than there are texts.
 */
struct verdicts {
    struct out *out;
    size_t n, n_texts;
    bool is_broken, last; /* the last one was a yes */
};

static bool print_verdicts(enum msg_type type, const void *body, size_t size, void *user) {
    static const char *const words[] = {
        [VERDICT_NO] = "false\n", [VERDICT_YES] = "true\n", [VERDICT_NONE] = "null\n"};
    struct verdicts *v = user;
    const uint8_t *each = body;
    v->is_broken = v->is_broken || type != MSG_VERDICTS || size > v->n_texts - v->n;
    for (size_t i = 0; i < size && !v->is_broken; i++) {
        v->is_broken = each[i] >= BASE_COUNT(words);
        if (!v->is_broken) out_str(v->out, words[each[i]]);
        v->last = each[i] == VERDICT_YES;
    }
    v->n += size;
    return !v->is_broken && v->out->errnum == 0;
}

static size_t n_lines(const struct wire_text *text) {
    size_t n = text->len > 0 && text->data[text->len - 1] != '\n';
    for (size_t i = 0; i < text->len; i++) n += text->data[i] == '\n';
    return n;
}

static ingle_status ask(struct cli *cli, struct worker *worker, const struct msg_judge *m,
                        const char *path, ingle_error *err) {
    struct verdicts v = {.out = &cli->out, .n_texts = m->lines ? n_lines(&m->text) : 1};
    struct msg_judged judged;
    struct worker_ask ask = {.type = MSG_JUDGE,
                             .visit = msg_judge,
                             .request = m,
                             .visit_result = msg_judged,
                             .result = &judged,
                             .result_size = sizeof judged,
                             .on_answer = print_verdicts,
                             .user = &v};
    ingle_status status = worker_do(worker, &ask, err);
    if (cli->out.errnum) return out_flush(&cli->out, err);
    if (v.is_broken || (status == INGLE_OK && v.n != v.n_texts)) {
        return status_set(err, INGLE_FAILED, 0, "The worker's verdicts are not on these texts.");
    }
    if (judged.refusal) say(cli->command, judged.refusal);
    INGLE_TRY(status);
    if (m->lines || v.last) return INGLE_OK;
    return status_set(err, INGLE_FAILED, 0,
                      "The text of '%.120s' cannot be generated under the constraint.", path);
}

/* There is nothing to cancel: while texts are judged, Ctrl-C ends the process, and so the worker.
 */
static ingle_status start(struct worker **out, const struct engine_args *engine, ingle_error *err) {
    struct msg_start start = {.vocab_only = true};
    if (engine->model) {
        INGLE_TRY(worker_arg_new(out, &start, engine, err));
    } else {
        INGLE_TRY(worker_arg_new_empty(out, &start, engine, err));
    }
    interrupt_watch_worker(NULL);
    return INGLE_OK;
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
    const char *path = args.texts ? args.texts : args.text;
    struct msg_judge m = {.lines = args.texts != NULL};
    struct worker *worker = NULL;
    struct buf constraint = {0}, text = {0};
    ingle_status status =
        constraint_args_message(&m.constraint, &constraint, &args.constraint, err);
    if (status == INGLE_OK) status = text_file_read(&text, path, err);
    if (status == INGLE_OK) status = start(&worker, &args.engine, err);
    if (status == INGLE_OK) {
        m.text = (struct wire_text){text.data ? text.data : "", text.size};
        status = ask(cli, worker, &m, path, err);
    }
    worker_arg_free(worker);
    buf_clear(&constraint);
    buf_clear(&text);
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
