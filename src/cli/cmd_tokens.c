/* ingle tokens: a text's token ids, or the text of token ids. */
#include "base/alloc.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/text_arg.h"
#include "cli/worker_arg.h"
#include "worker/wire/msg_tokens.h"

struct tokens_args {
    struct engine_args engine;
    struct text_args text;
    const char *decode;
    bool pieces, json;
};

#define FIELD(name) .offset = offsetof(struct tokens_args, name)

static const struct option tokens_options[] = {
    OPTION_MODEL(struct tokens_args),
    {"pieces", '\0', OPTION_FLAG, NULL, "Objects with the id and the bytes of each token",
     FIELD(pieces)},
    OPTION_NO_BOS(struct tokens_args),
    OPTION_PARSE_SPECIAL(struct tokens_args),
    {"decode", '\0', OPTION_TEXT, "1,2,3", "The reverse: the text of these ids, byte for byte",
     FIELD(decode)},
    {"json", '\0', OPTION_FLAG, NULL, "With --decode: an object with the text", FIELD(json)},
    OPTION_UNSEALED(struct tokens_args),
};

/* ---- a text's tokens ---- */

struct printing {
    struct json json;
    bool pieces, has_begun;
    struct arena arena;
    ingle_error error; /* the first */
};

static void begin(struct printing *p) {
    if (!p->has_begun) json_begin(&p->json, '[');
    p->has_begun = true;
}

static bool print_tokens(enum msg_type type, const void *body, size_t size, void *user) {
    struct printing *p = user;
    struct msg_tokens m;
    if (type != MSG_TOKENS) return false;
    arena_clear(&p->arena);
    p->error.code = wire_read(&m, sizeof m, msg_tokens, body, size, &p->arena, &p->error);
    if (p->error.code != INGLE_OK) return false;
    begin(p);
    for (size_t i = 0; i < m.n; i++) {
        if (!p->pieces) {
            json_int(&p->json, m.items[i].id);
            continue;
        }
        json_begin(&p->json, '{');
        json_put_int(&p->json, "id", m.items[i].id);
        json_put_bytes(&p->json, "piece", m.items[i].bytes.data, m.items[i].bytes.len);
        json_end(&p->json, '}');
    }
    return ((const struct out *)p->json.to)->errnum == 0;
}

static ingle_status encode(struct cli *cli, struct worker *worker, const struct tokens_args *args,
                           const struct buf *text, ingle_error *err) {
    struct printing p = {.pieces = args->pieces, .arena.max = MESSAGE_MAX_ANSWER};
    struct msg_tokenize m = {.text = {text->data ? text->data : "", text->size},
                             .no_bos = args->text.no_bos,
                             .parse_special = args->text.parse_special,
                             .wants_bytes = args->pieces};
    struct worker_ask ask = {.type = MSG_TOKENIZE,
                             .visit = msg_tokenize,
                             .request = &m,
                             .on_answer = print_tokens,
                             .user = &p};
    json_init(&p.json, &cli->out);
    ingle_status status = worker_do(worker, &ask, err);
    arena_clear(&p.arena);
    if (status == INGLE_OK && p.error.code != INGLE_OK) {
        if (err) *err = p.error;
        status = p.error.code;
    }
    if (status == INGLE_OK) begin(&p);
    if (p.has_begun) json_end(&p.json, ']');
    return status;
}

/* ---- and back ---- */

static ingle_status decode(struct cli *cli, struct worker *worker, const struct tokens_args *args,
                           const ingle_token *ids, size_t n, ingle_error *err) {
    struct buf text = {.max = MESSAGE_MAX_REQUEST};
    struct msg_detokenize m = {.ids = ids, .n = n};
    struct worker_ask ask = {.type = MSG_DETOKENIZE,
                             .visit = msg_detokenize,
                             .request = &m,
                             .on_answer = worker_arg_collect,
                             .user = &text};
    ingle_status status = worker_do(worker, &ask, err);
    const char *data = text.data ? text.data : "";
    if (buf_failed(&text)) {
        status = status_no_memory(err, "the text", text.size);
    } else if (status == INGLE_OK && args->json) {
        struct json j;
        json_init(&j, &cli->out);
        json_begin(&j, '{');
        json_put_bytes(&j, "text", data, text.size);
        json_end(&j, '}');
    } else if (status == INGLE_OK) {
        out_text(&cli->out, data, text.size);
        out_end_line(&cli->out);
    }
    buf_clear(&text);
    return status;
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct tokens_args args = {0};
    struct words words;
    INGLE_TRY(options_parse(cli->command, argc, argv, &args, &words, err));
    INGLE_TRY(engine_default(&args.engine, err));
    if (args.decode && words.n) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "Give either TEXT or --decode, not both.");
    }
    if (!args.decode && !words.n) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "TEXT is missing: give words, @FILE, or - for standard input.");
    }
    struct worker *worker = NULL;
    struct msg_start start = {.vocab_only = true};
    struct buf text = {0};
    ingle_token *ids = NULL;
    size_t n = 0;
    ingle_status status = args.decode ? text_read_ids(args.decode, &ids, &n, err)
                                      : text_words_read(&text, &words, err);
    if (status == INGLE_OK) status = worker_arg_new(&worker, &start, &args.engine, err);
    if (status == INGLE_OK) {
        status = args.decode ? decode(cli, worker, &args, ids, n, err)
                             : encode(cli, worker, &args, &text, err);
    }
    worker_arg_free(worker);
    mem_free(ids);
    buf_clear(&text);
    return status;
}

const struct command cmd_tokens = {
    .name = "tokens",
    .summary = "Show the token ids of a text as a JSON array, or the text of token ids",
    .arguments = "-m MODEL [options] (TEXT | --decode 1,2,3)",
    .example = "tokens -m model.gguf --pieces Hello world",
    .details = "TEXT is words, @FILE or - and may be any bytes; bytes that are no UTF-8 count as "
               "U+FFFD.\n"
               "A piece that is not UTF-8 by itself is an array of byte values. --decode takes "
               "@FILE and -\ntoo.",
    COMMAND_OPTIONS(tokens_options),
    .run = run,
};
