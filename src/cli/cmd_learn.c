/* ingle learn: trains a model on this machine. What can be trained is a table of kinds. */
#include <stdio.h>
#include <string.h>

#include "cli/engine_arg.h"
#include "cli/interrupt.h"
#include "cli/learn_kind.h"
#include "cli/learn_progress.h"
#include "cli/result_file.h"

#define MAX_RESULT ((size_t)2 << 30)

static const struct learn_kind *const kinds[] = {
    &learn_intents_kind,
    &learn_encoder_kind,
    &learn_tagger_kind,
    &learn_text_kind,
    NULL, /* past the last */
};

#define FIELD(name) .offset = offsetof(struct learn_args, name)

static const struct option learn_options[] = {
    {"data", '\0', OPTION_LIST, "FILE", "Examples to learn from; may be given several times",
     FIELD(data)},
    {"output", 'o', OPTION_TEXT, "FILE", "Where the model is written", FIELD(output)},
    {"name", '\0', OPTION_TEXT, "TEXT", "What the model is called, kept in the file", FIELD(name),
     .is_rare = true},
    {"license", '\0', OPTION_TEXT, "TEXT", "Licence of the model, kept in the file", FIELD(licence),
     .is_rare = true},
    {"attribution", '\0', OPTION_TEXT, "TEXT", "Whose data it is, kept in the file",
     FIELD(attribution), .is_rare = true},
    {"seed", '\0', OPTION_UINT64, "N", "The same seed and data give the same model (default 1)",
     FIELD(seed)},
    {"threads", 't', OPTION_INT, "N", "Threads (default auto)", FIELD(n_threads), .max = 256,
     .has_auto = true},
    {"minutes", '\0', OPTION_FLOAT, "N", "text: how long to train (default 5)", FIELD(text.minutes),
     .max = 100000, .above_min = true},
    {"steps", '\0', OPTION_INT, "N", "text: how many steps instead; repeatable to the bit",
     FIELD(text.n_steps), .min = 1, .max = 1 << 30},
    {"dim", '\0', OPTION_INT, "N", "text: width of the model (default 192)", FIELD(text.n_embd),
     .min = 2, .max = 8192},
    {"layers", '\0', OPTION_INT, "N", "text: its layers (default 4)", FIELD(text.n_layer), .min = 1,
     .max = 512},
    {"heads", '\0', OPTION_INT, "N", "text: its attention heads (default dim / 32)",
     FIELD(text.n_head), .min = 1, .max = 1024, .is_rare = true},
    {"ctx", 'c', OPTION_INT, "N", "text: tokens that it sees at once (default 256)",
     FIELD(text.n_ctx), .min = 8, .max = 65536},
    {"vocab", '\0', OPTION_INT, "N", "text: tokens of its vocabulary (default 2048)",
     FIELD(text.n_vocab), .min = 257, .max = 65536},
    {"batch", 'b', OPTION_INT, "N", "text: tokens of a step (default 4096)", FIELD(text.n_batch),
     .min = 8, .max = 1 << 24, .is_rare = true},
    {"rate", '\0', OPTION_FLOAT, "X", "text: learning rate at its peak (default 0.003)",
     FIELD(text.rate), .max = 1, .above_min = true, .is_rare = true},
    {"dropout", '\0', OPTION_FLOAT, "X",
     "text: share of activations left out, for little data (default 0)", FIELD(text.dropout),
     .max = 0.9, .is_rare = true},
    {"type", '\0', OPTION_CHOICE, "f16|f32|q8_0", "text: weights in the file (default f16)",
     FIELD(text.type)},
    {"resume", '\0', OPTION_TEXT, "FILE", "text: go on from the checkpoint of a run that stopped",
     FIELD(text.resume)},
    {"checkpoint", '\0', OPTION_TEXT, "FILE",
     "text: also written every five minutes (default: at Ctrl-C, beside -o)",
     FIELD(text.checkpoint), .is_rare = true},
    {"words", '\0', OPTION_TEXT, "FILE", "tagger: common words, one a line, the most common first",
     FIELD(words)},
    {"json", '\0', OPTION_FLAG, NULL, "One JSON object with the figures of the run", FIELD(json)},
};

