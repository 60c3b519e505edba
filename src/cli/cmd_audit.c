/* ingle audit: what happened on this machine, and whether the log of it is as it was written. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/audit_note.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/user_dir.h"
#include "cli/vault_anchor.h"
#include "guard/audit/audit.h"

struct audit_args {
    const char *head, *since;
    bool json;
};

struct audit_job {
    struct cli *cli;
    const struct audit_args *args;
    char folder[USER_DIR_CAP];
    const char *file;               /* an exported log; NULL = that of this machine */
    uint8_t noted[AUDIT_HASH_SIZE]; /* --head or --since */
    bool has_noted;
    bool is_past; /* the record of --since has come */
};

static const struct option audit_options[] = {
    {"head", '\0', OPTION_TEXT, "HASH", "verify: the log must still contain this record",
     .offset = offsetof(struct audit_args, head)},
    {"since", '\0', OPTION_TEXT, "HASH", "list: only what came after this record",
     .offset = offsetof(struct audit_args, since)},
    {"json", '\0', OPTION_FLAG, NULL, "JSON: an object, of list a record a line",
     .offset = offsetof(struct audit_args, json)},
};

/* 64 hex digits, as `ingle audit head` prints them; what stands before a space does not count. */
static ingle_status read_hash(uint8_t *out, const char *text, ingle_error *err) {
    const char *space = strrchr(text, ' ');
    const char *hex = space ? space + 1 : text;
    if (audit_hash_read(out, hex)) return INGLE_OK;
    return status_set(err, INGLE_BAD_ARGUMENT, 0,
                      "'%.80s' is no hash of a record; ingle audit head prints one.", text);
}

/* ---- list ---- */

/* {"size":1,"name":"abc"} as "size=1 name=abc", long hex cut short. */
static void put_fields(struct out *o, const struct audit_record *r) {
    const char *p = r->fields + 1, *end = r->fields + r->fields_size - 1;
    while (p < end) {
        const char *colon = memchr(p, ':', (size_t)(end - p));
        if (!colon) return;
        const char *value = colon + 1;
        bool is_quoted = *value == '"';
        const char *stop =
            memchr(value + is_quoted, is_quoted ? '"' : ',', (size_t)(end - value) - is_quoted);
        if (!stop) stop = end;
        value += is_quoted;
        int n_name = (int)(colon - p) - 2, n = (int)(stop - value);
        out_f(o, "  %.*s=%.*s%s", n_name, p + 1, n > 40 ? 12 : n, value, n > 40 ? "..." : "");
        p = stop + is_quoted + 1;
    }
}

static bool list_record(const struct audit_record *r, void *user) {
    struct audit_job *job = user;
    struct out *o = &job->cli->out;
    if (job->has_noted && !job->is_past) {
        job->is_past = memcmp(job->noted, r->hash, AUDIT_HASH_SIZE) == 0;
        return true;
    }
    if (job->args->json) {
        out_bytes(o, r->line, r->line_size);
    } else {
        out_f(o, "%6" PRIu64 "  %.10s %.8s  %-10s", r->seq, r->time, r->time + 11, r->kind);
        put_fields(o, r);
    }
    out_str(o, "\n");
    return o->errnum == 0;
}

/* ---- verify ---- */

static ingle_status refuse_broken(const struct audit_report *r, ingle_error *err) {
    const char *rule = audit_rule_text(r->rule);
    if (r->rule == AUDIT_RULE_NOTED) {
        return status_set(err, INGLE_INVALID, 0,
                          "All %" PRIu64
                          " records are in order, but none is the one of --head: the "
                          "log was cut or put back, and goes on from an older state.",
                          r->n_records);
    }
    if (r->rule == AUDIT_RULE_NO_HEAD) {
        return status_set(err, INGLE_INVALID, 0,
                          "All %" PRIu64 " records are in order, but a rule is broken: %s.",
                          r->n_records, rule);
    }
    return status_set(err, INGLE_INVALID, r->bad_offset,
                      "Record %" PRIu64 " of the audit log (byte %" PRIu64 ") breaks a rule: %s.",
                      r->bad_seq, r->bad_offset, rule);
}

