/* ingle logits: what the model makes of a row of tokens, as numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cli/command.h"
#include "cli/engine_arg.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/result_file.h"
#include "cli/text_arg.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the rows are written as they lie in memory, which must be little-endian"
#endif

/* Rows computed at once with --all, so that memory does not grow with the text. */
#define ROWS_AT_ONCE 32

struct logits_args {
    struct engine_args engine;
    const char *tokens, *output;
    int top;
    bool all, json;
};

#define FIELD(name) .offset = offsetof(struct logits_args, name)

static const struct option logits_options[] = {
    OPTION_MODEL(struct logits_args),
    {"tokens", '\0', OPTION_TEXT, "1,2,3", "Token ids; @FILE, or - for standard input",
     FIELD(tokens)},
    {"all", '\0', OPTION_FLAG, NULL, "A row for every position, not only the last", FIELD(all)},
    {"output", 'o', OPTION_TEXT, "FILE", "Write the rows here (- for standard output)",
     FIELD(output)},
    {"top", '\0', OPTION_INT, "K", "Print the K likeliest tokens of each row as JSON instead",
     FIELD(top), .min = 1, .max = INT32_MAX},
    OPTION_THREADS(struct logits_args),
    OPTION_CTX(struct logits_args),
    OPTION_BATCH(struct logits_args),
    OPTION_KV(struct logits_args),
    {"json", '\0', OPTION_FLAG, NULL, "The same as --top 10", FIELD(json)},
};

/* Where rows go: either to a file or, the best of each, into one JSON object. */
struct row_sink {
    const ingle_model *model;
    int n_vocab;
    int top; /* 0 = raw rows */
    struct out *out;
    struct json json;
    ingle_token *order; /* [n_vocab] scratch of the top rows */
    const float *row;   /* being sorted */
};

static int by_logit(const void *a, const void *b, void *user) {
    const float *logits = ((const struct row_sink *)user)->row;
    ingle_token x = *(const ingle_token *)a, y = *(const ingle_token *)b;
    float p = logits[x], q = logits[y];
    if (p > q || (isnan(q) && !isnan(p))) return -1;
    if (p < q || (isnan(p) && !isnan(q))) return 1;
    return x < y ? -1 : x > y;
}

/* Nothing is printed before there is a row: a failure until then leaves standard output empty. */
static void begin_rows(struct row_sink *sink) {
    struct json *j = &sink->json;
    if (j->depth > 0) return;
    json_begin(j, '{');
    json_put_int(j, "n_vocab", sink->n_vocab);
    json_key(j, "rows");
    json_begin(j, '[');
}

static void print_top(struct row_sink *sink, size_t position, const float *row) {
    float greatest = -INFINITY;
    sink->row = row;
    for (int i = 0; i < sink->n_vocab; i++) {
        sink->order[i] = i;
        if (row[i] > greatest) greatest = row[i];
    }
    double total = 0;
    for (int i = 0; i < sink->n_vocab; i++) total += exp((double)(row[i] - greatest));
    qsort_r(sink->order, (size_t)sink->n_vocab, sizeof *sink->order, by_logit, sink);

    struct json *j = &sink->json;
    begin_rows(sink);
    json_begin(j, '{');
    json_put_uint(j, "position", position);
    json_key(j, "top");
    json_begin(j, '[');
    for (int i = 0; i < sink->top && i < sink->n_vocab; i++) {
        ingle_token id = sink->order[i];
        size_t len = 0;
        const char *bytes = ingle_token_bytes(sink->model, id, true, &len);
        json_begin(j, '{');
        json_put_int(j, "id", id);
        json_put_bytes(j, "piece", bytes ? bytes : "", len);
        json_put_number(j, "logit", (double)row[id], 9);
        json_put_number(j, "logprob", (double)(row[id] - greatest) - log(total), 9);
        json_end(j, '}');
    }
    json_end(j, ']');
    json_end(j, '}');
}

static ingle_status put_row(struct row_sink *sink, size_t position, const float *row,
                            ingle_error *err) {
    if (sink->top) {
        print_top(sink, position, row);
    } else {
        out_bytes(sink->out, row, (size_t)sink->n_vocab * sizeof *row);
    }
    return sink->out->errnum ? out_flush(sink->out, err) : INGLE_OK;
}

