/* ingle intent: what a text asks for. */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/intent_labels.h"
#include "cli/json.h"
#include "cli/reader.h"
#include "cli/say.h"
#include "cli/task_worker.h"
#include "cli/text_arg.h"
#include "worker/wire/msg_intent.h"

#define MAX_LINE ((size_t)1 << 20) /* bytes of a line on standard input */
#define MAX_TOP 1000

struct intent_args {
    struct engine_args engine;
    const char *pack, *labels;
    int n_top;
    bool json;
};

#define FIELD(name) .offset = offsetof(struct intent_args, name)

static const struct option intent_options[] = {
    {"pack", '\0', OPTION_TEXT, "PACK", "Labels that you trained (default: the built-in ones)",
     FIELD(pack)},
    {"labels", '\0', OPTION_TEXT, "FILE", "Labels of your own, without training; a label a line",
     FIELD(labels)},
    {"model", 'm', OPTION_TEXT, "MODEL", "GGUF file to ask for a label (default: the encoder)",
     FIELD(engine.model)},
    OPTION_ENGINE(struct intent_args),
    {"top", '\0', OPTION_INT, "K", "Also show the K likeliest labels (default 0)", FIELD(n_top),
     .max = MAX_TOP},
    {"json", '\0', OPTION_FLAG, NULL, "An object a text: text, intent, confidence, ms",
     FIELD(json)},
};

struct intent {
    struct cli *cli;
    const struct intent_args *args;
    struct intent_labels labels; /* of --labels */
    bool has_sent_labels;
    struct worker *worker;
    struct msg_intended answer; /* borrows from the worker */
};

static void print_json(struct intent *s, const char *text, size_t len, double ms) {
    const struct msg_intended *a = &s->answer;
    struct json j;
    json_init(&j, &s->cli->out);
    json_begin(&j, '{');
    json_put_text(&j, "text", text, len);
    json_key(&j, "intent");
    if (a->is_none) {
        json_number(&j, (double)NAN, 1); /* null */
    } else {
        json_str(&j, a->top[0].label);
    }
    json_put_number(&j, "confidence", (double)a->confidence, 4);
    json_put_number(&j, "ms", ms, 4);
    if (s->args->n_top > 0) {
        json_key(&j, "top");
        json_begin(&j, '[');
        for (size_t i = 0; i < a->n_top; i++) {
            json_begin(&j, '{');
            json_put_str(&j, "intent", a->top[i].label);
            json_put_number(&j, "confidence", (double)a->top[i].confidence, 4);
            json_end(&j, '}');
        }
        json_end(&j, ']');
    }
    json_end(&j, '}');
}

static void print_label(struct out *out, const char *label) {
    out_line_text(out, label, strlen(label));
}

static void print_line(struct intent *s) {
    struct out *out = &s->cli->out;
    const struct msg_intended *a = &s->answer;
    double percent = 100 * (double)a->confidence;
    if (a->is_none) {
        out_str(out, "none of these (most like ");
        print_label(out, a->top[0].label);
        out_str(out, ")");
    } else {
        print_label(out, a->top[0].label);
    }
    out_f(out, "  %.0f %%\n", percent > 99 && percent < 100 ? 99 : percent);
    for (size_t i = 0; s->args->n_top > 0 && i < a->n_top; i++) {
        out_f(out, "    %5.1f %%  ", 100 * (double)a->top[i].confidence);
        print_label(out, a->top[i].label);
        out_str(out, "\n");
    }
}

/* The labels go with the first text. */
static ingle_status ask(struct intent *s, const char *text, size_t len, ingle_error *err) {
    struct msg_intent m = {
        .text = {text, len},
        .labels = s->labels.labels,
        .n_labels = s->has_sent_labels ? 0 : s->labels.n,
        .same_labels = s->has_sent_labels,
        .n_top = s->args->n_top > 1 ? s->args->n_top : 1,
    };
    struct worker_ask ask = {.type = MSG_INTENT,
                             .visit = msg_intent,
                             .request = &m,
                             .visit_result = msg_intended,
                             .result = &s->answer,
                             .result_size = sizeof s->answer};
    INGLE_TRY(worker_do(s->worker, &ask, err));
    s->has_sent_labels = s->labels.n > 0;
    return INGLE_OK;
}

static ingle_status answer_text(struct intent *s, const char *text, size_t len, ingle_error *err) {
    double start = clock_ms();
    INGLE_TRY(ask(s, text, len, err));
    double ms = clock_ms() - start;
    if (s->args->json) {
        print_json(s, text, len, ms);
    } else {
        print_line(s);
    }
    return INGLE_OK;
}

static bool is_blank(const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (!strchr(" \t\r\n\v\f", text[i]) || text[i] == '\0') return false;
    }
    return true;
}

