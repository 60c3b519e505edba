/* ingle run: continues a text and streams what the model adds. */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "cli/command.h"
#include "cli/constraint_arg.h"
#include "cli/engine_arg.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/remember.h"
#include "cli/run_report.h"
#include "cli/sampling_arg.h"
#include "cli/say.h"
#include "cli/text_arg.h"

#define DEFAULT_MAX_TOKENS 256

struct run_args {
    struct engine_args engine;
    struct text_args text;
    const char *prompt;
    int max_tokens;
    struct constraint_args constraint;
    struct sampling_args sampling;
    struct option_list stops;
    int n_logprobs; /* -1 = not asked for */
    bool ignore_end, allow_loops, remember, stats, json;
};

#define FIELD(name) .offset = offsetof(struct run_args, name)

static const struct option run_options[] = {
    OPTION_MODEL(struct run_args),
    {"prompt", 'p', OPTION_TEXT, "TEXT", "Text to continue; @FILE, or - for standard input",
     FIELD(prompt)},
    {"max-tokens", 'n', OPTION_INT, "N", "Tokens to add at most (default 256; -1: until it ends)",
     FIELD(max_tokens), .min = -1, .max = INT32_MAX},
    {"stop", '\0', OPTION_LIST, "STRING", "End before this text; may be given several times",
     FIELD(stops)},
    OPTION_CONSTRAINT(struct run_args),
    OPTION_SAMPLING(struct run_args),
    {"ignore-end", '\0', OPTION_FLAG, NULL, "Go on after the model ended its answer",
     FIELD(ignore_end)},
    {"allow-loops", '\0', OPTION_FLAG, NULL, "Go on when the text goes round and round",
     FIELD(allow_loops)},
    {"logprobs", '\0', OPTION_INT, "K",
     "With --json: a line a token, its log-probability and the K likeliest", FIELD(n_logprobs),
     .min = 0, .max = INGLE_TOP_MAX},
    OPTION_NO_BOS(struct run_args),
    OPTION_PARSE_SPECIAL(struct run_args),
    OPTION_ENGINE(struct run_args),
    {"remember", '\0', OPTION_FLAG, NULL, "Keep the work on the prompt, sealed, for the next run",
     FIELD(remember)},
    {"stats", '\0', OPTION_FLAG, NULL, "Times, speeds and memory on standard error", FIELD(stats)},
    {"json", '\0', OPTION_FLAG, NULL, "An object a line: pieces of text, then how it ended",
     FIELD(json)},
};

/* Everything that a run holds, so that one place can give it back. */
struct run_state {
    struct cli *cli;
    const struct run_args *args;
    struct engine_files files;
    ingle_model_info info; /* borrows from the model and files */
    struct buf prompt;
    ingle_model *model;
    struct remember remember; /* zeroed without --remember */
    ingle_session *session;
    ingle_sampler *sampler;
    ingle_constraint *constraint; /* NULL: none */
    ingle_token *tokens;          /* of the prompt */
    size_t n_tokens;
    bool began;      /* the model was set to work */
    int n_read;      /* tokens of the prompt that the session holds */
    size_t n_reused; /* of them, those that were remembered */
    double prefill_ms;
    ingle_generate_result result;
};

static ingle_status make_sampler(struct run_state *s, ingle_error *err) {
    INGLE_TRY(ingle_sampler_new(&s->sampler, s->model, &s->args->sampling.options, err));
    for (size_t i = 0; i < s->n_tokens; i++) ingle_sampler_accept(s->sampler, s->tokens[i]);
    return INGLE_OK;
}

static bool on_text(const char *text, size_t len, void *user) {
    struct run_state *s = user;
    struct out *out = &s->cli->out;
    if (s->args->json) {
        struct json j;
        json_init(&j, out);
        json_begin(&j, '{');
        json_put_text(&j, "text", text, len);
        json_end(&j, '}');
    } else {
        out_text(out, text, len);
    }
    return out_flush(out, NULL) == INGLE_OK;
}

