/* ingle run: continues a text and streams what the model adds. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "cli/command.h"
#include "cli/engine_arg.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/text_arg.h"

#define DEFAULT_MAX_TOKENS 256

struct run_args {
    struct engine_args engine;
    const char *prompt;
    int max_tokens;
    ingle_sampling_options sampling;
    struct option_uint64 seed;
    struct option_list stops, breakers, biases;
    bool ignore_end, no_bos, parse_special, stats, json;
};

#define FIELD(name) offsetof(struct run_args, name)
#define SAMPLING(name) (FIELD(sampling) + offsetof(ingle_sampling_options, name))
#define ANY -INFINITY, INFINITY, false
#define SHARE 0, 1, false
#define COUNT 0, INT32_MAX, false

static const struct option run_options[] = {
    OPTION_MODEL(struct run_args),
    {"prompt", 'p', OPTION_TEXT, "TEXT", "Text to continue; @FILE, or - for standard input",
     FIELD(prompt), 0, 0, false},
    {"max-tokens", 'n', OPTION_INT, "N", "Tokens to add at most (default 256; -1: until it ends)",
     FIELD(max_tokens), -1, INT32_MAX, false},
    {"temp", '\0', OPTION_FLOAT, "T", "Temperature; 0 always takes the likeliest (default 0.8)",
     SAMPLING(temperature), 0, INFINITY, false},
    {"top-k", '\0', OPTION_INT, "K", "Keep the K likeliest tokens (default 40; 0: all)",
     SAMPLING(top_k), COUNT},
    {"top-p", '\0', OPTION_FLOAT, "P", "Keep the likeliest with this mass (default 0.95; 1: all)",
     SAMPLING(top_p), SHARE},
    {"min-p", '\0', OPTION_FLOAT, "P", "Drop below this share of the likeliest (default 0.05)",
     SAMPLING(min_p), SHARE},
    {"typical", '\0', OPTION_FLOAT, "P", "Keep the typical ones with this mass (default 1: all)",
     SAMPLING(typical_p), SHARE},
    {"seed", '\0', OPTION_UINT64, "N", "Replays the same draws (default: another one each time)",
     FIELD(seed), 0, 0, false},
    {"stop", '\0', OPTION_LIST, "STRING", "End before this text; may be given several times",
     FIELD(stops), 0, 0, false},
    {"repeat-penalty", '\0', OPTION_FLOAT, "R", "Divide logits of recent tokens (default 1: off)",
     SAMPLING(repetition_penalty), ANY},
    {"presence-penalty", '\0', OPTION_FLOAT, "X", "Lower logits of recent tokens once (default 0)",
     SAMPLING(presence_penalty), ANY},
    {"frequency-penalty", '\0', OPTION_FLOAT, "X", "Lower them per occurrence (default 0)",
     SAMPLING(frequency_penalty), ANY},
    {"repeat-last-n", '\0', OPTION_INT, "N", "Recent means the last N (default 64; -1: all)",
     SAMPLING(penalty_last_n), -1, 1 << 20, false},
    {"dry-multiplier", '\0', OPTION_FLOAT, "X", "Strength of DRY repetition control (default 0)",
     SAMPLING(dry_multiplier), ANY},
    {"dry-base", '\0', OPTION_FLOAT, "X", "Its growth with the repeat's length (default 1.75)",
     SAMPLING(dry_base), ANY},
    {"dry-allowed-length", '\0', OPTION_INT, "N", "Repeats so long are free (default 2)",
     SAMPLING(dry_allowed_length), COUNT},
    {"dry-last-n", '\0', OPTION_INT, "N", "Tokens it looks back at (default -1: all)",
     SAMPLING(dry_last_n), -1, 1 << 20, false},
    {"dry-breaker", '\0', OPTION_LIST, "STRING", "Tokens with it end a repeat (\\n : \" *)",
     FIELD(breakers), 0, 0, false},
    {"logit-bias", '\0', OPTION_LIST, "ID=X", "Add X to the token's logit; -inf forbids it",
     FIELD(biases), 0, 0, false},
    {"ignore-end", '\0', OPTION_FLAG, NULL, "Go on after the model ended its answer",
     FIELD(ignore_end), 0, 0, false},
    {"no-bos", '\0', OPTION_FLAG, NULL, "Do not put the model's begin token first", FIELD(no_bos),
     0, 0, false},
    {"parse-special", '\0', OPTION_FLAG, NULL, "Control tokens written in the text are meant",
     FIELD(parse_special), 0, 0, false},
    OPTION_THREADS(struct run_args),
    OPTION_CTX(struct run_args),
    OPTION_BATCH(struct run_args),
    OPTION_KV(struct run_args),
    {"stats", '\0', OPTION_FLAG, NULL, "Times, speeds and memory on standard error", FIELD(stats),
     0, 0, false},
    {"json", '\0', OPTION_FLAG, NULL, "An object a line: pieces of text, then how it ended",
     FIELD(json), 0, 0, false},
};

/* Everything that a run holds, so that one place can give it back. */
struct run_state {
    struct cli *cli;
    const struct run_args *args;
    uint64_t seed;
    struct buf prompt;
    ingle_model *model;
    ingle_session *session;
    ingle_sampler *sampler;
    ingle_token *tokens; /* of the prompt */
    size_t n_tokens;
    ingle_generate_result result;
    double prefill_ms;
};

