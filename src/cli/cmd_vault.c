/* ingle vault: what is kept of conversations and tasks, and who can open it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/audit_note.h"
#include "cli/command.h"
#include "cli/passphrase.h"
#include "cli/say.h"
#include "cli/user_dir.h"
#include "cli/vault_anchor.h"
#include "cli/vault_view.h"

#define ASK "Passphrase of the vault: "

struct vault_args {
    const char *passphrase_from, *new_passphrase_from;
    int with, minutes;
    bool all, json;
};

#define FIELD(name) .offset = offsetof(struct vault_args, name)

static const struct option vault_options[] = {
    {"with", '\0', OPTION_CHOICE, "passphrase|key-file|machine",
     "on, change: what it is locked with (default: a passphrase)", FIELD(with)},
    {"passphrase-from", '\0', OPTION_TEXT, "FILE",
     "The passphrase is the next line of FILE, or of standard input (-)", FIELD(passphrase_from)},
    {"new-passphrase-from", '\0', OPTION_TEXT, "FILE", "change: the same for the new passphrase",
     FIELD(new_passphrase_from)},
    {"minutes", '\0', OPTION_INT, "N", "unlock: for so long (default 60)", FIELD(minutes), .min = 1,
     .max = 1440},
    {"all", '\0', OPTION_FLAG, NULL, "forget: everything, and the vault is off", FIELD(all)},
    {"json", '\0', OPTION_FLAG, NULL, "status, list, show: as JSON", FIELD(json)},
};

struct request {
    struct cli *cli;
    const struct vault_args *args;
    struct vault_where where;
    const struct words *words; /* the action, and what follows it */
};

/* ---- opening ---- */

/* Without a passphrase first: it may be unlocked, or need none. */
static ingle_status open_vault(struct vault **out, const struct request *r, ingle_error *err) {
    struct passphrase passphrase;
    ingle_error why;
    const char *from = r->args->passphrase_from;
    if (!from) {
        ingle_status status = vault_open_any(out, &r->where, NULL, &why);
        struct vault_status s;
        if (status != INGLE_REFUSED || !passphrase_can_ask() ||
            vault_get_status(&s, &r->where, NULL) != INGLE_OK || s.lock != VAULT_LOCK_PASSPHRASE) {
            if (status != INGLE_OK && err) *err = why;
            return status;
        }
    }
    INGLE_TRY(passphrase_read(&passphrase, from, ASK, false, err));
    ingle_status status = vault_open_any(out, &r->where, &passphrase.value, err);
    passphrase_clear(&passphrase);
    return status;
}

static ingle_status read_number(uint32_t *out, const struct request *r, ingle_error *err) {
    const char *text = r->words->n > 1 ? r->words->items[1] : "";
    char *end;
    unsigned long value = text[0] >= '1' && text[0] <= '9' ? strtoul(text, &end, 10) : 0;
    if (value == 0 || *end || value > INT32_MAX) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "ingle vault %.20s needs the number of a conversation, as ingle vault "
                          "list shows it.",
                          r->words->items[0]);
    }
    *out = (uint32_t)value;
    return INGLE_OK;
}

static bool is_about_tasks(const struct request *r) {
    return r->words->n > 1 && strcmp(r->words->items[1], "tasks") == 0;
}

/* ---- actions ---- */

static ingle_status do_status(const struct request *r, ingle_error *err) {
    struct vault_status status;
    INGLE_TRY(vault_get_status(&status, &r->where, err));
    vault_print_status(&r->cli->out, &status, r->args->json);
    return INGLE_OK;
}

/* What it is to be locked with; the passphrase, if one, is the caller's to clear. */
static ingle_status read_lock(struct vault_lock_with *out, struct passphrase *passphrase,
                              const struct request *r, const char *from, ingle_error *err) {
    static const enum vault_lock locks[] = {VAULT_LOCK_PASSPHRASE, VAULT_LOCK_KEY_FILE,
                                            VAULT_LOCK_MACHINE};
    *passphrase = (struct passphrase){0};
    *out = (struct vault_lock_with){.lock = locks[r->args->with]};
    if (out->lock != VAULT_LOCK_PASSPHRASE) return INGLE_OK;
    INGLE_TRY(passphrase_read(passphrase, from, "New passphrase for the vault: ", true, err));
    out->passphrase = passphrase->value;
    return INGLE_OK;
}

