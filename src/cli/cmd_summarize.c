/* ingle summarize: documents in, a summary out. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cli/command.h"
#include "cli/document_arg.h"
#include "cli/json.h"
#include "cli/keep.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/task_worker.h"
#include "cli/text_arg.h"
#include "worker/wire/msg_summarize.h"

struct summarize_args {
    struct engine_args engine;
    int length, style;
    bool extractive, each, json;
};

#define FIELD(name) .offset = offsetof(struct summarize_args, name)

static const struct option summarize_options[] = {
    OPTION_MODEL(struct summarize_args),
    {"length", '\0', OPTION_CHOICE, "short|medium|long", "How long it is (default medium)",
     FIELD(length)},
    {"style", '\0', OPTION_CHOICE, "prose|bullets|tldr", "How it is written (default prose)",
     FIELD(style)},
    {"extractive", '\0', OPTION_FLAG, NULL, "The documents' own sentences; needs no language model",
     FIELD(extractive)},
    {"each", '\0', OPTION_FLAG, NULL, "A summary of each file, not one of all", FIELD(each)},
    OPTION_ENGINE(struct summarize_args),
    {"json", '\0', OPTION_FLAG, NULL, "One JSON object; with --each one a line", FIELD(json)},
};

struct summarizer {
    struct cli *cli;
    const struct summarize_args *args;
    struct worker *worker;
    struct keep keep;
    struct document_arg *documents;
    size_t n_documents;
    struct progress progress;
    struct arena arena; /* of a message about the progress */
    struct buf summary;
    ingle_summary_result result;
};

static bool on_answer(enum msg_type type, const void *body, size_t size, void *user) {
    struct summarizer *s = user;
    ingle_progress progress;
    if (type == MSG_TEXT) return buf_add(&s->summary, body, size);
    return type == MSG_PROGRESS &&
           task_read(&progress, sizeof progress, msg_progress, body, size, &s->arena) &&
           progress_show(&progress, &s->progress);
}

/* ---- what is told ---- */

static void put_documents(struct json *j, const struct document_arg *documents, size_t n) {
    json_key(j, "documents");
    json_begin(j, '[');
    for (size_t i = 0; i < n; i++) {
        json_begin(j, '{');
        json_put_str(j, "name", documents[i].name);
        json_put_str(j, "kind", documents[i].kind);
        json_put_str(j, "title", documents[i].title);
        json_put_uint(j, "text_bytes", documents[i].text.size);
        json_end(j, '}');
    }
    json_end(j, ']');
}

static const char *guard_name(const ingle_summary_result *r) {
    if (r->is_extractive && !r->was_replaced) return "not needed";
    if (r->was_replaced) return "replaced";
    return r->n_replaced ? "parts replaced" : r->n_second_tries ? "passed again" : "passed";
}

static void print_json(struct summarizer *s, const struct document_arg *documents, size_t n) {
    static const char *const styles[] = {"prose", "bullets", "tldr"};
    static const char *const lengths[] = {"short", "medium", "long"};
    const ingle_summary_result *r = &s->result;
    struct json j;
    json_init(&j, &s->cli->out);
    json_begin(&j, '{');
    json_put_text(&j, "summary", s->summary.data ? s->summary.data : "", s->summary.size);
    json_put_bool(&j, "extractive", r->is_extractive);
    json_put_str(&j, "style", styles[s->args->style]);
    json_put_str(&j, "length", lengths[s->args->length]);
    json_put_uint(&j, "parts", r->n_parts);
    json_put_str(&j, "guard", guard_name(r));
    json_put_uint(&j, "second_tries", r->n_second_tries);
    json_put_uint(&j, "replaced", r->n_replaced);
    json_put_uint(&j, "cut", r->n_cut);
    json_put_uint(&j, "silent_parts", r->n_silent);
    json_put_str(&j, "not_in_source", r->unfounded);
    put_documents(&j, documents, n);
    json_end(&j, '}');
}

