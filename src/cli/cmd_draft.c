/* ingle draft: an e-mail, a reply, a message or a note from a few words. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/json.h"
#include "cli/keep.h"
#include "cli/say.h"
#include "cli/task_worker.h"
#include "cli/text_arg.h"
#include "task/tasks.h"
#include "worker/wire/msg_draft.h"

struct draft_args {
    struct engine_args engine;
    const char *to, *about, *tone, *context;
    float temperature;
    int max_tokens;
    bool json;
};

#define FIELD(name) .offset = offsetof(struct draft_args, name)

static const struct option draft_options[] = {
    OPTION_MODEL(struct draft_args),
    {"to", '\0', OPTION_TEXT, "NAME", "Whom it is for", FIELD(to)},
    {"about", '\0', OPTION_TEXT, "TEXT", "What it is to say; or the words after KIND",
     FIELD(about)},
    {"tone", '\0', OPTION_TEXT, "WORDS", "How it is to sound: friendly, formal, any words",
     FIELD(tone)},
    {"context", '\0', OPTION_TEXT, "FILE", "The conversation, or what there is to know; - too",
     FIELD(context)},
    {"temp", '\0', OPTION_FLOAT, "T", "Temperature; 0 always takes the likeliest (default 0)",
     FIELD(temperature), .min = 0, .max = 10},
    {"max-tokens", 'n', OPTION_INT, "N", "Tokens of the draft at most (default 600)",
     FIELD(max_tokens), .min = 1, .max = 1 << 20},
    OPTION_ENGINE(struct draft_args),
    {"json", '\0', OPTION_FLAG, NULL, "One object: subject, body, placeholders", FIELD(json)},
};

struct draft_state {
    struct cli *cli;
    const struct draft_args *args;
    struct worker *worker;
    struct buf about, context, notes;
    struct buf made; /* as it is kept */
};

static ingle_status kind_of(const struct words *words, ingle_draft_kind *out, ingle_error *err) {
    static const char *const names[] = {"email", "reply", "message", "note"};
    if (words->n == 0) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "Say what to draft: email, reply, message or note.");
    }
    for (size_t i = 0; i < BASE_COUNT(names); i++) {
        if (strcmp(words->items[0], names[i]) == 0) {
            *out = (ingle_draft_kind)i;
            return INGLE_OK;
        }
    }
    const char *near = nearest(words->items[0], names, BASE_COUNT(names));
    return status_set(err, INGLE_BAD_ARGUMENT, 0, "There is no kind of draft '%.60s': %s%s%s",
                      words->items[0], near ? "did you mean '" : "email, reply, message or note",
                      near ? near : "", near ? "'?" : ".");
}

/* ---- what is shown ---- */

static void put_json(struct cli *cli, const ingle_draft *draft) {
    struct json j;
    json_init(&j, &cli->out);
    json_begin(&j, '{');
    json_put_str(&j, "subject", draft->subject);
    json_put_str(&j, "body", draft->body);
    json_key(&j, "placeholders");
    json_begin(&j, '[');
    for (size_t i = 0; i < draft->n_placeholders; i++) {
        json_begin(&j, '{');
        json_put_str(&j, "text", draft->placeholders[i].text);
        json_put_str(&j, "replaced", draft->placeholders[i].replaced);
        json_end(&j, '}');
    }
    json_end(&j, ']');
    json_put_bool(&j, "was_cut", draft->was_cut);
    json_end(&j, '}');
}

/* "To fill in: [date], [your name]." and what the model had put there. */
static void note_placeholders(struct draft_state *s, const ingle_draft *draft) {
    size_t n_replaced = 0;
    for (size_t i = 0; i < draft->n_placeholders; i++) {
        buf_addf(&s->notes, "%s%s", i == 0 ? "To fill in: " : ", ", draft->placeholders[i].text);
        n_replaced += draft->placeholders[i].replaced[0] != '\0';
    }
    if (draft->n_placeholders > 0) buf_add_str(&s->notes, ".\n");
    size_t n = 0;
    for (size_t i = 0; i < draft->n_placeholders; i++) {
        if (!draft->placeholders[i].replaced[0]) continue;
        buf_addf(&s->notes, "%s'%.60s'",
                 n == 0                ? "The model had made up "
                 : n + 1 == n_replaced ? " and "
                                       : ", ",
                 draft->placeholders[i].replaced);
        n++;
    }
    if (n > 0) buf_add_str(&s->notes, ": nobody said so.\n");
    if (draft->was_cut) buf_add_str(&s->notes, "The draft is not finished: the model went on.\n");
}

static void show(struct draft_state *s, const ingle_draft *draft) {
    struct out *out = &s->cli->out;
    if (s->args->json) {
        put_json(s->cli, draft);
        return;
    }
    if (draft->subject[0]) {
        out_str(out, "Subject: ");
        out_line_text(out, draft->subject, strlen(draft->subject));
        out_str(out, "\n\n");
    }
    out_text(out, draft->body, strlen(draft->body));
    if (!out->ends_line) out_str(out, "\n");
    note_placeholders(s, draft);
}

/* ---- what is kept ---- */

