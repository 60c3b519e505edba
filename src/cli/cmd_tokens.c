/* ingle tokens: a text's token ids, or the text of token ids. */
#include "base/alloc.h"
#include "cli/command.h"
#include "cli/engine_arg.h"
#include "cli/json.h"
#include "cli/text_arg.h"

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
};

static void print_ids(struct out *out, const ingle_model *model, bool pieces,
                      const ingle_token *ids, size_t n) {
    struct json j;
    json_init(&j, out);
    json_begin(&j, '[');
    for (size_t i = 0; i < n; i++) {
        if (!pieces) {
            json_int(&j, ids[i]);
            continue;
        }
        size_t len = 0;
        const char *bytes = ingle_token_bytes(model, ids[i], true, &len);
        json_begin(&j, '{');
        json_put_int(&j, "id", ids[i]);
        json_put_bytes(&j, "piece", bytes ? bytes : "", len);
        json_end(&j, '}');
    }
    json_end(&j, ']');
}

static ingle_status encode(struct cli *cli, const ingle_model *model,
                           const struct tokens_args *args, const struct buf *text,
                           ingle_error *err) {
    ingle_token *ids;
    size_t n;
    INGLE_TRY(text_tokenize(model, text, &args->text, &ids, &n, err));
    print_ids(&cli->out, model, args->pieces, ids, n);
    mem_free(ids);
    return INGLE_OK;
}

static ingle_status decode(struct cli *cli, const ingle_model *model,
                           const struct tokens_args *args, const ingle_token *ids, size_t n,
                           ingle_error *err) {
    size_t len = 0;
    ingle_status status = ingle_detokenize(model, ids, n, true, NULL, 0, &len, err);
    if (status != INGLE_OK && status != INGLE_LIMIT) return status;
    char *text = mem_alloc(len + 1);
    if (!text) return status_no_memory(err, "the text", len + 1);
    status = ingle_detokenize(model, ids, n, true, text, len + 1, &len, err);
    if (status == INGLE_OK && args->json) {
        struct json j;
        json_init(&j, &cli->out);
        json_begin(&j, '{');
        json_put_bytes(&j, "text", text, len);
        json_end(&j, '}');
    } else if (status == INGLE_OK) {
        out_text(&cli->out, text, len);
        out_end_line(&cli->out);
    }
    mem_free(text);
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
    ingle_model *model = NULL;
    struct buf text = {0};
    ingle_token *ids = NULL;
    size_t n = 0;
    ingle_status status = args.decode ? text_read_ids(args.decode, &ids, &n, err)
                                      : text_words_read(&text, &words, err);
    if (status == INGLE_OK) status = engine_open(&model, &args.engine, true, err);
    if (status == INGLE_OK) {
        status = args.decode ? decode(cli, model, &args, ids, n, err)
                             : encode(cli, model, &args, &text, err);
    }
    ingle_model_close(model);
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
