/* ingle redact: personal data out, placeholders in, and back. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "cli/builtin_pack.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/result_file.h"
#include "cli/say.h"
#include "cli/text_arg.h"
#include "guard/redact/redact_map.h"
#include "guard/redact/redact_repeats.h"
#include "guard/redact/rules.h"

#define MAX_KIND 31 /* characters of a kind's name in a placeholder */
#define MAX_MAP ((size_t)1 << 30)

struct redact_args {
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
    {"json", '\0', OPTION_FLAG, NULL, "One object: the text, its spans and their kinds",
     FIELD(json)},
};

struct redaction {
    struct cli *cli;
    const struct redact_args *args;
    struct buf text;
    ingle_pack *pack;            /* NULL = rules alone */
    char (*kinds)[MAX_KIND + 1]; /* of the pack's labels, as placeholders name them */
    struct redact_spans rules, tagged, merged, all, spans;
    struct redact_map *map;
    struct buf result; /* for --json */
    bool has_colour;
    ingle_status status; /* of a callback */
    ingle_error *err;
};

/* A label as the name of a placeholder: capitals, digits and _. */
static void name_kind(char *out, const char *label) {
    size_t n = 0;
    for (; n < MAX_KIND && label[n]; n++) {
        char c = label[n];
        if (c >= 'a' && c <= 'z') c = (char)(c - 'a' + 'A');
        bool is_good = (c >= 'A' && c <= 'Z') || (n > 0 && c >= '0' && c <= '9');
        out[n] = is_good ? c : n > 0 ? '_' : 'X';
    }
    out[n] = '\0';
}

static ingle_status open_tagger(struct redaction *r, ingle_error *err) {
    ingle_status status = builtin_pack_open(&r->pack, r->args->pack, BUILTIN_TAGGER, err);
    if (status == INGLE_NOT_FOUND && !r->args->pack) {
        say(r->cli->command, "This build has no tagger: names and addresses stay; rules find the "
                             "rest.");
        return INGLE_OK;
    }
    if (status != INGLE_OK) return status;
    ingle_pack_info info = ingle_pack_get_info(r->pack);
    if (info.kind != INGLE_PACK_TAGGER) {
        return status_set(err, INGLE_INVALID, 0, "'%s' is no tagger.", r->args->pack);
    }
    r->kinds = mem_calloc(info.n_labels, sizeof *r->kinds);
    if (!r->kinds) return status_no_memory(err, "the kinds", info.n_labels * sizeof *r->kinds);
    for (size_t i = 0; i < info.n_labels; i++) name_kind(r->kinds[i], ingle_pack_label(r->pack, i));
    return INGLE_OK;
}

/* ---- which kinds ---- */

static bool is_listed(const char *list, const char *kind) {
    for (size_t len; *list; list += len + (list[len] == ',')) {
        len = strcspn(list, ",");
        if (len == strlen(kind) && strncmp(list, kind, len) == 0) return true;
    }
    return false;
}

static bool is_known(const struct redaction *r, const char *kind) {
    for (size_t i = 0; redact_rule_kind(i); i++) {
        if (strcmp(redact_rule_kind(i), kind) == 0) return true;
    }
    for (size_t i = 0; r->pack && i < ingle_pack_get_info(r->pack).n_labels; i++) {
        if (strcmp(r->kinds[i], kind) == 0) return true;
    }
    return false;
}

static ingle_status refuse_kind(const struct redaction *r, const char *kind, ingle_error *err) {
    struct buf known;
    buf_init(&known, 4096);
    for (size_t i = 0; r->pack && i < ingle_pack_get_info(r->pack).n_labels; i++) {
        buf_addf(&known, "%s, ", r->kinds[i]);
    }
    for (size_t i = 0; redact_rule_kind(i); i++) {
        bool is_last = !redact_rule_kind(i + 1);
        buf_addf(&known, "%s%s", redact_rule_kind(i), is_last ? "" : ", ");
    }
    ingle_status status = status_set(err, INGLE_BAD_ARGUMENT, 0, "There is no kind '%s': %s.", kind,
                                     known.data ? known.data : "");
    buf_clear(&known);
    return status;
}

static ingle_status check_kinds(const struct redaction *r, const char *list, ingle_error *err) {
    for (size_t len; list && *list; list += len + (list[len] == ',')) {
        char kind[64];
        len = strcspn(list, ",");
        size_t kept = len < sizeof kind - 1 ? len : sizeof kind - 1;
        memcpy(kind, list, kept);
        kind[kept] = '\0';
        if (!is_known(r, kind)) return refuse_kind(r, kind, err);
    }
    return INGLE_OK;
}

/* ---- finding ---- */

static bool on_tag(const ingle_span *span, void *user) {
    struct redaction *r = user;
    struct redact_span s = {span->from, span->to, r->kinds[span->label], span->confidence,
                            REDACT_BY_MODEL};
    r->status = redact_spans_add(&r->tagged, &s, r->err);
    if (r->status == INGLE_OK && interrupt_came()) {
        r->status = status_set(r->err, INGLE_CANCELLED, 0, "Interrupted.");
    }
    return r->status == INGLE_OK;
}

static ingle_status find(struct redaction *r, ingle_error *err) {
    const char *text = r->text.data ? r->text.data : "";
    r->err = err;
    INGLE_TRY(redact_rules(&r->rules, text, r->text.size, err));
    if (r->pack) {
        INGLE_TRY(ingle_tag(r->pack, text, r->text.size, on_tag, r, err));
        INGLE_TRY(r->status);
    }
    INGLE_TRY(redact_spans_merge(&r->merged, text, r->text.size, &r->rules, &r->tagged, err));
    INGLE_TRY(redact_repeats(&r->all, text, r->text.size, &r->merged, err));
    for (size_t i = 0; i < r->all.n; i++) {
        const char *kind = r->all.items[i].kind;
        if (r->args->only && !is_listed(r->args->only, kind)) continue;
        if (r->args->keep && is_listed(r->args->keep, kind)) continue;
        INGLE_TRY(redact_spans_add(&r->spans, &r->all.items[i], err));
    }
    return INGLE_OK;
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
    buf_init(&json, MAX_MAP);
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
    INGLE_TRY(open_tagger(r, err));
    INGLE_TRY(check_kinds(r, r->args->only, err));
    INGLE_TRY(check_kinds(r, r->args->keep, err));
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
    redact_spans_clear(&r->rules);
    redact_spans_clear(&r->tagged);
    redact_spans_clear(&r->merged);
    redact_spans_clear(&r->all);
    redact_spans_clear(&r->spans);
    redact_map_free(r->map);
    mem_free(r->kinds);
    ingle_pack_close(r->pack);
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
    buf_init(&r.result, TEXT_ARG_MAX * 4);
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
