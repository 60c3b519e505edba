/* ingle bench: prefill and decode speed, measured as llama-bench does: random tokens, no sampling,
 * the logits of a prompt's last token only, one warm-up, and the cache filled to the depth outside
 * the measured time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/rng.h"
#include "cli/bench_values.h"
#include "cli/command.h"
#include "cli/engine_arg.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/seal_here.h"

#define MAX_REPETITIONS 1000
#define MAX_TOKENS (1 << 22)

enum bench_format { FORMAT_MD, FORMAT_CSV, FORMAT_JSON };

struct bench_args {
    struct engine_args engine;
    struct option_list n_prompt, n_gen, depth, threads;
    int repetitions, format;
    bool json;
};

#define FIELD(name) .offset = offsetof(struct bench_args, name)

static const struct option bench_options[] = {
    OPTION_MODEL(struct bench_args),
    {"n-prompt", 'p', OPTION_LIST, "N,...", "Prompt lengths to measure (default 512; 0: none)",
     FIELD(n_prompt)},
    {"n-gen", 'n', OPTION_LIST, "N,...", "Numbers of tokens to decode (default 128; 0: none)",
     FIELD(n_gen)},
    {"n-depth", 'd', OPTION_LIST, "N,...", "Tokens already in the context (default 0)",
     FIELD(depth)},
    {"threads", 't', OPTION_LIST, "N,...", "Threads (default auto: as many as decode fastest here)",
     FIELD(threads)},
    {"repetitions", 'r', OPTION_INT, "N", "Measurements of each (default 5)", FIELD(repetitions),
     .min = 1, .max = MAX_REPETITIONS},
    OPTION_BATCH(struct bench_args),
    {"ctx", 'c', OPTION_INT, "N", "Tokens of context (default auto: what each test needs)",
     FIELD(engine.n_ctx), .max = 1 << 24, .has_auto = true},
    OPTION_KV(struct bench_args),
    {"output", 'o', OPTION_CHOICE, "md|csv|json", "Form of the result (default md)", FIELD(format)},
    {"json", '\0', OPTION_FLAG, NULL, "The same as -o json", FIELD(json)},
    OPTION_UNSEALED(struct bench_args),
};

struct test {
    int n_prompt, n_gen, depth, n_threads;
    double median, min, max; /* tokens per second */
};

struct plan {
    struct bench_values n_prompt, n_gen, depth, threads;
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
    int n_needed = t->depth + t->n_prompt + t->n_gen;
    engine.n_threads = t->n_threads;
    if (engine.n_ctx == 0) engine.n_ctx = n_needed;
    ingle_session *session;
    INGLE_TRY(engine_session(&session, b->model, &engine, NULL, err));
    interrupt_watch(session);
    ingle_status status = engine_fits(session, (size_t)n_needed, err);
    if (status == INGLE_OK) status = repeat(b, session, t, err);
    interrupt_watch(NULL);
    ingle_session_free(session);
    return status;
}

static void print_json(struct json *j, const struct test *t, const char *name) {
    json_begin(j, '{');
    json_put_str(j, "test", name);
    json_put_int(j, "n_prompt", t->n_prompt);
    json_put_int(j, "n_gen", t->n_gen);
    json_put_int(j, "depth", t->depth);
    json_put_int(j, "threads", t->n_threads);
    json_key(j, "tps");
    json_begin(j, '{');
    json_put_number(j, "median", t->median, 6);
    json_put_number(j, "min", t->min, 6);
    json_put_number(j, "max", t->max, 6);
    json_end(j, '}');
    json_end(j, '}');
}

static void print_head(struct bench *b) {
    switch (b->args->format) {
    case FORMAT_JSON:
        json_begin(&b->json, '[');
        break;
    case FORMAT_CSV:
        out_str(&b->cli->out, "test,n_prompt,n_gen,depth,threads,tps_median,tps_min,tps_max\n");
        break;
    default:
        out_str(&b->cli->out,
                "| test     |   depth | threads | tokens/s (median) |        min |        max |\n"
                "| -------- | ------: | ------: | ----------------: | ---------: | ---------: |\n");
        break;
    }
}

static void print_test(struct bench *b, const struct test *t) {
    struct out *o = &b->cli->out;
    char name[32];
    snprintf(name, sizeof name, "%s%d", t->n_prompt ? "pp" : "tg", t->n_prompt + t->n_gen);
    if (b->n_printed++ == 0) print_head(b);
    switch (b->args->format) {
    case FORMAT_JSON:
        print_json(&b->json, t, name);
        break;
    case FORMAT_CSV:
        out_f(o, "%s,%d,%d,%d,%d,%.6g,%.6g,%.6g\n", name, t->n_prompt, t->n_gen, t->depth,
              t->n_threads, t->median, t->min, t->max);
        break;
    default:
        out_f(o, "| %-8s | %7d | %7d | %17.2f | %10.2f | %10.2f |\n", name, t->depth, t->n_threads,
              t->median, t->min, t->max);
        break;
    }
}

