/* ingle bench: prefill and decode speed, measured as llama-bench does: random tokens, no sampling,
 * the logits of a prompt's last token only, one warm-up, and the cache filled to the depth outside
 * the measured time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/rng.h"
#include "cli/command.h"
#include "cli/engine_arg.h"
#include "cli/interrupt.h"
#include "cli/json.h"

#define MAX_VALUES 16
#define MAX_REPETITIONS 1000

enum bench_format { FORMAT_MD, FORMAT_CSV, FORMAT_JSON };

struct bench_args {
    struct engine_args engine;
    const char *n_prompt, *n_gen, *depth, *threads; /* lists */
    int repetitions, format;
    bool json;
};

#define FIELD(name) offsetof(struct bench_args, name)

static const struct option bench_options[] = {
    OPTION_MODEL(struct bench_args),
    {"n-prompt", 'p', OPTION_TEXT, "N,...", "Prompt lengths to measure (default 512; 0: none)",
     FIELD(n_prompt), 0, 0, false},
    {"n-gen", 'n', OPTION_TEXT, "N,...", "Numbers of tokens to decode (default 128; 0: none)",
     FIELD(n_gen), 0, 0, false},
    {"n-depth", 'd', OPTION_TEXT, "N,...", "Tokens already in the context (default 0)",
     FIELD(depth), 0, 0, false},
    {"threads", 't', OPTION_TEXT, "N,...", "Threads (default auto: one per usable core)",
     FIELD(threads), 0, 0, false},
    {"repetitions", 'r', OPTION_INT, "N", "Measurements of each (default 5)", FIELD(repetitions), 1,
     MAX_REPETITIONS, false},
    OPTION_BATCH(struct bench_args),
    OPTION_CTX(struct bench_args),
    OPTION_KV(struct bench_args),
    {"output", 'o', OPTION_CHOICE, "md|csv|json", "Form of the result (default md)", FIELD(format),
     0, 0, false},
    {"json", '\0', OPTION_FLAG, NULL, "The same as -o json", FIELD(json), 0, 0, false},
};

struct values {
    int items[MAX_VALUES];
    int n;
};

struct test {
    int n_prompt, n_gen, depth, n_threads;
    double median, min, max; /* tokens per second */
};

struct bench {
    struct cli *cli;
    const struct bench_args *args;
    const ingle_model *model;
    int n_vocab;
    struct rng rng;
    ingle_token *tokens; /* scratch of the longest row */
    struct json json;
    int n_printed;
};

static ingle_status parse_values(struct values *v, const char *option, const char *text, int low,
                                 int high, ingle_error *err) {
    v->n = 0;
    const char *p = text;
    for (;; p++) {
        char *end;
        long value = strtol(p, &end, 10);
        if (end == p || *p < '0' || *p > '9' || value < low || value > high) break;
        if (v->n == MAX_VALUES) break;
        v->items[v->n++] = (int)value;
        p = end;
        if (*p == '\0') return INGLE_OK;
        if (*p != ',') break;
    }
    return status_set(err, INGLE_BAD_ARGUMENT, 0,
                      "Option %s is '%.40s'; it must be one to %d whole numbers from %d to %d, "
                      "like 64,512.",
                      option, text, MAX_VALUES, low, high);
}

static ingle_status eval_random(struct bench *b, ingle_session *session, int n, ingle_error *err) {
    for (int i = 0; i < n; i++) {
        b->tokens[i] = (ingle_token)rng_below(&b->rng, (uint32_t)b->n_vocab);
    }
    ingle_token bos = ingle_token_bos(b->model);
    if (n > 0 && bos != INGLE_TOKEN_NONE && ingle_session_n_tokens(session) == 0) {
        b->tokens[0] = bos;
    }
    return ingle_session_eval(session, b->tokens, (size_t)n, NULL, err);
}

/* What is timed: the prompt in one go, or tokens one by one. */
static ingle_status measured_part(struct bench *b, ingle_session *session, const struct test *t,
                                  ingle_error *err) {
    if (t->n_prompt) return eval_random(b, session, t->n_prompt, err);
    for (int i = 0; i < t->n_gen; i++) INGLE_TRY(eval_random(b, session, 1, err));
    return INGLE_OK;
}