static ingle_status do_on(const struct request *r, ingle_error *err) {
    struct vault_lock_with with = {0};
    struct passphrase passphrase = {0};
    struct vault_status before;
    INGLE_TRY(vault_get_status(&before, &r->where, err));
    if (!before.exists) {
        INGLE_TRY(read_lock(&with, &passphrase, r, r->args->passphrase_from, err));
    }
    ingle_status status = vault_turn_on(&r->where, &with, err);
    passphrase_clear(&passphrase);
    INGLE_TRY(status);
    return do_status(r, err);
}

static ingle_status do_off(const struct request *r, ingle_error *err) {
    INGLE_TRY(vault_turn_off(&r->where, err));
    say(r->cli->command, "Nothing more is kept. What was kept stays: ingle vault forget --all.");
    return INGLE_OK;
}

static ingle_status do_lock(const struct request *r, ingle_error *err) {
    struct vault_status status;
    INGLE_TRY(vault_lock_now(&r->where, err));
    INGLE_TRY(vault_get_status(&status, &r->where, err));
    if (status.lock != VAULT_LOCK_PASSPHRASE) {
        say(r->cli->command, "It still opens by itself: it is not locked with a passphrase.");
    }
    return INGLE_OK;
}

static ingle_status do_unlock(const struct request *r, ingle_error *err) {
    struct passphrase passphrase = {0};
    struct vault_status s;
    INGLE_TRY(vault_get_status(&s, &r->where, err));
    bool asks = s.exists && s.lock == VAULT_LOCK_PASSPHRASE;
    if (asks) INGLE_TRY(passphrase_read(&passphrase, r->args->passphrase_from, ASK, false, err));
    ingle_status status = vault_unlock(&r->where, asks ? &passphrase.value : NULL,
                                       (unsigned)r->args->minutes * 60, err);
    passphrase_clear(&passphrase);
    return status;
}

static ingle_status do_change(const struct request *r, ingle_error *err) {
    struct passphrase old = {0}, new = {0};
    struct vault_lock_with with = {0};
    struct vault_status s;
    INGLE_TRY(vault_get_status(&s, &r->where, err));
    bool asks = s.exists && s.lock == VAULT_LOCK_PASSPHRASE;
    if (asks) INGLE_TRY(passphrase_read(&old, r->args->passphrase_from, ASK, false, err));
    ingle_status status = read_lock(&with, &new, r, r->args->new_passphrase_from, err);
    if (status == INGLE_OK) {
        status = vault_change_lock(&r->where, asks ? &old.value : NULL, &with, err);
    }
    passphrase_clear(&old);
    passphrase_clear(&new);
    return status;
}

static ingle_status do_list(const struct request *r, ingle_error *err) {
    struct vault *v = NULL;
    INGLE_TRY(open_vault(&v, r, err));
    ingle_status status = vault_print_list(&r->cli->out, v, r->args->json, err);
    vault_close(v);
    return status;
}

static ingle_status do_show(const struct request *r, ingle_error *err) {
    struct vault *v = NULL;
    uint32_t number = 0;
    bool tasks = is_about_tasks(r);
    if (!tasks) INGLE_TRY(read_number(&number, r, err));
    INGLE_TRY(open_vault(&v, r, err));
    ingle_status status =
        tasks ? vault_print_tasks(&r->cli->out, v, r->args->json, err)
              : vault_print_conversation(&r->cli->out, v, number, r->args->json, err);
    vault_close(v);
    return status;
}

static ingle_status do_rename(const struct request *r, ingle_error *err) {
    struct vault *v = NULL;
    uint32_t number = 0;
    INGLE_TRY(read_number(&number, r, err));
    if (r->words->n < 3) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "ingle vault rename needs the new title.");
    }
    INGLE_TRY(open_vault(&v, r, err));
    const char *title = r->words->items[2];
    ingle_status status = vault_rename(v, number, title, strlen(title), err);
    if (status == INGLE_OK) vault_anchor_note(v);
    vault_close(v);
    return status;
}