static void put_token(struct json *j, const ingle_model *model, ingle_token id, float logprob) {
    size_t len = 0;
    const char *bytes = ingle_token_bytes(model, id, true, &len);
    json_begin(j, '{');
    json_put_int(j, "id", id);
    json_put_bytes(j, "piece", bytes ? bytes : "", len);
    json_put_number(j, "logprob", (double)logprob, 9);
}

/* A line a token, before the text that it completes. */
static bool on_token(const ingle_token_report *report, void *user) {
    struct run_state *s = user;
    struct json j;
    json_init(&j, &s->cli->out);
    put_token(&j, s->model, report->token, report->logprob);
    json_key(&j, "top");
    json_begin(&j, '[');
    for (size_t i = 0; i < report->n_top; i++) {
        put_token(&j, s->model, report->top[i].token, report->top[i].logprob);
        json_end(&j, '}');
    }
    json_end(&j, ']');
    json_end(&j, '}');
    return out_flush(&s->cli->out, NULL) == INGLE_OK;
}

static ingle_status tokenize(struct run_state *s, ingle_error *err) {
    INGLE_TRY(text_tokenize(s->model, &s->prompt, &s->args->text, &s->tokens, &s->n_tokens, err));
    if (s->n_tokens > 0) return INGLE_OK;
    return status_set(err, INGLE_BAD_ARGUMENT, 0,
                      "The prompt is empty and no begin token stands before it; give a text "
                      "with -p.");
}

static ingle_status prefill(struct run_state *s, ingle_error *err) {
    INGLE_TRY(engine_fits(s->session, s->n_tokens, err));
    s->began = true;
    double start = clock_ms();
    ingle_status status =
        ingle_session_prompt(s->session, s->tokens, s->n_tokens, 0, &s->n_reused, err);
    s->prefill_ms = clock_ms() - start;
    s->n_read = ingle_session_n_tokens(s->session);
    return status;
}

static ingle_status generate(struct run_state *s, ingle_error *err) {
    INGLE_TRY(engine_open_told(&s->model, &s->files, &s->info, &s->args->engine, false, err));
    INGLE_TRY(constraint_args_make(&s->constraint, &s->args->constraint, s->model, err));
    INGLE_TRY(tokenize(s, err));
    INGLE_TRY(make_sampler(s, err));
    if (s->args->remember) {
        INGLE_TRY(remember_open(&s->remember, s->model, &s->args->engine, err));
    }
    INGLE_TRY(engine_session(&s->session, s->model, &s->args->engine, s->remember.cache, err));
    interrupt_watch(s->session);
    INGLE_TRY(prefill(s, err));

    ingle_generate_options opt = ingle_generate_options_default();
    opt.max_tokens = s->args->max_tokens;
    opt.stops = s->args->stops.items;
    opt.n_stops = s->args->stops.n;
    opt.ignore_end = s->args->ignore_end;
    opt.stop_loops = !s->args->allow_loops;
    if (s->args->n_logprobs >= 0) {
        opt.on_token = on_token;
        opt.n_top = s->args->n_logprobs;
    }
    opt.constraint = s->constraint;
    opt.on_text = on_text;
    opt.user = s;
    return ingle_session_generate(s->session, s->sampler, &opt, &s->result, err);
}

static const char *reason_name(ingle_status status, ingle_stop_reason reason) {
    if (status == INGLE_CONTEXT_FULL) return "context";
    if (status == INGLE_CANCELLED) return "cancel";
    if (status != INGLE_OK) return "error";
    static const char *const names[] = {[INGLE_STOP_END] = "end",
                                        [INGLE_STOP_STRING] = "stop",
                                        [INGLE_STOP_LENGTH] = "length",
                                        [INGLE_STOP_LOOP] = "loop"};
    return names[reason];
}