static ingle_status put_all_rows(struct row_sink *sink, ingle_session *session,
                                 const ingle_token *ids, size_t n, ingle_error *err) {
    size_t n_rows = n < ROWS_AT_ONCE ? n : ROWS_AT_ONCE;
    float *rows = mem_calloc(n_rows * (size_t)sink->n_vocab, sizeof *rows);
    if (!rows) {
        return status_no_memory(err, "the logits", n_rows * (size_t)sink->n_vocab * sizeof *rows);
    }
    ingle_status status = INGLE_OK;
    for (size_t i = 0; i < n && status == INGLE_OK; i += n_rows) {
        size_t n_now = n_rows < n - i ? n_rows : n - i;
        status = ingle_session_eval(session, ids + i, n_now, rows, err);
        for (size_t k = 0; k < n_now && status == INGLE_OK; k++) {
            status = put_row(sink, i + k, rows + k * (size_t)sink->n_vocab, err);
        }
    }
    mem_free(rows);
    return status;
}

static ingle_status put_last_row(struct row_sink *sink, ingle_session *session,
                                 const ingle_token *ids, size_t n, ingle_error *err) {
    INGLE_TRY(ingle_session_eval(session, ids, n, NULL, err));
    return put_row(sink, n - 1, ingle_session_logits(session), err);
}

static ingle_status check_ids(const ingle_token *ids, size_t n, int n_vocab, ingle_error *err) {
    for (size_t i = 0; i < n; i++) {
        if (ids[i] < n_vocab) continue;
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "Token %zu is %d; the vocabulary has 0 to %d.", i, ids[i], n_vocab - 1);
    }
    return INGLE_OK;
}

static ingle_status compute(struct row_sink *sink, ingle_session *session,
                            const struct logits_args *args, const ingle_token *ids, size_t n,
                            ingle_error *err) {
    /* All or nothing: what cannot be computed must not leave the rows of its beginning. */
    INGLE_TRY(engine_fits(session, n, err));
    INGLE_TRY(check_ids(ids, n, sink->n_vocab, err));
    if (sink->top) {
        sink->order = mem_calloc((size_t)sink->n_vocab, sizeof *sink->order);
        if (!sink->order) {
            return status_no_memory(err, "the order of tokens", (uint64_t)sink->n_vocab * 4);
        }
    }
    ingle_status status = args->all ? put_all_rows(sink, session, ids, n, err)
                                    : put_last_row(sink, session, ids, n, err);
    if (status == INGLE_OK && sink->top) {
        json_end(&sink->json, ']');
        json_end(&sink->json, '}');
    }
    mem_free(sink->order);
    return status;
}

static ingle_status with_model(struct out *out, const struct logits_args *args,
                               const ingle_token *ids, size_t n, ingle_error *err) {
    ingle_model *model;
    ingle_session *session = NULL;
    INGLE_TRY(engine_open(&model, &args->engine, false, err));
    ingle_status status = engine_session(&session, model, &args->engine, NULL, err);
    if (status == INGLE_OK) {
        struct row_sink sink = {.model = model,
                                .n_vocab = ingle_model_get_info(model).n_vocab,
                                .top = args->top,
                                .out = out};
        json_init(&sink.json, out);
        interrupt_watch(session);
        status = compute(&sink, session, args, ids, n, err);
        interrupt_watch(NULL);
    }
    ingle_session_free(session);
    ingle_model_close(model);
    return status;
}

/* The file is opened first: that it cannot be written should not be found out after the work. */
static ingle_status with_output(struct cli *cli, const struct logits_args *args,
                                const ingle_token *ids, size_t n, ingle_error *err) {
    if (!args->output || strcmp(args->output, "-") == 0) {
        if (cli->out.is_terminal && !args->top) {
            return status_set(err, INGLE_BAD_ARGUMENT, 0,
                              "The rows are no text for a terminal: give -o FILE, a pipe or "
                              "--top K.");
        }
        return with_model(&cli->out, args, ids, n, err);
    }
    struct result_file file;
    INGLE_TRY(result_file_open(&file, args->output, err));
    return result_file_close(&file, with_model(&file.out, args, ids, n, err), err);
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct logits_args args = {0};
    INGLE_TRY(options_parse_all(cli->command, argc, argv, &args, "--tokens takes the ids", err));
    INGLE_TRY(engine_default(&args.engine, err));
    if (args.json && !args.top) args.top = 10;
    if (!args.tokens) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "Option --tokens is missing.");
    }
    if (!args.output && !args.top) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "Say where the rows go: -o FILE or --top K.");
    }
    ingle_token *ids;
    size_t n;
    INGLE_TRY(text_read_ids(args.tokens, &ids, &n, err));
    ingle_status status = with_output(cli, &args, ids, n, err);
    mem_free(ids);
    return status;
}

const struct command cmd_logits = {
    .name = "logits",
    .summary = "Compute the logits that follow a row of tokens",
    .arguments = "-m MODEL --tokens 1,2,3 [--all] (-o FILE | --top K)",
    .example = "logits -m model.gguf --tokens 1,403,2501 --top 5",
    .details = "A row is n_vocab little-endian float32 numbers, for the last or for every "
               "position.",
    COMMAND_OPTIONS(logits_options),
    .run = run,
};