static ingle_status do_forget(const struct request *r, ingle_error *err) {
    struct vault *v = NULL;
    uint32_t number = 0;
    bool tasks = is_about_tasks(r);
    if (r->args->all) {
        INGLE_TRY(vault_forget_all(&r->where, err));
        say(r->cli->command, "All is forgotten, and the vault is off.");
        return INGLE_OK;
    }
    if (!tasks) INGLE_TRY(read_number(&number, r, err));
    INGLE_TRY(open_vault(&v, r, err));
    ingle_status status = tasks ? vault_task_forget(v, err) : vault_forget(v, number, err);
    if (status == INGLE_OK) vault_anchor_note(v);
    vault_close(v);
    return status;
}

/* ---- the command ---- */

static const struct action {
    const char *name;
    ingle_status (*run)(const struct request *r, ingle_error *err);
    int n_words;   /* with the action itself, at most */
    bool is_noted; /* in the audit log */
} actions[] = {
    {"status", do_status, 1, false}, {"on", do_on, 1, true},
    {"off", do_off, 1, true},        {"lock", do_lock, 1, true},
    {"unlock", do_unlock, 1, true},  {"list", do_list, 1, false},
    {"show", do_show, 2, false},     {"rename", do_rename, 3, false},
    {"change", do_change, 1, true},  {"forget", do_forget, 2, true},
};

/* What was done, or refused; of what it was done to no more than whether it was all. */
static void note(const struct action *action, const struct vault_args *args, ingle_status status) {
    const struct audit_field fields[] = {AUDIT_FIELD_WORDS("what", action->name),
                                         AUDIT_FIELD_FLAG("all", args->all)};
    const struct audit_field refused[] = {AUDIT_FIELD_WORDS("what", "vault"),
                                          AUDIT_FIELD_WORDS("action", action->name)};
    if (!action->is_noted) return;
    if (status == INGLE_OK) audit_note(AUDIT_VAULT, fields, BASE_COUNT(fields));
    if (status == INGLE_REFUSED) audit_note(AUDIT_REFUSAL, refused, BASE_COUNT(refused));
}

static ingle_status find_action(const struct action **out, const struct words *words,
                                ingle_error *err) {
    const char *name = words->n ? words->items[0] : "status", *names[BASE_COUNT(actions)];
    for (size_t i = 0; i < BASE_COUNT(actions); i++) {
        names[i] = actions[i].name;
        if (strcmp(name, names[i]) != 0) continue;
        *out = &actions[i];
        if (words->n <= actions[i].n_words) return INGLE_OK;
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "'%.60s' is one argument too many.",
                          words->items[actions[i].n_words]);
    }
    const char *near = nearest(name, names, BASE_COUNT(actions));
    return status_set(err, INGLE_BAD_ARGUMENT, 0, "ingle vault does not know '%.60s'%s%s%s.", name,
                      near ? "; did you mean '" : "", near ? near : "", near ? "'" : "");
}

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct vault_args args = {.minutes = 60};
    struct words words;
    const struct action *action = NULL;
    char folder[USER_DIR_CAP], key_folder[USER_DIR_CAP];
    INGLE_TRY(options_parse(cli->command, argc, argv, &args, &words, err));
    INGLE_TRY(find_action(&action, &words, err));
    if (!user_state_dir(folder, "") || !user_state_dir(key_folder, "/keys")) {
        return status_set(
            err, INGLE_NOT_FOUND, 0,
            "There is no place for the vault: neither HOME nor XDG_STATE_HOME names a "
            "folder.");
    }
    struct request r = {.cli = cli, .args = &args, .where = {folder, key_folder}, .words = &words};
    ingle_status status = action->run(&r, err);
    note(action, &args, status);
    return status;
}

const struct command cmd_vault = {
    .name = "vault",
    .summary = "Keep conversations and tasks, encrypted; show, lock and forget them",
    .arguments = "[ACTION] [NUMBER | tasks] [options]",
    .example = "vault on",
    .details = "ACTION is status, on, off, lock, unlock, list, show NUMBER, rename NUMBER TITLE,\n"
               "change or forget NUMBER. Without one it is status. Nothing is kept unless you say "
               "on.\n"
               "change locks the vault with another passphrase, or with something else. forget\n"
               "destroys the key of a conversation; nobody can read it any more. docs/security.md\n"
               "says what all this protects from and what not.",
    COMMAND_OPTIONS(vault_options),
    .run = run,
};
