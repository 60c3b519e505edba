/* ingle run: continues a text and streams what the model adds. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "cli/command.h"
#include "cli/engine_arg.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/remember.h"
#include "cli/run_report.h"
#include "cli/text_arg.h"

#define DEFAULT_MAX_TOKENS 256

struct run_args {
    struct engine_args engine;
    struct text_args text;
    const char *prompt;
    int max_tokens;
    ingle_sampling_options sampling;
    struct option_uint64 seed;
    struct option_list stops, breakers, biases;
    bool ignore_end, remember, stats, json;
};

#define FIELD(name) .offset = offsetof(struct run_args, name)
#define ANY .min = -INFINITY, .max = INFINITY
#define NOT_NEGATIVE .min = 0, .max = INFINITY
#define ABOVE(low) .min = (low), .max = INFINITY, .above_min = true
#define SHARE .min = 0, .max = 1
#define COUNT .min = 0, .max = INT32_MAX
#define LOOK_BACK .min = -1, .max = 1 << 20

static const struct option run_options[] = {
    OPTION_MODEL(struct run_args),
    {"prompt", 'p', OPTION_TEXT, "TEXT", "Text to continue; @FILE, or - for standard input",
     FIELD(prompt)},
    {"max-tokens", 'n', OPTION_INT, "N", "Tokens to add at most (default 256; -1: until it ends)",
     FIELD(max_tokens), .min = -1, .max = INT32_MAX},
    {"temp", '\0', OPTION_FLOAT, "T", "Temperature; 0 always takes the likeliest (default 0.8)",
     FIELD(sampling.temperature), NOT_NEGATIVE},
    {"top-k", '\0', OPTION_INT, "K", "Keep the K likeliest tokens (default 40; 0: all)",
     FIELD(sampling.top_k), COUNT},
    {"top-p", '\0', OPTION_FLOAT, "P", "Keep the likeliest with this mass (default 0.95; 1: all)",
     FIELD(sampling.top_p), SHARE},
    {"min-p", '\0', OPTION_FLOAT, "P", "Drop below this share of the likeliest (default 0.05)",
     FIELD(sampling.min_p), SHARE},
    {"typical", '\0', OPTION_FLOAT, "P", "Keep the typical ones with this mass (default 1: all)",
     FIELD(sampling.typical_p), SHARE},
    {"seed", '\0', OPTION_UINT64, "N", "Replays the same draws (default: another one each time)",
     FIELD(seed)},
    {"stop", '\0', OPTION_LIST, "STRING", "End before this text; may be given several times",
     FIELD(stops)},
    {"repeat-penalty", '\0', OPTION_FLOAT, "R", "Divide logits of recent tokens (default 1: off)",
     FIELD(sampling.repetition_penalty), ABOVE(0)},
    {"presence-penalty", '\0', OPTION_FLOAT, "X", "Lower logits of recent tokens once (default 0)",
     FIELD(sampling.presence_penalty), ANY},
    {"frequency-penalty", '\0', OPTION_FLOAT, "X", "Lower them per occurrence (default 0)",
     FIELD(sampling.frequency_penalty), ANY},
    {"repeat-last-n", '\0', OPTION_INT, "N", "Recent means the last N (default 64; -1: all)",
     FIELD(sampling.penalty_last_n), LOOK_BACK},
    {"dry-multiplier", '\0', OPTION_FLOAT, "X", "Strength of DRY repetition control (default 0)",
     FIELD(sampling.dry_multiplier), NOT_NEGATIVE},
    {"dry-base", '\0', OPTION_FLOAT, "X", "Its growth with the repeat's length (default 1.75)",
     FIELD(sampling.dry_base), ABOVE(1)},
    {"dry-allowed-length", '\0', OPTION_INT, "N", "Repeats so long are free (default 2)",
     FIELD(sampling.dry_allowed_length), COUNT},
    {"dry-last-n", '\0', OPTION_INT, "N", "Tokens it looks back at (default -1: all)",
     FIELD(sampling.dry_last_n), LOOK_BACK},
    {"dry-breaker", '\0', OPTION_LIST, "STRING",
     "Tokens with it end a repeat (default newline : \" *)", FIELD(breakers)},
    {"logit-bias", '\0', OPTION_LIST, "ID=X", "Add X to the token's logit; -inf forbids it",
     FIELD(biases)},
    {"ignore-end", '\0', OPTION_FLAG, NULL, "Go on after the model ended its answer",
     FIELD(ignore_end)},
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
    ingle_sampling_options sampling;
    ingle_logit_bias biases[OPTION_LIST_MAX];
    struct buf prompt;
    ingle_model *model;
    struct remember remember; /* zeroed without --remember */
    ingle_session *session;
    ingle_sampler *sampler;
    ingle_token *tokens; /* of the prompt */
    size_t n_tokens;
    bool began;      /* the model was set to work */
    int n_read;      /* tokens of the prompt that the session holds */
    size_t n_reused; /* of them, those that were remembered */
    double prefill_ms;
    ingle_generate_result result;
};