static ingle_status parse_bias(const char *text, ingle_logit_bias *out, ingle_error *err) {
    char *end;
    errno = 0;
    long id = strtol(text, &end, 10);
    char *value_end = end;
    float value = 0;
    bool ok = end != text && *end == '=' && errno == 0 && id >= 0 && id <= INT32_MAX;
    if (ok) value = strtof(end + 1, &value_end);
    if (!ok || value_end == end + 1 || *value_end != '\0') {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "Option --logit-bias is '%.40s'; it must be like 15=-2.5 or 15=-inf.",
                          text);
    }
    *out = (ingle_logit_bias){.token = (ingle_token)id, .bias = value};
    return INGLE_OK;
}

static ingle_status make_sampler(struct run_state *s, ingle_error *err) {
    ingle_sampling_options opt = s->args->sampling;
    ingle_logit_bias biases[OPTION_LIST_MAX];
    for (size_t i = 0; i < s->args->biases.n; i++) {
        INGLE_TRY(parse_bias(s->args->biases.items[i], &biases[i], err));
    }
    opt.logit_bias = biases;
    opt.n_logit_bias = s->args->biases.n;
    if (s->args->breakers.n) {
        opt.dry_breakers = s->args->breakers.items;
        opt.n_dry_breakers = s->args->breakers.n;
    }
    opt.seed = s->args->seed.value;
    if (!s->args->seed.is_given && getrandom(&opt.seed, sizeof opt.seed, 0) != sizeof opt.seed) {
        opt.seed = clock_ns();
    }
    s->seed = opt.seed;
    INGLE_TRY(ingle_sampler_new(&s->sampler, s->model, &opt, err));
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
        json_key(&j, "text");
        json_text(&j, text, len);
        json_end(&j, '}');
    } else {
        out_text(out, text, len);
    }
    return out_flush(out, NULL) == INGLE_OK;
}

static ingle_status read_prompt(struct run_state *s, ingle_error *err) {
    unsigned flags = (s->args->no_bos ? 0 : INGLE_TOKENIZE_ADD_SPECIAL) |
                     (s->args->parse_special ? INGLE_TOKENIZE_PARSE_SPECIAL : 0);
    INGLE_TRY(text_tokenize(s->model, &s->prompt, flags, &s->tokens, &s->n_tokens, err));
    if (s->n_tokens > 0) return INGLE_OK;
    return status_set(err, INGLE_BAD_ARGUMENT, 0,
                      "The prompt is empty and no begin token stands before it; give a text "
                      "with -p.");
}

static ingle_status generate(struct run_state *s, ingle_error *err) {
    INGLE_TRY(engine_open(&s->model, &s->args->engine, false, err));
    INGLE_TRY(read_prompt(s, err));
    INGLE_TRY(make_sampler(s, err));
    INGLE_TRY(engine_session(&s->session, s->model, &s->args->engine, err));
    interrupt_watch(s->session);
    double start = clock_ms();
    INGLE_TRY(ingle_session_eval(s->session, s->tokens, s->n_tokens, NULL, err));
    s->prefill_ms = clock_ms() - start;

    ingle_generate_options opt = ingle_generate_options_default();
    opt.max_tokens = s->args->max_tokens;
    opt.stops = s->args->stops.items;
    opt.n_stops = s->args->stops.n;
    opt.ignore_end = s->args->ignore_end;
    opt.on_text = on_text;
    opt.user = s;
    return ingle_session_generate(s->session, s->sampler, &opt, &s->result, err);
}

static const char *reason_name(const struct run_state *s, ingle_status status) {
    if (status == INGLE_CONTEXT_FULL) return "context";
    switch (s->result.reason) {
    case INGLE_STOP_END:
        return "end";
    case INGLE_STOP_STRING:
        return "stop";
    case INGLE_STOP_LENGTH:
        return "length";
    case INGLE_STOP_CANCEL:
        break;
    }
    return "cancel";
}

/* Peak resident memory of this process in bytes; 0 if the system does not say. */
static uint64_t peak_memory(void) {
    FILE *f = fopen("/proc/self/status", "re");
    if (!f) return 0;
    char line[256];
    unsigned long long kib = 0;
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "VmHWM: %llu", &kib) == 1) break;
    }
    fclose(f);
    return (uint64_t)kib * 1024;
}

static double per_second(double n, double ms) {
    return ms > 0 ? n * 1e3 / ms : 0;
}