/* A text a line, answered at once: the program at the other end may wait for it. */
static ingle_status answer_lines(struct intent *s, ingle_error *err) {
    struct reader in;
    struct buf line;
    reader_init(&in, STDIN_FILENO, "standard input");
    buf_init_secret(&line, MAX_LINE);
    ingle_status status = INGLE_OK;
    for (;;) {
        bool has_line;
        buf_reset(&line);
        status = reader_line(&in, &line, &has_line, err);
        if (status != INGLE_OK || !has_line) break;
        size_t len = line.size;
        if (len && line.data[len - 1] == '\r') len--;
        status = answer_text(s, line.data ? line.data : "", len, err);
        if (status == INGLE_OK) status = out_flush(&s->cli->out, err);
        if (status != INGLE_OK) break;
    }
    buf_clear(&line);
    return status;
}

static ingle_status answer_words(struct intent *s, const struct words *words, ingle_error *err) {
    struct buf text;
    ingle_status status = text_words_read(&text, words, err);
    if (status == INGLE_OK && is_blank(text.data, text.size)) {
        status = status_set(err, INGLE_INVALID, 0, "The text is empty.");
    }
    if (status == INGLE_OK) status = answer_text(s, text.data, text.size, err);
    buf_clear(&text);
    return status;
}

static ingle_status check_args(const struct intent_args *args, bool is_stream, ingle_error *err) {
    if (args->labels && args->pack) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "Options --labels and --pack exclude each other: a pack has its own.");
    }
    if (args->engine.model && !args->labels) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "Option -m needs --labels FILE: a model has no labels of its own.");
    }
    if (args->labels && is_stream && strcmp(args->labels, "-") == 0) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "Labels and texts cannot both come on standard input.");
    }
    return INGLE_OK;
}

static ingle_status open_pack(struct intent *s, ingle_error *err) {
    const char *path = s->args->pack;
    struct msg_start start = {.packs = path ? 0 : WORKER_INTENTS, .user_pack_name = path};
    INGLE_TRY(task_worker_new(&s->worker, &start, &s->args->engine, err));
    if (worker_started(s->worker)->packs & WORKER_INTENTS) return INGLE_OK;
    if (path) {
        return status_set(err, INGLE_UNSUPPORTED, 0,
                          "'%s' is no classifier; ingle learn intents makes one.", path);
    }
    return status_set(err, INGLE_NOT_FOUND, 0, "This ingle was built without its own models.");
}

/* Labels of a person's own: asked of a language model, or without one of the sentence encoder,
 * which is said. */
static ingle_status open_labels(struct intent *s, ingle_error *err) {
    const struct engine_args *engine = &s->args->engine;
    struct msg_start start = {.packs = engine->model ? 0 : WORKER_ENCODER};
    INGLE_TRY(intent_labels_read(&s->labels, s->args->labels, err));
    INGLE_TRY(task_worker_new(&s->worker, &start, engine, err));
    if (engine->model) return INGLE_OK;
    if (!(worker_started(s->worker)->packs & WORKER_ENCODER)) {
        return status_set(err, INGLE_NOT_FOUND, 0,
                          "Labels of your own need a language model (-m MODEL): this ingle was "
                          "built without its own sentence encoder.");
    }
    say(s->cli->command, "Without a language model (-m) labels are compared by the sentence "
                         "encoder, which is rougher.");
    return INGLE_OK;
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct intent_args args = {0};
    struct words words;
    INGLE_TRY(options_parse(cli->command, argc, argv, &args, &words, err));
    if (words.n == 0) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "TEXT is missing: give words, @FILE, or - for a text a line.");
    }
    struct intent s = {.cli = cli, .args = &args};
    bool is_stream = words.n == 1 && strcmp(words.items[0], "-") == 0;
    INGLE_TRY(check_args(&args, is_stream, err));
    ingle_status status = args.labels ? open_labels(&s, err) : open_pack(&s, err);
    if (status == INGLE_OK) {
        status = is_stream ? answer_lines(&s, err) : answer_words(&s, &words, err);
    }
    worker_arg_free(s.worker);
    intent_labels_clear(&s.labels);
    return status;
}

const struct command cmd_intent = {
    .name = "intent",
    .summary = "Say what a text asks for, with a confidence, or that it is none of these",
    .arguments = "[options] TEXT",
    .example = "intent \"wake me up at seven\"",
    .details = "TEXT is words, @FILE, or - for a text a line, each answered at once. The "
               "confidence is the "
               "share\nof such answers that are right. ingle learn intents makes packs of your own "
               "labels.\nWith --labels no training is needed: a line of FILE is a label, with a "
               "description after \": \"\nif you like, and indented lines under it are examples "
               "(docs/intent-labels.md).",
    COMMAND_OPTIONS(intent_options),
    .run = run,
};
