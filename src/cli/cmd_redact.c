/* ingle redact: personal data out, placeholders in, and back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/result_file.h"
#include "cli/say.h"
#include "cli/task_worker.h"
#include "cli/text_arg.h"
#include "guard/redact/redact_map.h"
#include "worker/wire/msg_redact.h"

#define MAX_MAP ((size_t)1 << 30)

struct redact_args {
    struct engine_args engine; /* no model */
    const char *pack, *map, *restore, *only, *keep;
    bool json;
};

#define FIELD(name) .offset = offsetof(struct redact_args, name)

static const struct option redact_options[] = {
    {"map", '\0', OPTION_TEXT, "MAP", "Write what stood where to this file, for you alone to read",
     FIELD(map)},
    {"restore", '\0', OPTION_TEXT, "MAP", "Put back what this map says", FIELD(restore)},
    {"only", '\0', OPTION_TEXT, "KINDS", "Replace only these, like PERSON,PHONE_NUMBER",
     FIELD(only)},
    {"keep", '\0', OPTION_TEXT, "KINDS", "Replace all but these", FIELD(keep)},
    {"pack", '\0', OPTION_TEXT, "PACK", "A tagger of your own instead of the built-in one",
     FIELD(pack)},
    OPTION_UNSEALED(struct redact_args),
    {"json", '\0', OPTION_FLAG, NULL, "One object: the text, its spans and their kinds",
     FIELD(json)},
};

struct redaction {
    struct cli *cli;
    const struct redact_args *args;
    struct buf text;
    struct worker *worker;
    struct arena arena; /* of a message */
    char kinds[MSG_REDACT_MAX_KINDS][MSG_REDACT_MAX_KIND + 1];
    size_t n_kinds;
    struct redact_spans spans;
    struct redact_map *map;
    struct buf result; /* for --json */
    bool has_colour;
    ingle_status status; /* of a callback */
    ingle_error *err;
};

/* ---- finding, by the worker ---- */

static ingle_status start_worker(struct redaction *r, ingle_error *err) {
    const char *path = r->args->pack;
    struct msg_start start = {.packs = path ? 0 : WORKER_TAGGER, .user_pack_name = path};
    INGLE_TRY(task_worker_new(&r->worker, &start, &r->args->engine, err));
    if (worker_started(r->worker)->packs & WORKER_TAGGER) return INGLE_OK;
    if (path) return status_set(err, INGLE_INVALID, 0, "'%s' is no tagger.", path);
    say(r->cli->command, "This build has no tagger: names and addresses stay; rules find the "
                         "rest.");
    return INGLE_OK;
}

/* The name for good: there are few. */
static const char *keep_kind(struct redaction *r, const char *kind) {
    size_t i = 0;
    while (i < r->n_kinds && strcmp(r->kinds[i], kind) != 0) i++;
    if (i == r->n_kinds) {
        if (r->n_kinds == MSG_REDACT_MAX_KINDS) return NULL;
        (void)snprintf(r->kinds[r->n_kinds++], sizeof r->kinds[0], "%s", kind);
    }
    return r->kinds[i];
}

/* In the text, and each behind the one before. */
static bool keep_spans(struct redaction *r, const struct msg_spans *m) {
    const char *kinds[MSG_REDACT_MAX_KINDS];
    for (size_t i = 0; i < m->n_kinds; i++) {
        kinds[i] = keep_kind(r, m->kinds[i]);
        if (!kinds[i]) return false;
    }
    for (size_t i = 0; i < m->n_spans; i++) {
        const struct msg_span *s = &m->spans[i];
        size_t end = r->spans.n ? r->spans.items[r->spans.n - 1].to : 0;
        if (s->from < end || s->to > r->text.size) return false;
        struct redact_span span = {s->from, s->to, kinds[s->kind], s->confidence,
                                   (enum redact_by)s->by};
        r->status = redact_spans_add(&r->spans, &span, r->err);
        if (r->status != INGLE_OK) return false;
    }
    return true;
}

static bool on_answer(enum msg_type type, const void *body, size_t size, void *user) {
    struct redaction *r = user;
    struct msg_spans m;
    return type == MSG_SPANS && task_read(&m, sizeof m, msg_spans, body, size, &r->arena) &&
           keep_spans(r, &m);
}

static ingle_status find(struct redaction *r, ingle_error *err) {
    struct msg_redact m = {
        .text = {r->text.data, r->text.size}, .only = r->args->only, .keep = r->args->keep};
    struct worker_ask ask = {
        .type = MSG_REDACT, .visit = msg_redact, .request = &m, .on_answer = on_answer, .user = r};
    r->err = err;
    ingle_status status = worker_do(r->worker, &ask, err);
    return r->status != INGLE_OK ? r->status : status;
}

/* ---- telling ---- */

static bool print_piece(const char *data, size_t len, const char *kind, void *user) {
    struct redaction *r = user;
    struct out *out = &r->cli->out;
    if (kind && r->has_colour) out_str(out, "\033[36m");
    out_text(out, data, len);
    if (kind && r->has_colour) out_str(out, "\033[0m");
    return !interrupt_came();
}

static bool keep_piece(const char *data, size_t len, const char *kind, void *user) {
    struct redaction *r = user;
    (void)kind;
    return buf_add(&r->result, data, len) && !interrupt_came();
}