static const char *rule_name(enum audit_rule rule) {
    static const char *const names[] = {
#define RULE_NAME(code, text) #code,
        AUDIT_RULE_MAP(RULE_NAME)
#undef RULE_NAME
    };
    return names[rule];
}

static void print_report_json(struct out *o, const struct audit_report *r) {
    char text[AUDIT_HASH_TEXT];
    struct json j;
    bool is_good = r->rule == AUDIT_RULE_NONE;
    json_init(&j, o);
    json_begin(&j, '{');
    json_put_bool(&j, "ok", is_good);
    json_put_uint(&j, "records", r->n_records);
    json_put_uint(&j, "checkpoints", r->n_checkpoints);
    json_put_uint(&j, "after_last_checkpoint", r->n_unsigned);
    json_put_uint(&j, "lost", r->n_lost);
    audit_hash_print(text, r->key);
    json_put_str(&j, "key", text);
    json_put_uint(&j, "last", r->last.seq);
    audit_hash_print(text, r->last.hash);
    json_put_str(&j, "head", text);
    json_put_bool(&j, "noted_head_found", r->is_anchored);
    if (!is_good) {
        json_put_str(&j, "rule", rule_name(r->rule));
        json_put_str(&j, "breaks", audit_rule_text(r->rule));
        json_put_uint(&j, "first_bad", r->bad_seq);
        json_put_uint(&j, "byte", r->bad_offset);
    }
    json_end(&j, '}');
}

static void print_report(struct out *o, const struct audit_report *r) {
    char key[AUDIT_HASH_TEXT], hash[AUDIT_HASH_TEXT];
    audit_hash_print(key, r->key);
    audit_hash_print(hash, r->last.hash);
    out_f(o, "%" PRIu64 " records, all as they were written; %" PRIu64 " checkpoints signed.\n",
          r->n_records, r->n_checkpoints);
    if (r->n_lost > 0) {
        out_f(o,
              "%" PRIu64 " numbers are missing: records that were not on the disk when the machine "
              "went down\n(or were cut off to look like it; no record that must be on the disk is "
              "among them).\n",
              r->n_lost);
    }
    out_f(o, "key   %s\nhead  %" PRIu64 " %s\n", key, r->last.seq, hash);
    out_str(o,
            r->is_anchored
                ? "The record that was noted is in it: nothing before that was cut or replaced.\n"
                : "Note the head somewhere else; verify --head HASH tells later whether the log "
                  "was cut\nor put back as a whole, which it cannot tell by itself.\n");
}

/* What the log says of the vault, which can be told while that is open. */
static ingle_status judge_vault(struct audit_job *job, struct vault_anchor *anchor,
                                ingle_error *err) {
    if (vault_anchor_is_old(anchor)) {
        return status_set(
            err, INGLE_INVALID, 0,
            "The log is in order, but the vault was put back to an older state: it has "
            "seen %" PRIu64 " changes, and the log knows of %" PRIu64 ".",
            anchor->generation, anchor->noted);
    }
    if (anchor->vault && anchor->n_noted > 0 && !job->args->json) {
        out_str(&job->cli->out, "The vault is at least as new as the log says.\n");
    }
    return INGLE_OK;
}

static ingle_status verify(struct audit_job *job, ingle_error *err) {
    struct audit_report report;
    struct vault_anchor anchor = {0};
    const char *path = job->file ? job->file : job->folder;
    if (!job->file) vault_anchor_open(&anchor);
    ingle_status status = audit_verify(&report, path, job->has_noted ? job->noted : NULL,
                                       vault_anchor_record, &anchor, err);
    if (status == INGLE_OK && job->args->json) print_report_json(&job->cli->out, &report);
    if (status == INGLE_OK && report.rule != AUDIT_RULE_NONE) status = refuse_broken(&report, err);
    if (status == INGLE_OK) {
        if (!job->args->json) print_report(&job->cli->out, &report);
        status = judge_vault(job, &anchor, err);
    }
    vault_anchor_close(&anchor);
    return status;
}

/* ---- list, head, export ---- */

static ingle_status list(struct audit_job *job, ingle_error *err) {
    struct audit_report report;
    const char *path = job->file ? job->file : job->folder;
    INGLE_TRY(audit_verify(&report, path, NULL, list_record, job, err));
    if (report.rule != AUDIT_RULE_NONE) return refuse_broken(&report, err);
    if (job->has_noted && !job->is_past && job->cli->out.errnum == 0) {
        return status_set(err, INGLE_NOT_FOUND, 0, "No record has the hash of --since.");
    }
    return INGLE_OK;
}