/* What a reader must know of how the summary came about. */
static void say_result(const struct summarizer *s) {
    const ingle_summary_result *r = &s->result;
    const struct command *c = s->cli->command;
    char line[512];
    const char *what = r->unfounded[0] ? r->unfounded : "nothing that could be used";
    if (r->was_replaced) {
        snprintf(
            line, sizeof line,
            "The model did not keep to the text (it said: %s), twice; these are the text's own "
            "sentences instead.",
            what);
        say(c, line);
        return;
    }
    if (r->n_replaced) {
        snprintf(line, sizeof line,
                 "%zu times the model did not keep to a part of the text (it said: %s), nor at a "
                 "second try; the text's own sentences stand for that.",
                 r->n_replaced, what);
        say(c, line);
    }
    if (r->n_cut) {
        snprintf(
            line, sizeof line,
            "%zu of the model's answers did not end in time; the last, unfinished sentence was "
            "left out.",
            r->n_cut);
        say(c, line);
    }
    if (r->n_silent) {
        snprintf(line, sizeof line, "%zu of %zu parts have no sentences and add nothing.",
                 r->n_silent, r->n_parts);
        say(c, line);
    }
}

static void print_text(struct summarizer *s, const struct document_arg *documents, size_t n,
                       bool is_first) {
    struct out *out = &s->cli->out;
    if (s->args->each && s->n_documents > 1) {
        if (!is_first) out_str(out, "\n");
        out_str(out, "# ");
        out_line_text(out, documents[0].name, strlen(documents[0].name));
        out_str(out, "\n\n");
    }
    (void)n;
    out_text(out, s->summary.data ? s->summary.data : "", s->summary.size);
    out_str(out, "\n");
}

/* ---- the work ---- */

/* The texts one after another, each under its file's name if there are several. */
static ingle_status join(struct buf *text, const struct document_arg *documents, size_t n,
                         ingle_error *err) {
    buf_init_secret(text, MESSAGE_MAX_REQUEST);
    size_t size = 0;
    for (size_t i = 0; i < n; i++) {
        if (i > 0) buf_add_str(text, "\n\n");
        buf_addf(text, "# %s\n\n", documents[i].name);
        buf_add(text, documents[i].text.data, documents[i].text.size);
        size += documents[i].text.size;
    }
    if (!buf_failed(text)) return INGLE_OK;
    if (size < MESSAGE_MAX_REQUEST / 2) return status_no_memory(err, "the documents", size);
    return status_set(err, INGLE_LIMIT, 0,
                      "The documents are longer than %zu MiB together, the most that a text may "
                      "have; --each makes a summary of each.",
                      MESSAGE_MAX_REQUEST >> 20);
}

static ingle_status ask(struct summarizer *s, const struct wire_text *text, const char *title,
                        ingle_error *err) {
    struct msg_summarize m = {.text = *text,
                              .title = title,
                              .style = (ingle_summary_style)s->args->style,
                              .length = (ingle_summary_length)s->args->length,
                              .extractive = s->args->extractive};
    struct worker_ask ask = {.type = MSG_SUMMARIZE,
                             .visit = msg_summarize,
                             .request = &m,
                             .visit_result = msg_summarized,
                             .result = &s->result,
                             .result_size = sizeof s->result,
                             .on_answer = on_answer,
                             .user = s};
    buf_reset(&s->summary);
    progress_init(&s->progress);
    ingle_status status = worker_do(s->worker, &ask, err);
    progress_clear(&s->progress);
    return status;
}

static ingle_status show(struct summarizer *s, const struct document_arg *documents, size_t n,
                         bool is_first, ingle_error *err) {
    say_result(s);
    if (s->args->json)
        print_json(s, documents, n);
    else
        print_text(s, documents, n, is_first);
    return out_flush(&s->cli->out, err);
}

static ingle_status summarize(struct summarizer *s, const struct document_arg *documents, size_t n,
                              bool is_first, ingle_error *err) {
    struct buf joined = {0};
    struct wire_text text = {documents[0].text.data, documents[0].text.size};
    const char *title = n == 1 && documents[0].title[0] ? documents[0].title : NULL;
    ingle_status status = INGLE_OK;
    if (n > 1) {
        status = join(&joined, documents, n, err);
        text = (struct wire_text){joined.data, joined.size};
    }
    if (status == INGLE_OK) status = ask(s, &text, title, err);
    bool is_summed_up = status == INGLE_OK;
    if (is_summed_up) status = show(s, documents, n, is_first, err);
    if (status == INGLE_OK) {
        keep_task(&s->keep, "summarize", (struct keep_text){text.data, text.len},
                  (struct keep_text){s->summary.data, s->summary.size});
    }
    buf_clear(&joined);
    if (!is_summed_up && status == INGLE_INVALID && n == 1 && !worker_is_dead(s->worker)) {
        return status_set(err, INGLE_INVALID, 0, "'%s' has no sentence to summarise.",
                          documents[0].name);
    }
    return status;
}