static int compare_double(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static ingle_status repeat(struct bench *b, ingle_session *session, struct test *t,
                           ingle_error *err) {
    int n = b->args->repetitions;
    double tps[MAX_REPETITIONS];
    /* Warm-up: the prompt once, or one token. */
    INGLE_TRY(eval_random(b, session, t->n_prompt ? t->n_prompt : 1, err));
    INGLE_TRY(ingle_session_truncate(session, 0, err));
    INGLE_TRY(eval_random(b, session, t->depth, err));
    for (int i = 0; i < n; i++) {
        INGLE_TRY(ingle_session_truncate(session, t->depth, err));
        double start = clock_ms();
        INGLE_TRY(measured_part(b, session, t, err));
        tps[i] = (t->n_prompt + t->n_gen) * 1e3 / (clock_ms() - start);
    }
    qsort(tps, (size_t)n, sizeof *tps, compare_double);
    t->median = n % 2 ? tps[n / 2] : (tps[n / 2 - 1] + tps[n / 2]) / 2;
    t->min = tps[0];
    t->max = tps[n - 1];
    return INGLE_OK;
}

static ingle_status measure(struct bench *b, struct test *t, ingle_error *err) {
    struct engine_args engine = b->args->engine;
    engine.n_threads = t->n_threads;
    if (engine.n_ctx == 0) engine.n_ctx = t->depth + t->n_prompt + t->n_gen;
    ingle_session *session;
    INGLE_TRY(engine_session(&session, b->model, &engine, err));
    interrupt_watch(session);
    ingle_status status = repeat(b, session, t, err);
    interrupt_watch(NULL);
    ingle_session_free(session);
    return status;
}

static void test_name(char *name, size_t cap, const struct test *t) {
    snprintf(name, cap, "%s%d", t->n_prompt ? "pp" : "tg", t->n_prompt + t->n_gen);
}

static void print_json(struct bench *b, const struct test *t, const char *name) {
    struct json *j = &b->json;
    json_begin(j, '{');
    json_key(j, "test");
    json_str(j, name);
    const struct {
        const char *key;
        int value;
    } rows[] = {{"n_prompt", t->n_prompt},
                {"n_gen", t->n_gen},
                {"depth", t->depth},
                {"threads", t->n_threads}};
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        json_key(j, rows[i].key);
        json_int(j, rows[i].value);
    }
    json_key(j, "tps");
    json_begin(j, '{');
    json_key(j, "median");
    json_number(j, t->median, 6);
    json_key(j, "min");
    json_number(j, t->min, 6);
    json_key(j, "max");
    json_number(j, t->max, 6);
    json_end(j, '}');
    json_end(j, '}');
}

static void print_test(struct bench *b, const struct test *t) {
    struct out *o = &b->cli->out;
    char name[32];
    test_name(name, sizeof name, t);
    bool is_first = b->n_printed++ == 0;
    switch (b->args->format) {
    case FORMAT_JSON:
        print_json(b, t, name);
        break;
    case FORMAT_CSV:
        if (is_first) {
            out_str(o, "test,n_prompt,n_gen,depth,threads,tps_median,tps_min,tps_max\n");
        }
        out_f(o, "%s,%d,%d,%d,%d,%.6g,%.6g,%.6g\n", name, t->n_prompt, t->n_gen, t->depth,
              t->n_threads, t->median, t->min, t->max);
        break;
    default:
        if (is_first) {
            out_str(o,
                    "| test     |  depth | threads | tokens/s (median) |        min |        max "
                    "|\n"
                    "| -------- | -----: | ------: | ----------------: | ---------: | ---------: "
                    "|\n");
        }
        out_f(o, "| %-8s | %6d | %7d | %17.2f | %10.2f | %10.2f |\n", name, t->depth, t->n_threads,
              t->median, t->min, t->max);
        break;
    }
}

static ingle_status run_one(struct bench *b, struct test t, ingle_error *err) {
    if (t.n_prompt + t.n_gen == 0) return INGLE_OK;
    INGLE_TRY(measure(b, &t, err));
    print_test(b, &t);
    /* A line as soon as it is known; JSON is one array and comes whole. */
    return b->args->format == FORMAT_JSON ? INGLE_OK : out_flush(&b->cli->out, err);
}

