#include "cli/keep.h"

#include <stdio.h>
#include <string.h>

#include "cli/say.h"
#include "cli/vault_anchor.h"

static struct vault_where where_of(const struct keep *k) {
    return (struct vault_where){k->folder, k->key_folder};
}

/* A build that has no vault keeps nothing, as one that is off. */
static ingle_status get_status(struct vault_status *out, const struct keep *k, ingle_error *err) {
    struct vault_where where = where_of(k);
    ingle_error why;
    *out = (struct vault_status){0};
    ingle_status status = vault_get_status(out, &where, &why);
    if (status == INGLE_OK || status == INGLE_UNSUPPORTED) return INGLE_OK;
    if (err) *err = why;
    return status;
}

ingle_status keep_open(struct keep *k, const struct vault_passphrase *passphrase,
                       ingle_error *err) {
    struct vault_status s;
    k->is_tried = true;
    if (!user_state_dir(k->folder, "") || !user_state_dir(k->key_folder, "/keys")) return INGLE_OK;
    INGLE_TRY(get_status(&s, k, err));
    if (!s.exists || !s.is_on) return INGLE_OK;
    struct vault_where where = where_of(k);
    k->lock = s.lock;
    k->was_unlocked = s.lock == VAULT_LOCK_PASSPHRASE && s.is_in_keyring && !passphrase;
    return vault_open(&k->vault, &where, passphrase, err);
}

ingle_status keep_check(struct keep *k, ingle_error *err) {
    struct vault_status s;
    INGLE_TRY(get_status(&s, k, err));
    ingle_status status = INGLE_OK;
    if (!s.exists || !s.is_on) {
        status = status_set(err, INGLE_NOT_FOUND, 0, "The vault was turned off.");
    } else if (k->was_unlocked && !s.is_in_keyring) {
        status = status_set(err, INGLE_REFUSED, 0, "The vault was locked.");
    }
    if (status != INGLE_OK) keep_close(k);
    return status;
}

void keep_explain(char *out, size_t cap, const struct keep *k, const char *what,
                  const ingle_error *why) {
    if (why->code == INGLE_REFUSED && k->lock == VAULT_LOCK_PASSPHRASE) {
        snprintf(out, cap, "The vault is locked: %s is not kept; ingle vault unlock opens it.",
                 what);
    } else {
        snprintf(out, cap, "Nothing of %s is kept: %s", what, why->msg);
    }
}

static void say_unkept(const struct keep *k, const ingle_error *why) {
    char text[sizeof why->msg + 128];
    keep_explain(text, sizeof text, k, "this", why);
    say(k->command, text);
}

void keep_task(struct keep *k, const char *name, struct keep_text input, struct keep_text output) {
    ingle_error why;
    if (!k->is_tried && keep_open(k, NULL, &why) != INGLE_OK) say_unkept(k, &why);
    if (!k->vault) return;
    struct vault_task task = {.name = name,
                              .name_len = strlen(name),
                              .input = input.data ? input.data : "",
                              .input_len = input.len,
                              .output = output.data ? output.data : "",
                              .output_len = output.len};
    if (vault_task_append(k->vault, &task, &why) != INGLE_OK) {
        say_unkept(k, &why);
    } else {
        k->has_written = true;
    }
}

void keep_close(struct keep *k) {
    if (k->vault && k->has_written) vault_anchor_note(k->vault);
    vault_close(k->vault);
    k->vault = NULL;
    k->has_written = false;
}