static ingle_status read_documents(struct summarizer *s, const struct words *words,
                                   ingle_error *err) {
    static char stream[] = "-";
    char *no_words[] = {stream};
    char **items = words->n ? words->items : no_words;
    size_t n = words->n ? (size_t)words->n : 1, n_streams = 0;
    if (words->n == 0 && isatty(STDIN_FILENO) == 1) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "Name the files to summarise, or - for standard input.");
    }
    for (size_t i = 0; i < n; i++) n_streams += strcmp(items[i], "-") == 0;
    if (n_streams > 1) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "Standard input (-) can be read once.");
    }
    s->documents = mem_calloc(n, sizeof *s->documents);
    if (!s->documents) return status_no_memory(err, "the documents", n * sizeof *s->documents);
    for (size_t i = 0; i < n; i++) {
        s->n_documents++;
        INGLE_TRY(document_arg_read(&s->documents[i], items[i], err));
    }
    return INGLE_OK;
}

static ingle_status summarize_all(struct summarizer *s, const struct words *words,
                                  ingle_error *err) {
    INGLE_TRY(read_documents(s, words, err));
    struct engine_args engine = s->args->engine;
    if (s->args->extractive) engine.model = NULL;
    struct msg_start start = {.packs = WORKER_ENCODER | WORKER_TAGGER};
    INGLE_TRY(task_worker_new(&s->worker, &start, &engine, err));
    for (size_t i = 0; i < s->n_documents; i++) {
        INGLE_TRY(document_arg_understand(&s->documents[i], s->cli->command, s->worker, err));
    }
    if (!engine.model && !s->args->extractive) {
        say(s->cli->command,
            "No language model is given (-m): these are the most telling sentences "
            "of the text itself.");
    }
    if (!s->args->each) return summarize(s, s->documents, s->n_documents, true, err);
    for (size_t i = 0; i < s->n_documents; i++) {
        INGLE_TRY(summarize(s, &s->documents[i], 1, i == 0, err));
    }
    return INGLE_OK;
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct summarize_args args = {.length = INGLE_SUMMARY_MEDIUM};
    struct words words;
    INGLE_TRY(options_parse(cli->command, argc, argv, &args, &words, err));
    INGLE_TRY(engine_default(&args.engine, err));
    struct summarizer s = {.cli = cli, .args = &args, .keep.command = cli->command};
    arena_init_secret(&s.arena, MESSAGE_MAX_ANSWER);
    buf_init_secret(&s.summary, (size_t)16 << 20);
    ingle_status status = summarize_all(&s, &words, err);
    keep_close(&s.keep);
    worker_arg_free(s.worker);
    arena_clear(&s.arena);
    for (size_t i = 0; i < s.n_documents; i++) document_arg_clear(&s.documents[i]);
    mem_free(s.documents);
    buf_clear(&s.summary);
    return status;
}

const struct command cmd_summarize = {
    .name = "summarize",
    .summary = "Summarise documents of any length",
    .arguments = "[FILE...] [options]",
    .example = "summarize report.pdf --style bullets",
    .details =
        "FILE is text, Markdown, HTML, e-mail (a message or an mbox), source code or, where the\n"
        "package poppler-utils is installed, PDF; - or none is standard input. Several files make "
        "one\n"
        "summary. Without -m, or with --extractive, it consists of the documents' own sentences.\n"
        "A text that is too long for the model is read in parts. Numbers, dates, names and "
        "negations\n"
        "that are not in the text are not let through: docs/summarize.md says how.",
    COMMAND_OPTIONS(summarize_options),
    .run = run,
};