struct plan {
    struct values n_prompt, n_gen, depth, threads;
};

static ingle_status run_all(struct bench *b, const struct plan *plan, ingle_error *err) {
    for (int t = 0; t < plan->threads.n; t++) {
        for (int d = 0; d < plan->depth.n; d++) {
            struct test test = {.depth = plan->depth.items[d], .n_threads = plan->threads.items[t]};
            for (int i = 0; i < plan->n_prompt.n; i++) {
                test.n_prompt = plan->n_prompt.items[i];
                INGLE_TRY(run_one(b, test, err));
            }
            test.n_prompt = 0;
            for (int i = 0; i < plan->n_gen.n; i++) {
                test.n_gen = plan->n_gen.items[i];
                INGLE_TRY(run_one(b, test, err));
            }
        }
    }
    return INGLE_OK;
}

static int greatest(const struct values *v) {
    int best = 1;
    for (int i = 0; i < v->n; i++) best = v->items[i] > best ? v->items[i] : best;
    return best;
}

static ingle_status with_model(struct bench *b, const struct plan *plan, ingle_error *err) {
    ingle_model *model;
    struct engine_args engine = b->args->engine;
    engine.n_threads = greatest(&plan->threads);
    INGLE_TRY(engine_open(&model, &engine, false, err));
    int longest = greatest(&plan->n_prompt);
    if (greatest(&plan->depth) > longest) longest = greatest(&plan->depth);
    b->model = model;
    b->n_vocab = ingle_model_get_info(model).n_vocab;
    b->tokens = mem_calloc((size_t)longest, sizeof *b->tokens);
    ingle_status status = INGLE_OK;
    if (!b->tokens) status = status_no_memory(err, "the tokens", (uint64_t)longest * 4);
    bool is_json = b->args->format == FORMAT_JSON;
    if (is_json) json_begin(&b->json, '[');
    if (status == INGLE_OK) status = run_all(b, plan, err);
    if (is_json && status == INGLE_OK) json_end(&b->json, ']');
    mem_free(b->tokens);
    ingle_model_close(model);
    return status;
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct bench_args args = {
        .n_prompt = "512", .n_gen = "128", .depth = "0", .threads = "auto", .repetitions = 5};
    struct words words;
    INGLE_TRY(options_parse(cli->command, argc, argv, &args, &words, err));
    if (args.json) args.format = FORMAT_JSON;
    if (words.n) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "'%.60s' belongs to no option.",
                          words.items[0]);
    }
    struct plan plan;
    INGLE_TRY(parse_values(&plan.n_prompt, "--n-prompt", args.n_prompt, 0, 1 << 22, err));
    INGLE_TRY(parse_values(&plan.n_gen, "--n-gen", args.n_gen, 0, 1 << 22, err));
    INGLE_TRY(parse_values(&plan.depth, "--n-depth", args.depth, 0, 1 << 22, err));
    if (strcmp(args.threads, "auto") == 0 || strcmp(args.threads, "0") == 0) {
        plan.threads = (struct values){.items = {ingle_cpu_get_info().n_usable}, .n = 1};
    } else {
        INGLE_TRY(parse_values(&plan.threads, "--threads", args.threads, 1, 256, err));
    }
    struct bench b = {.cli = cli, .args = &args};
    rng_init(&b.rng, 1);
    json_init(&b.json, &cli->out);
    return with_model(&b, &plan, err);
}

const struct command cmd_bench = {
    .name = "bench",
    .summary = "Measure prefill (pp) and decode (tg) speed",
    .arguments = "-m MODEL [options]",
    .example = "bench -m model.gguf -p 64,512 -n 128 -d 0,2048 -t 2 -o json",
    .details = "Flags and meaning are llama-bench's: random tokens, no sampling, one warm-up; pp "
               "computes the\nprompt in one go and only its last logits, tg one token at a time. "
               "The depth is filled\noutside the measured time. Speeds are tokens per second: "
               "median, least and greatest.",
    COMMAND_OPTIONS(bench_options),
    .run = run,
};