static ingle_status run_one(struct bench *b, struct test t, ingle_error *err) {
    if (t.n_prompt + t.n_gen == 0) return INGLE_OK;
    INGLE_TRY(measure(b, &t, err));
    print_test(b, &t);
    return out_flush(&b->cli->out, err); /* each as soon as it is known */
}

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

/* What is measured is a sealed process, which a worker is. */
static ingle_status open_sealed(ingle_model **out, struct bench *b, const struct plan *plan,
                                ingle_error *err) {
    struct engine_files f;
    struct engine_args engine = b->args->engine;
    *out = NULL;
    engine.n_threads = bench_values_greatest(&plan->threads);
    INGLE_TRY(engine_open_files(&f, &engine, false, err));
    ingle_status status = seal_here(b->cli, &f.files, engine.unsealed, err);
    if (status == INGLE_OK) status = engine_parse_files(out, &f, err);
    ingle_model_info info = {0};
    if (*out) info = ingle_model_get_info(*out);
    engine_settle_files(&f, *out ? &info : NULL);
    return status;
}

static ingle_status with_model(struct bench *b, const struct plan *plan, ingle_error *err) {
    ingle_model *model;
    INGLE_TRY(open_sealed(&model, b, plan, err));
    int longest = bench_values_greatest(&plan->n_prompt);
    int deepest = bench_values_greatest(&plan->depth);
    if (deepest > longest) longest = deepest;
    b->model = model;
    b->n_vocab = ingle_model_get_info(model).n_vocab;
    b->tokens = mem_calloc((size_t)longest, sizeof *b->tokens);
    ingle_status status = INGLE_OK;
    if (!b->tokens) status = status_no_memory(err, "the tokens", (uint64_t)longest * 4);
    if (status == INGLE_OK) status = run_all(b, plan, err);
    /* What was measured before a failure or Ctrl-C stays, as a whole array. */
    bool is_json = b->args->format == FORMAT_JSON;
    if (is_json && b->n_printed == 0 && status == INGLE_OK) print_head(b);
    if (is_json && b->json.depth > 0) json_end(&b->json, ']');
    mem_free(b->tokens);
    ingle_model_close(model);
    return status;
}

static ingle_status make_plan(struct plan *plan, const struct bench_args *args, ingle_error *err) {
    *plan = (struct plan){.n_prompt = {.items = {512}, .n = 1},
                          .n_gen = {.items = {128}, .n = 1},
                          .depth = {.items = {0}, .n = 1},
                          .threads = {.items = {0}, .n = 1}};
    INGLE_TRY(
        bench_values_parse(&plan->n_prompt, &args->n_prompt, "--n-prompt", 0, MAX_TOKENS, err));
    INGLE_TRY(bench_values_parse(&plan->n_gen, &args->n_gen, "--n-gen", 0, MAX_TOKENS, err));
    INGLE_TRY(bench_values_parse(&plan->depth, &args->depth, "--n-depth", 0, MAX_TOKENS, err));
    const struct option_list *threads = &args->threads;
    if (threads->n != 1 || strcmp(threads->items[0], "auto") != 0) {
        INGLE_TRY(bench_values_parse(&plan->threads, threads, "--threads", 0, 256, err));
    }
    for (int i = 0; i < plan->threads.n; i++) {
        INGLE_TRY(engine_n_threads(&plan->threads.items[i], err));
    }
    return INGLE_OK;
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct bench_args args = {.repetitions = 5};
    INGLE_TRY(options_parse_all(cli->command, argc, argv, &args, "", err));
    INGLE_TRY(engine_default(&args.engine, err));
    if (args.json) args.format = FORMAT_JSON;
    struct plan plan;
    INGLE_TRY(make_plan(&plan, &args, err));
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
    .details =
        "Flags and meaning are llama-bench's, lists (64,512) and ranges (64-256+64, 64-1024*2) "
        "too:\n"
        "random tokens, no sampling, one warm-up; pp computes the prompt in one go and only its "
        "last\nlogits, tg one token at a time. The depth is filled outside the measured time. "
        "Speeds are\ntokens per second: median, least and greatest.",
    COMMAND_OPTIONS(bench_options),
    .run = run,
};