static ingle_status find_kind(const struct words *words, const struct learn_kind **out,
                              ingle_error *err) {
    char list[200] = "";
    for (size_t i = 0; (*out = kinds[i]); i++) {
        if (words->n > 0 && strcmp(words->items[0], (*out)->name) == 0) break;
        size_t n = strlen(list);
        snprintf(list + n, sizeof list - n, "%s%s", n ? ", " : "", (*out)->name);
    }
    if (*out && words->n == 1) return INGLE_OK;
    if (*out) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "'%.60s' is one word too many.",
                          words->items[1]);
    }
    return status_set(err, INGLE_BAD_ARGUMENT, 0,
                      "Say what to learn, before the options; there is: %s.", list);
}

static ingle_status check(const struct learn_args *args, ingle_error *err) {
    if (args->data.n == 0) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "--data is missing: a file of examples.");
    }
    if (args->output) return INGLE_OK;
    return status_set(err, INGLE_BAD_ARGUMENT, 0, "-o is missing: where the model is written.");
}

static bool has_any(const struct learn_text_args *t) {
    return t->n_vocab || t->n_embd || t->n_layer || t->n_head || t->n_ctx || t->n_batch ||
           t->n_steps || t->minutes != 0 || t->rate != 0 || t->dropout != 0 || t->type ||
           t->resume || t->checkpoint;
}

static ingle_status check_kind(const struct learn_kind *kind, const struct learn_args *args,
                               ingle_error *err) {
    if (args->words && kind != &learn_tagger_kind) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "--words is for ingle learn tagger alone.");
    }
    if (kind->takes_text_options || !has_any(&args->text)) return INGLE_OK;
    return status_set(err, INGLE_BAD_ARGUMENT, 0,
                      "An option given is for ingle learn text alone, not for %s; --help says "
                      "which are.",
                      kind->name);
}

static ingle_status start(struct learn *l, const struct learn_args *args, ingle_error *err) {
    const char *tier;
    int n_threads = args->n_threads;
    INGLE_TRY(engine_tier(&tier, err));
    INGLE_TRY(engine_n_threads(&n_threads, err));
    return learn_init(l, learn_tier(tier), n_threads, args->seed.is_given ? args->seed.value : 1,
                      err);
}

static ingle_status train(struct cli *cli, const struct learn_kind *kind,
                          const struct learn_args *args, struct buf *out, ingle_error *err) {
    struct learn l;
    struct learn_view view;
    INGLE_TRY(start(&l, args, err));
    learn_view_init(&view);
    l.on_progress = learn_view_show;
    l.user = &view;
    ingle_status status = kind->run(cli, args, &l, out, err);
    learn_view_end(&view);
    learn_clear(&l);
    return status;
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct learn_args args = {0};
    struct words words;
    const struct learn_kind *kind;
    INGLE_TRY(options_parse(cli->command, argc, argv, &args, &words, err));
    INGLE_TRY(find_kind(&words, &kind, err));
    INGLE_TRY(check(&args, err));
    INGLE_TRY(check_kind(kind, &args, err));
    struct result_file
        file; /* opened first: who cannot write it should know before an hour's work */
    INGLE_TRY(result_file_open_private(&file, args.output, err));
    struct buf out;
    buf_init(&out, MAX_RESULT);
    ingle_status status = train(cli, kind, &args, &out, err);
    if (status == INGLE_OK) out_bytes(&file.out, out.data, out.size);
    status = result_file_close(&file, status, err);
    buf_clear(&out);
    return status;
}

const struct command cmd_learn = {
    .name = "learn",
    .summary = "Train a small model on this machine from your own examples",
    .arguments = "KIND --data FILE -o FILE [options]",
    .example = "learn intents --data examples.csv -o my.pack",
    .details =
        "KIND is intents: texts with labels, CSV text,label or JSON lines {\"text\", \"label\"};\n"
        "tagger: JSON lines {\"text\", \"spans\": [{\"from\", \"to\", \"label\"}]}; encoder: JSON\n"
        "lines {\"a\", \"b\"} of texts that belong together; text: a language model from\n"
        "plain text. The data never leaves this process. Ctrl-C ends a run and leaves nothing "
        "behind\n"
        "but, of text, a checkpoint to go on from. docs/learn.md tells of the kinds.",
    COMMAND_OPTIONS(learn_options),
    .run = run,
};