/* After the model was set to work, also in vain: the end of the text, how it ended, the figures. */
static ingle_status finish(struct run_state *s, ingle_status status, ingle_error *err) {
    struct out *out = &s->cli->out;
    if (!s->args->json) out_end_line(out);
    /* A text that could not be delivered ended it, though the session sees a wish to stop. */
    ingle_status flushed = out_flush(out, status == INGLE_OK ? err : NULL);
    if (status == INGLE_OK) status = flushed;
    if (status == INGLE_OK && s->result.reason == INGLE_STOP_CANCEL) {
        status = status_set(err, INGLE_CANCELLED, 0, "Interrupted.");
    }
    if (status == INGLE_OK && s->result.reason == INGLE_STOP_LOOP) {
        say(s->cli->command,
            "The text went round and round and was ended; --allow-loops lets it go on.");
    }
    if (status == INGLE_OK && s->result.was_closed) {
        say(s->cli->command,
            "The text had to end and was closed by the constraint's shortest ending.");
    }
    struct run_report report = {
        .reason = reason_name(status, s->result.reason),
        .model = s->info,
        .n_prompt = s->n_tokens,
        .n_read = s->n_read - (int)s->n_reused,
        .remember = s->args->remember,
        .n_reused = s->n_reused,
        .remember_note = s->remember.note,
        .n_tokens = s->result.n_tokens,
        .prefill_ms = s->prefill_ms,
        .first_ms = s->result.first_ms,
        .decode_ms = s->result.decode_ms,
        .n_drafted = s->result.n_drafted,
        .n_accepted = s->result.n_accepted,
        .n_forced = s->result.n_forced,
        .was_closed = s->result.was_closed,
        .n_threads = ingle_session_n_threads(s->session),
        .seed = s->args->sampling.options.seed,
    };
    if (s->args->json) run_report_json(&report, out);
    if (s->args->stats) run_report_print(&report);
    if (status != INGLE_OK || !s->args->remember) return status;
    interrupt_watch(NULL);
    return remember_keep(&s->remember, s->session, err);
}

static void release(struct run_state *s) {
    interrupt_watch(NULL);
    ingle_session_free(s->session);
    remember_close(&s->remember);
    ingle_sampler_free(s->sampler);
    ingle_constraint_free(s->constraint);
    mem_free(s->tokens);
    ingle_model_close(s->model);
    buf_clear(&s->prompt);
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct run_args args = {.prompt = "",
                            .max_tokens = DEFAULT_MAX_TOKENS,
                            .sampling.options = ingle_sampling_options_default(),
                            .n_logprobs = -1};
    INGLE_TRY(
        options_parse_all(cli->command, argc, argv, &args, "the text to continue follows -p", err));
    struct run_state s = {.cli = cli, .args = &args};
    if (args.n_logprobs >= 0 && !args.json) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "Option --logprobs needs --json: the probabilities are an object a "
                          "line.");
    }
    INGLE_TRY(constraint_args_check(&args.constraint, err));
    INGLE_TRY(sampling_args_finish(&args.sampling, err));
    ingle_status status = text_arg_read(&s.prompt, args.prompt, err);
    if (status == INGLE_OK) status = generate(&s, err);
    if (s.began) status = finish(&s, status, err);
    release(&s);
    return status;
}

const struct command cmd_run = {
    .name = "run",
    .summary = "Continue a text with a model, printing as it is made",
    .arguments = "[-m MODEL] [-p TEXT] [options]",
    .example = "run -m model.gguf -p \"Once upon a time\" -n 64 --stats",
    .details = "The prompt may be any bytes. An empty one begins with the model's begin token, if "
               "it has one.\n"
               "A prompt or answer that outgrows the context is an error (exit 6), never cut. A "
               "text that only\n"
               "repeats itself is ended, which is said. Log-probabilities are the model's own, "
               "before sampling.\n"
               "With --remember, the work on prompt and answer is kept in "
               "~/.cache/ingle/snapshots, encrypted with\n"
               "the key in ~/.local/state/ingle/keys; delete the folder to forget all of it.",
    COMMAND_OPTIONS(run_options),
    .run = run,
};