static ingle_status copy(struct draft_state *s, const ingle_draft *draft, ingle_error *err) {
    if (draft->subject[0]) buf_addf(&s->made, "Subject: %s\n\n", draft->subject);
    if (buf_add_str(&s->made, draft->body)) return INGLE_OK;
    return status_no_memory(err, "the draft", strlen(draft->body));
}

static void keep_it(const struct draft_state *s, const char *kind) {
    const struct draft_args *args = s->args;
    struct keep keep = {.command = s->cli->command};
    struct buf asked = {.max = SIZE_MAX / 2, .is_secret = true};
    char name[32];
    snprintf(name, sizeof name, "draft, %s", kind);
    if (args->to) buf_addf(&asked, "To %s\n", args->to);
    if (args->tone) buf_addf(&asked, "Tone: %s\n", args->tone);
    buf_add(&asked, s->about.data, s->about.size);
    if (s->context.size > 0) buf_addf(&asked, "%s\n", asked.size ? "\n" : "");
    if (buf_add(&asked, s->context.data, s->context.size)) {
        keep_task(&keep, name, (struct keep_text){asked.data, asked.size},
                  (struct keep_text){s->made.data, s->made.size});
    }
    buf_clear(&asked);
    keep_close(&keep);
}

static void say_notes(struct draft_state *s) {
    for (char *line = s->notes.data; line && *line;) {
        char *end = strchr(line, '\n');
        if (!end) break;
        *end = '\0';
        say(s->cli->command, line);
        line = end + 1;
    }
}

/* ---- the command ---- */

static ingle_status read_words(struct draft_state *s, const struct words *words, ingle_error *err) {
    struct words rest = {.items = words->items + 1, .n = words->n - 1};
    if (s->args->about && rest.n > 0) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "Give --about or words after the kind, not both.");
    }
    if (s->args->about) return text_arg_read(&s->about, s->args->about, err);
    if (rest.n > 0) return text_words_read(&s->about, &rest, err);
    return INGLE_OK;
}

static ingle_status ask(struct draft_state *s, ingle_draft_kind kind, ingle_error *err) {
    struct msg_draft m = {.kind = kind,
                          .to = s->args->to,
                          .about = s->about.data,
                          .tone = s->args->tone,
                          .context = {s->context.data, s->context.size},
                          .max_tokens = s->args->max_tokens};
    ingle_draft draft;
    struct worker_ask ask = {.type = MSG_DRAFT,
                             .visit = msg_draft,
                             .request = &m,
                             .visit_result = msg_drafted,
                             .result = &draft,
                             .result_size = sizeof draft};
    INGLE_TRY(worker_do(s->worker, &ask, err));
    show(s, &draft);
    return copy(s, &draft, err);
}

static ingle_status draft(struct draft_state *s, ingle_draft_kind kind, const struct words *words,
                          ingle_error *err) {
    struct msg_start start = {.packs = WORKER_TAGGER, .temperature = s->args->temperature};
    INGLE_TRY(read_words(s, words, err));
    INGLE_TRY(task_check_text(s->about.data, s->about.size, "What the draft is about", err));
    if (kind == INGLE_DRAFT_REPLY && !s->args->context) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "A reply needs the conversation that it answers: --context FILE.");
    }
    if (kind != INGLE_DRAFT_REPLY && s->about.size == 0) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "Say what it is about: --about TEXT.");
    }
    /* Before a text is waited for. */
    INGLE_TRY(engine_need_model(&s->args->engine, err));
    if (s->args->context) {
        INGLE_TRY(text_file_read(&s->context, s->args->context, err));
        INGLE_TRY(task_check_text(s->context.data, s->context.size, s->args->context, err));
    }
    INGLE_TRY(task_worker_new(&s->worker, &start, &s->args->engine, err));
    INGLE_TRY(ask(s, kind, err));
    INGLE_TRY(out_flush(&s->cli->out, err));
    say_notes(s);
    keep_it(s, words->items[0]);
    return INGLE_OK;
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct draft_args args = {.max_tokens = ingle_draft_options_default().max_tokens};
    struct words words;
    ingle_draft_kind kind = INGLE_DRAFT_EMAIL;
    INGLE_TRY(options_parse(cli->command, argc, argv, &args, &words, err));
    INGLE_TRY(engine_default(&args.engine, err));
    INGLE_TRY(kind_of(&words, &kind, err));
    struct draft_state s = {.cli = cli, .args = &args};
    buf_init(&s.notes, 1 << 16);
    buf_init_secret(&s.made, MESSAGE_MAX_ANSWER);
    ingle_status status = draft(&s, kind, &words, err);
    worker_arg_free(s.worker);
    buf_clear(&s.about);
    buf_clear(&s.context);
    buf_clear(&s.notes);
    buf_clear(&s.made);
    return status;
}

const struct command cmd_draft = {
    .name = "draft",
    .summary = "Draft an e-mail, a reply, a message or a note from a few words",
    .arguments = "KIND [WORDS] [options]",
    .example = "draft -m model.gguf email --to Ana --about \"the invoice is late\"",
    .details = "KIND is email, reply, message or note; a reply needs --context, the conversation.\n"
               "What nobody said is not made up: a number, date, amount or name that is neither\n"
               "in your words nor in the context becomes a placeholder like [date], which is said.",
    COMMAND_OPTIONS(draft_options),
    .run = run,
};