struct run_stats {
    ingle_model_info info;
    double first_ms, prefill_tps, decode_tps;
    uint64_t peak;
    int n_threads;
};

static struct run_stats measure(const struct run_state *s) {
    int n_decoded = s->result.n_tokens - 1; /* the first comes out of the prompt's pass */
    int n_threads = s->args->engine.n_threads;
    return (struct run_stats){
        .info = ingle_model_get_info(s->model),
        .first_ms = s->prefill_ms + s->result.first_ms,
        .prefill_tps = per_second((double)s->n_tokens, s->prefill_ms),
        .decode_tps = n_decoded > 0 ? per_second(n_decoded, s->result.decode_ms) : 0,
        .peak = peak_memory(),
        .n_threads = n_threads ? n_threads : ingle_cpu_get_info().n_usable,
    };
}

static void print_stats(const struct run_state *s, const char *reason) {
    struct run_stats m = measure(s);
    fprintf(stderr,
            "open         %10.1f ms\n"
            "pack         %10.1f ms\n"
            "first token  %10.1f ms\n"
            "prefill      %10.1f tokens/s  (%zu tokens)\n"
            "decode       %10.1f tokens/s  (%d tokens)\n"
            "peak memory  %10.1f MiB\n"
            "tier         %s, %d threads, seed %llu, ended by %s\n",
            m.info.open_ms, m.info.pack_ms, m.first_ms, m.prefill_tps, s->n_tokens, m.decode_tps,
            s->result.n_tokens, (double)m.peak / (1 << 20), m.info.tier, m.n_threads,
            (unsigned long long)s->seed, reason);
}

static void print_end(struct run_state *s, const char *reason) {
    struct run_stats m = measure(s);
    struct json j;
    json_init(&j, &s->cli->out);
    json_begin(&j, '{');
    json_key(&j, "reason");
    json_str(&j, reason);
    json_key(&j, "n_prompt");
    json_uint(&j, s->n_tokens);
    json_key(&j, "n_tokens");
    json_int(&j, s->result.n_tokens);
    json_key(&j, "seed");
    json_uint(&j, s->seed);
    json_key(&j, "stats");
    json_begin(&j, '{');
    const struct {
        const char *key;
        double value;
    } rows[] = {
        {"open_ms", m.info.open_ms},    {"pack_ms", m.info.pack_ms},
        {"first_token_ms", m.first_ms}, {"prefill_tps", m.prefill_tps},
        {"decode_tps", m.decode_tps},
    };
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        json_key(&j, rows[i].key);
        json_number(&j, rows[i].value, 6);
    }
    json_key(&j, "peak_memory");
    json_uint(&j, m.peak);
    json_key(&j, "tier");
    json_str(&j, m.info.tier);
    json_key(&j, "threads");
    json_int(&j, m.n_threads);
    json_end(&j, '}');
    json_end(&j, '}');
}

/* After generation, also an unfinished one: the end of the line, how it ended, the figures. */
static ingle_status finish(struct run_state *s, ingle_status status, ingle_error *err) {
    const char *reason = reason_name(s, status);
    struct out *out = &s->cli->out;
    if (s->args->json) {
        print_end(s, reason);
    } else if (out->is_terminal && !out->ends_line) {
        out_str(out, "\n");
    }
    ingle_error flush_err;
    ingle_status flushed = out_flush(out, &flush_err);
    if (s->args->stats) print_stats(s, reason);
    if (status != INGLE_OK) return status;
    if (flushed != INGLE_OK) {
        if (err) *err = flush_err;
        return flushed;
    }
    if (s->result.reason != INGLE_STOP_CANCEL) return INGLE_OK;
    return status_set(err, INGLE_CANCELLED, 0, "Interrupted.");
}

static void release(struct run_state *s) {
    interrupt_watch(NULL);
    ingle_session_free(s->session);
    ingle_sampler_free(s->sampler);
    mem_free(s->tokens);
    ingle_model_close(s->model);
    buf_clear(&s->prompt);
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct run_args args = {.max_tokens = DEFAULT_MAX_TOKENS,
                            .sampling = ingle_sampling_options_default()};
    struct words words;
    INGLE_TRY(options_parse(cli->command, argc, argv, &args, &words, err));
    if (words.n) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "'%.60s' belongs to no option; give the text with -p.", words.items[0]);
    }
    struct run_state s = {.cli = cli, .args = &args};
    ingle_status status = text_arg_read(&s.prompt, args.prompt ? args.prompt : "", err);
    if (status == INGLE_OK) status = generate(&s, err);
    bool began = s.result.n_tokens > 0 || status == INGLE_OK;
    if (began) status = finish(&s, status, err);
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
               "A prompt or answer that outgrows the context is an error (exit 6), never cut.",
    COMMAND_OPTIONS(run_options),
    .run = run,
};
