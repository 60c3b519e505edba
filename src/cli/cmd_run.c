/* ingle run: continues a text and streams what the model adds. */
#include <string.h>

#include "base/arena.h"
#include "cli/command.h"
#include "cli/constraint_arg.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/remember.h"
#include "cli/run_report.h"
#include "cli/sampling_arg.h"
#include "cli/say.h"
#include "cli/text_arg.h"
#include "cli/worker_arg.h"
#include "worker/wire/msg_generate.h"

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
    struct buf prompt, constraint_text;
    struct worker *worker;
    struct remember remember; /* zeroed without --remember */
    struct msg_generated told;
    struct arena arena; /* of tokens that are told */
};

static bool on_text(struct run_state *s, const char *text, size_t len) {
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

static void put_token(struct json *j, const struct msg_token_choice *c) {
    json_begin(j, '{');
    json_put_int(j, "id", c->token);
    json_put_bytes(j, "piece", c->bytes.data, c->bytes.len);
    json_put_number(j, "logprob", (double)c->logprob, 9);
}

/* A line a token, before the text that it completes. */
static bool on_token(struct run_state *s, const void *body, size_t size) {
    struct msg_token m;
    arena_clear(&s->arena);
    if (wire_read(&m, sizeof m, msg_token, body, size, &s->arena, NULL) != INGLE_OK) return false;
    struct json j;
    json_init(&j, &s->cli->out);
    put_token(&j, &m.chosen);
    json_key(&j, "top");
    json_begin(&j, '[');
    for (size_t i = 0; i < m.n_top; i++) {
        put_token(&j, &m.top[i]);
        json_end(&j, '}');
    }
    json_end(&j, ']');
    json_end(&j, '}');
    return out_flush(&s->cli->out, NULL) == INGLE_OK;
}

static bool on_answer(enum msg_type type, const void *body, size_t size, void *user) {
    if (type == MSG_TEXT) return on_text(user, body, size);
    return type == MSG_TOKEN && on_token(user, body, size);
}

static ingle_status start(struct run_state *s, ingle_error *err) {
    const struct run_args *args = s->args;
    struct msg_start start = {.has_session = true,
                              .has_prefix_cache = args->remember,
                              .prefix_cache_bytes = REMEMBER_CACHE};
    INGLE_TRY(worker_arg_new(&s->worker, &start, &args->engine, err));
    if (!args->remember) return INGLE_OK;
    interrupt_watch_worker(NULL); /* nothing that would be lost has begun */
    ingle_status status = remember_open(&s->remember, s->worker, &args->engine, err);
    interrupt_watch_worker(s->worker);
    return status;
}

static ingle_status generate(struct run_state *s, ingle_error *err) {
    const struct run_args *args = s->args;
    INGLE_TRY(start(s, err));
    struct msg_generate m = {
        .prompt = {s->prompt.data ? s->prompt.data : "", s->prompt.size},
        .no_bos = args->text.no_bos,
        .parse_special = args->text.parse_special,
        .sampling = args->sampling.options,
        .max_tokens = args->max_tokens,
        .stops = args->stops.items,
        .n_stops = args->stops.n,
        .ignore_end = args->ignore_end,
        .stop_loops = !args->allow_loops,
        .n_logprobs = args->n_logprobs,
    };
    INGLE_TRY(constraint_args_message(&m.constraint, &s->constraint_text, &args->constraint, err));
    struct worker_ask ask = {.type = MSG_GENERATE,
                             .visit = msg_generate,
                             .request = &m,
                             .visit_result = msg_generated,
                             .result = &s->told,
                             .result_size = sizeof s->told,
                             .on_answer = on_answer,
                             .user = s};
    return worker_do(s->worker, &ask, err);
}

static const char *reason_name(ingle_status status, ingle_stop_reason reason) {
    if (status == INGLE_CONTEXT_FULL) return "context";
    if (status == INGLE_CANCELLED) return "cancel";
    if (status != INGLE_OK) return "error";
    static const char *const names[] = {
        [INGLE_STOP_END] = "end",       [INGLE_STOP_STRING] = "stop",
        [INGLE_STOP_LENGTH] = "length", [INGLE_STOP_CANCEL] = "cancel",
        [INGLE_STOP_LOOP] = "loop",     [INGLE_STOP_TOOL] = "tool"}; /* a worker may lie */
    return names[reason];
}

/* Tokens of the prompt. What makes no sense is none. */
static int n_computed(const struct msg_generated *told) {
    return told->n_reused < (size_t)told->n_read ? told->n_read - (int)told->n_reused : 0;
}

/* After the model was set to work, also in vain: the end of the text, how it ended, the figures. */
static ingle_status finish(struct run_state *s, ingle_status status, ingle_error *err) {
    struct out *out = &s->cli->out;
    const ingle_generate_result *result = &s->told.result;
    if (!s->args->json) out_end_line(out);
    /* A text that could not be delivered ended it, though the session sees a wish to stop. */
    ingle_status flushed = out_flush(out, status == INGLE_OK ? err : NULL);
    if (status == INGLE_OK) status = flushed;
    if (status == INGLE_OK && result->reason == INGLE_STOP_CANCEL) {
        status = status_set(err, INGLE_CANCELLED, 0, "Interrupted.");
    }
    if (status == INGLE_OK && result->reason == INGLE_STOP_LOOP) {
        say(s->cli->command,
            "The text went round and round and was ended; --allow-loops lets it go on.");
    }
    if (status == INGLE_OK && result->was_closed) {
        say(s->cli->command,
            "The text had to end and was closed by the constraint's shortest ending.");
    }
    const struct msg_started *started = worker_started(s->worker);
    struct run_report report = {
        .reason = reason_name(status, result->reason),
        .model = started->model,
        .n_prompt = s->told.n_prompt,
        .n_read = n_computed(&s->told),
        .remember = s->args->remember,
        .n_reused = s->told.n_reused,
        .remember_note = s->remember.note,
        .n_tokens = result->n_tokens,
        .prefill_ms = s->told.prefill_ms,
        .first_ms = result->first_ms,
        .decode_ms = result->decode_ms,
        .n_drafted = result->n_drafted,
        .n_accepted = result->n_accepted,
        .n_forced = result->n_forced,
        .was_closed = result->was_closed,
        .n_threads = started->n_threads,
        .peak_memory = worker_peak_memory(s->worker),
        .seed = s->args->sampling.options.seed,
    };
    if (s->args->json) run_report_json(&report, out);
    if (s->args->stats) run_report_print(&report);
    if (status != INGLE_OK || !s->args->remember) return status;
    interrupt_watch_worker(NULL);
    return remember_keep(&s->remember, err);
}

static void release(struct run_state *s) {
    remember_close(&s->remember);
    worker_arg_free(s->worker);
    arena_clear(&s->arena);
    buf_clear(&s->prompt);
    buf_clear(&s->constraint_text);
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct run_args args = {.prompt = "",
                            .max_tokens = DEFAULT_MAX_TOKENS,
                            .sampling.options = ingle_sampling_options_default(),
                            .n_logprobs = -1};
    INGLE_TRY(
        options_parse_all(cli->command, argc, argv, &args, "the text to continue follows -p", err));
    INGLE_TRY(engine_default(&args.engine, err));
    struct run_state s = {.cli = cli, .args = &args, .arena.max = MESSAGE_MAX_ANSWER};
    if (args.n_logprobs >= 0 && !args.json) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "Option --logprobs needs --json: the probabilities are an object a "
                          "line.");
    }
    INGLE_TRY(constraint_args_check(&args.constraint, err));
    INGLE_TRY(sampling_args_finish(&args.sampling, err));
    ingle_status status = text_arg_read(&s.prompt, args.prompt, err);
    if (status == INGLE_OK) status = generate(&s, err);
    if (s.told.began) status = finish(&s, status, err);
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