static ingle_status parse_bias(const char *text, ingle_logit_bias *out, ingle_error *err) {
    char *end;
    errno = 0;
    long id = strtol(text, &end, 10);
    char *value_end = end;
    float value = 0;
    bool ok = end != text && *end == '=' && errno == 0 && id >= 0 && id <= INT32_MAX;
    if (ok) value = strtof(end + 1, &value_end);
    bool is_number = value_end != end + 1 && *value_end == '\0' && !isnan(value);
    if (!ok || !is_number || value == INFINITY) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "Option --logit-bias is '%.40s'; it must be like 15=-2.5 or 15=-inf.",
                          text);
    }
    *out = (ingle_logit_bias){.token = (ingle_token)id, .bias = value};
    return INGLE_OK;
}

/* The options of the sampler that need more than their row in the table. */
static ingle_status read_sampling(struct run_state *s, ingle_error *err) {
    const struct run_args *args = s->args;
    ingle_sampling_options *opt = &s->sampling;
    *opt = args->sampling;
    for (size_t i = 0; i < args->biases.n; i++) {
        INGLE_TRY(parse_bias(args->biases.items[i], &s->biases[i], err));
    }
    opt->logit_bias = s->biases;
    opt->n_logit_bias = args->biases.n;
    if (args->breakers.n) {
        opt->dry_breakers = args->breakers.items;
        opt->n_dry_breakers = args->breakers.n;
    }
    opt->seed = args->seed.value;
    if (!args->seed.is_given && getrandom(&opt->seed, sizeof opt->seed, 0) != sizeof opt->seed) {
        opt->seed = clock_ns();
    }
    return INGLE_OK;
}

static ingle_status make_sampler(struct run_state *s, ingle_error *err) {
    INGLE_TRY(ingle_sampler_new(&s->sampler, s->model, &s->sampling, err));
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
    INGLE_TRY(engine_open(&s->model, &s->args->engine, false, err));
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
    opt.on_text = on_text;
    opt.user = s;
    return ingle_session_generate(s->session, s->sampler, &opt, &s->result, err);
}

static const char *reason_name(ingle_status status, ingle_stop_reason reason) {
    if (status == INGLE_CONTEXT_FULL) return "context";
    if (status == INGLE_CANCELLED) return "cancel";
    if (status != INGLE_OK) return "error";
    return reason == INGLE_STOP_END ? "end" : reason == INGLE_STOP_STRING ? "stop" : "length";
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
    struct run_report report = {
        .reason = reason_name(status, s->result.reason),
        .model = ingle_model_get_info(s->model),
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
        .n_threads = ingle_session_n_threads(s->session),
        .seed = s->sampling.seed,
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
    mem_free(s->tokens);
    ingle_model_close(s->model);
    buf_clear(&s->prompt);
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct run_args args = {.prompt = "",
                            .max_tokens = DEFAULT_MAX_TOKENS,
                            .sampling = ingle_sampling_options_default()};
    INGLE_TRY(
        options_parse_all(cli->command, argc, argv, &args, "the text to continue follows -p", err));
    struct run_state s = {.cli = cli, .args = &args};
    INGLE_TRY(read_sampling(&s, err));
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
               "A prompt or answer that outgrows the context is an error (exit 6), never cut.\n"
               "With --remember, what was computed of prompt and answer is kept in\n"
               "~/.cache/ingle/snapshots, encrypted with the key in ~/.local/state/ingle/keys;\n"
               "delete the folder to forget all of it.",
    COMMAND_OPTIONS(run_options),
    .run = run,
};