static ingle_status head(struct audit_job *job, ingle_error *err) {
    struct audit_mark mark;
    char text[AUDIT_HASH_TEXT];
    struct json j;
    INGLE_TRY(audit_head(&mark, job->folder, err));
    audit_hash_print(text, mark.hash);
    if (!job->args->json) {
        out_f(&job->cli->out, "%" PRIu64 " %s\n", mark.seq, text);
        return INGLE_OK;
    }
    json_init(&j, &job->cli->out);
    json_begin(&j, '{');
    json_put_uint(&j, "last", mark.seq);
    json_put_str(&j, "head", text);
    json_end(&j, '}');
    return INGLE_OK;
}

static bool write_out(const void *data, size_t size, void *user) {
    struct out *o = user;
    out_bytes(o, data, size);
    return o->errnum == 0;
}

/* Why writing failed, main.c says. */
static ingle_status export(struct audit_job *job, ingle_error *err) {
    struct out *o = &job->cli->out;
    ingle_status status = audit_export(job->folder, write_out, o, err);
    return o->errnum == 0 ? status : INGLE_OK;
}

static const struct {
    const char *name;
    ingle_status (*run)(struct audit_job *job, ingle_error *err);
    bool takes_file, takes_head, takes_since;
} jobs[] = {
    {"list", list, .takes_file = true, .takes_since = true},
    {"verify", verify, .takes_file = true, .takes_head = true},
    {.name = "head", .run = head},
    {.name = "export", .run = export},
};

static ingle_status find_job(size_t *out, const struct words *words, ingle_error *err) {
    size_t i = 0;
    while (i < BASE_COUNT(jobs) && (words->n == 0 || strcmp(words->items[0], jobs[i].name) != 0))
        i++;
    *out = i;
    if (i == BASE_COUNT(jobs)) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "Say what of the audit log: list, verify, head or export.");
    }
    int n_max = jobs[i].takes_file ? 2 : 1;
    if (words->n > n_max) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "'%.60s' is one word too many.",
                          words->items[n_max]);
    }
    return INGLE_OK;
}

static ingle_status read_noted(struct audit_job *job, size_t i, ingle_error *err) {
    const struct audit_args *args = job->args;
    const char *name = args->head ? "--head" : "--since";
    const char *text = args->head ? args->head : args->since;
    if (!text) return INGLE_OK;
    bool is_taken = args->head ? jobs[i].takes_head && !args->since : jobs[i].takes_since;
    if (!is_taken) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "%s is for ingle audit %s alone.", name,
                          args->head ? "verify" : "list");
    }
    job->has_noted = true;
    return read_hash(job->noted, text, err);
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct audit_args args = {0};
    struct words words;
    struct audit_job job = {.cli = cli, .args = &args};
    size_t i;
    INGLE_TRY(options_parse(cli->command, argc, argv, &args, &words, err));
    INGLE_TRY(find_job(&i, &words, err));
    INGLE_TRY(read_noted(&job, i, err));
    if (words.n > 1) job.file = words.items[1];
    if (!user_state_dir(job.folder, "/audit")) {
        return status_set(err, INGLE_NOT_FOUND, 0,
                          "There is no audit log: neither HOME nor XDG_STATE_HOME names a folder.");
    }
    return jobs[i].run(&job, err);
}

const struct command cmd_audit = {
    .name = "audit",
    .summary = "What happened here: list the audit log, verify that it was not changed, export it",
    .arguments = "list|verify|head|export [FILE] [options]",
    .example = "audit verify",
    .details =
        "The log is in ingle/audit in XDG_STATE_HOME or ~/.local/state: models opened, seals,\n"
        "refusals, settings; never what was said. verify ends with 0, or with 3 naming the first\n"
        "bad record and the rule it breaks. head prints the last record's number and hash: noted\n"
        "elsewhere and given to verify --head, they show whether the log was cut or put back.\n"
        "export prints all as one JSON text, which verify and list read as FILE.",
    COMMAND_OPTIONS(audit_options),
    .run = run,
};
