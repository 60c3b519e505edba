/* ingle logits: what the model makes of a row of tokens, as numbers. */
#include <string.h>

#include "base/alloc.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/result_file.h"
#include "cli/text_arg.h"
#include "cli/worker_arg.h"
#include "worker/wire/msg_logits.h"

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
    OPTION_UNSEALED(struct logits_args),
};

/* Where rows go: either to a file or, the best of each, into one JSON object. A worker that read a
 * hostile model may say anything, but no more rows than were asked for. */
struct row_sink {
    size_t n_vocab;
    size_t n_rows; /* asked for */
    size_t first;  /* the position of the first row */
    int top;       /* 0 = raw rows */
    struct out *out;
    struct json json;
    size_t n_done;   /* rows that are whole; of the next one came */
    size_t n_in_row; /* so many tokens, or bytes */
    struct arena arena;
    bool is_broken;
};

/* Nothing is printed before there is a row: a failure until then leaves standard output empty. */
static void begin_row(struct row_sink *sink, size_t position) {
    struct json *j = &sink->json;
    if (j->depth == 0) {
        json_begin(j, '{');
        json_put_uint(j, "n_vocab", sink->n_vocab);
        json_key(j, "rows");
        json_begin(j, '[');
    }
    json_begin(j, '{');
    json_put_uint(j, "position", position);
    json_key(j, "top");
    json_begin(j, '[');
}

static void print_item(struct json *j, const struct msg_top_item *item) {
    json_begin(j, '{');
    json_put_int(j, "id", item->token);
    json_put_bytes(j, "piece", item->bytes.data, item->bytes.len);
    json_put_number(j, "logit", (double)item->logit, 9);
    json_put_number(j, "logprob", item->logprob, 9);
    json_end(j, '}');
}

static bool print_top(struct row_sink *sink, const void *body, size_t size) {
    struct msg_top m;
    struct json *j = &sink->json;
    arena_clear(&sink->arena);
    if (wire_read(&m, sizeof m, msg_top, body, size, &sink->arena, NULL) != INGLE_OK ||
        sink->n_done == sink->n_rows || m.position != sink->first + sink->n_done ||
        m.n > sink->n_vocab - sink->n_in_row) {
        return false;
    }
    if (sink->n_in_row == 0) begin_row(sink, m.position);
    for (size_t i = 0; i < m.n; i++) print_item(j, &m.items[i]);
    sink->n_in_row += m.n;
    if (!m.is_last) return m.n > 0;
    json_end(j, ']');
    json_end(j, '}');
    sink->n_in_row = 0;
    sink->n_done++;
    return true;
}

static bool put_bytes(struct row_sink *sink, const void *body, size_t size) {
    size_t row_size = sink->n_vocab * sizeof(float);
    if (size > (sink->n_rows - sink->n_done) * row_size - sink->n_in_row) return false;
    out_bytes(sink->out, body, size);
    sink->n_in_row += size;
    sink->n_done += sink->n_in_row / row_size;
    sink->n_in_row %= row_size;
    return true;
}

static bool put_rows(enum msg_type type, const void *body, size_t size, void *user) {
    struct row_sink *sink = user;
    bool is_right = type == (sink->top ? MSG_TOP : MSG_ROWS);
    if (is_right) is_right = sink->top ? print_top(sink, body, size) : put_bytes(sink, body, size);
    if (!is_right) sink->is_broken = true;
    return is_right && sink->out->errnum == 0;
}

static ingle_status ask(struct row_sink *sink, struct worker *worker, const struct msg_logits *m,
                        ingle_error *err) {
    struct worker_ask ask = {
        .type = MSG_LOGITS, .visit = msg_logits, .request = m, .on_answer = put_rows, .user = sink};
    ingle_status status = worker_do(worker, &ask, err);
    arena_clear(&sink->arena);
    if (sink->out->errnum) return out_flush(sink->out, err);
    if (sink->is_broken || (status == INGLE_OK && sink->n_done != sink->n_rows)) {
        return status_set(err, INGLE_FAILED, 0, "The worker's rows are not those asked for.");
    }
    INGLE_TRY(status);
    if (sink->top) {
        json_end(&sink->json, ']');
        json_end(&sink->json, '}');
    }
    return INGLE_OK;
}

static ingle_status with_model(struct out *out, const struct logits_args *args,
                               const ingle_token *ids, size_t n, ingle_error *err) {
    struct worker *worker;
    struct msg_start start = {.has_session = true};
    INGLE_TRY(worker_arg_new(&worker, &start, &args->engine, err));
    struct row_sink sink = {.n_vocab = (size_t)worker_started(worker)->model.n_vocab,
                            .n_rows = args->all ? n : 1,
                            .first = args->all ? 0 : n - 1,
                            .top = args->top,
                            .out = out,
                            .arena.max = MESSAGE_MAX_ANSWER};
    struct msg_logits m = {.ids = ids, .n = n, .all = args->all, .top = args->top};
    json_init(&sink.json, out);
    ingle_status status = INGLE_OK;
    if (sink.n_vocab == 0) {
        status = status_set(err, INGLE_INVALID, 0, "The model's vocabulary is empty.");
    }
    if (status == INGLE_OK) status = ask(&sink, worker, &m, err);
    worker_arg_free(worker);
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