/* The private map comes first: were it lost, so would be the way back. */
static ingle_status save_map(const struct redaction *r, ingle_error *err) {
    struct result_file file;
    struct buf json;
    buf_init_secret(&json, MAX_MAP);
    ingle_status status = redact_map_write(r->map, &json, err);
    if (status == INGLE_OK) {
        status = result_file_open_private(&file, r->args->map, err);
        if (status == INGLE_OK) {
            out_bytes(&file.out, json.data, json.size);
            status = result_file_close(&file, INGLE_OK, err);
        }
    }
    buf_clear(&json);
    return status;
}

static void print_json(const struct redaction *r) {
    static const char *const by[] = {"model", "rule", "repetition"};
    struct json j;
    json_init(&j, &r->cli->out);
    json_begin(&j, '{');
    json_put_text(&j, "text", r->result.data ? r->result.data : "", r->result.size);
    json_key(&j, "spans");
    json_begin(&j, '[');
    for (size_t i = 0; i < r->spans.n; i++) {
        const struct redact_span *s = &r->spans.items[i];
        json_begin(&j, '{');
        json_put_uint(&j, "from", s->from);
        json_put_uint(&j, "to", s->to);
        json_put_str(&j, "kind", s->kind);
        json_put_text(&j, "text", r->text.data + s->from, s->to - s->from);
        json_put_str(&j, "by", by[s->by]);
        json_put_number(&j, "confidence", (double)s->confidence, 3);
        json_end(&j, '}');
    }
    json_end(&j, ']');
    json_end(&j, '}');
}

static ingle_status redact(struct redaction *r, ingle_error *err) {
    bool keeps = r->args->json || r->args->map;
    INGLE_TRY(start_worker(r, err));
    INGLE_TRY(find(r, err));
    INGLE_TRY(redact_map_new(&r->map, err));
    INGLE_TRY(redact_apply(r->map, r->text.data, r->text.size, &r->spans,
                           keeps ? keep_piece : print_piece, r, err));
    if (buf_failed(&r->result)) return status_no_memory(err, "the text", r->text.size);
    if (r->args->map) INGLE_TRY(save_map(r, err));
    if (r->args->json) {
        print_json(r);
    } else if (keeps) {
        struct redaction again = *r;
        struct redact_map *map;
        INGLE_TRY(redact_map_new(&map, err));
        ingle_status status =
            redact_apply(map, r->text.data, r->text.size, &r->spans, print_piece, &again, err);
        redact_map_free(map);
        return status;
    }
    return INGLE_OK;
}

static ingle_status restore(struct redaction *r, ingle_error *err) {
    struct buf json;
    ingle_status status = text_file_read(&json, r->args->restore, err);
    if (status == INGLE_OK) {
        status =
            redact_map_read(&r->map, json.data ? json.data : "", json.size, r->args->restore, err);
    }
    buf_clear(&json);
    if (status != INGLE_OK) return status;
    return redact_restore(r->map, r->text.data, r->text.size, print_piece, r, err);
}

static ingle_status read_text(struct redaction *r, const char *path, ingle_error *err) {
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    INGLE_TRY(text_file_read(&r->text, path, err));
    if (!r->text.data && !buf_add_str(&r->text, "")) return status_no_memory(err, "the text", 1);
    const char *zero = memchr(r->text.data, '\0', r->text.size);
    if (zero) {
        size_t at = (size_t)(zero - r->text.data);
        return status_set(err, INGLE_INVALID, at, "'%s' is no text: it has a zero byte at %zu.",
                          name, at);
    }
    size_t invalid = utf8_find_invalid(r->text.data, r->text.size);
    if (invalid == r->text.size) return INGLE_OK;
    return status_set(err, INGLE_INVALID, invalid, "'%s' is no UTF-8 from byte %zu on.", name,
                      invalid);
}

static void clear(struct redaction *r) {
    buf_clear(&r->text);
    buf_clear(&r->result);
    redact_spans_clear(&r->spans);
    redact_map_free(r->map);
    arena_clear(&r->arena);
    worker_arg_free(r->worker);
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct redact_args args = {0};
    struct words words;
    INGLE_TRY(options_parse(cli->command, argc, argv, &args, &words, err));
    if (words.n > 1) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "One file at a time; there are %d.", words.n);
    }
    if (args.only && args.keep) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "Give either --only or --keep, not both.");
    }
    if (args.restore && (args.map || args.only || args.keep || args.json || args.pack)) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "--restore takes no other option.");
    }
    const char *colour = getenv("NO_COLOR");
    struct redaction r = {.cli = cli, .args = &args};
    r.has_colour = cli->out.is_terminal && !(colour && colour[0]);
    buf_init_secret(&r.result, TEXT_ARG_MAX * 4);
    arena_init_secret(&r.arena, MESSAGE_MAX_ANSWER);
    ingle_status status = read_text(&r, words.n ? words.items[0] : "-", err);
    if (status == INGLE_OK) status = args.restore ? restore(&r, err) : redact(&r, err);
    clear(&r);
    return status;
}

const struct command cmd_redact = {
    .name = "redact",
    .summary = "Take personal data out of a text and put placeholders in",
    .arguments = "[FILE] [--restore MAP] [options]",
    .example = "redact letter.txt --map letter.map",
    .details = "Without FILE, or with -, the text comes from standard input. Nothing leaves this\n"
               "machine. Redaction is a help, not a promise: read the result before you pass it "
               "on.\n"
               "KINDS are names of placeholders with commas between: PERSON,EMAIL_ADDRESS.\n"
               "With --map, a later ingle redact ANSWER --restore MAP puts the originals back.",
    COMMAND_OPTIONS(redact_options),
    .run = run,
};
