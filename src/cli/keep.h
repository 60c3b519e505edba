/* What commands keep in the vault (guard/vault/vault.h), if it is on; if it is not, nothing happens
 * and nothing is said. No command fails because of it: what could not be kept is said in one
 * sentence on standard error, and the answer stands. */
#ifndef INGLE_CLI_KEEP_H
#define INGLE_CLI_KEEP_H

#include "cli/command.h"
#include "cli/user_dir.h"
#include "guard/vault/vault_access.h"

/* Zeroed but for the command is valid: a vault that was not tried yet. */
struct keep {
    const struct command *command; /* that says it */
    struct vault *vault;           /* NULL: nothing is kept */
    enum vault_lock lock;          /* of a vault that is on */
    bool is_tried;                 /* keep_open() was called */
    bool has_written;              /* which the audit log is to know */
    bool was_unlocked;             /* opened by the keyring's key, and shut when that is gone */
    char folder[USER_DIR_CAP], key_folder[USER_DIR_CAP];
};

/* Opens it if it is on: OK with k->vault NULL if there is none, it is off, or this build has none.
 * REFUSED if it is locked, or the passphrase (NULL = none) is wrong. */
BASE_NODISCARD ingle_status keep_open(struct keep *k, const struct vault_passphrase *passphrase,
                                      ingle_error *err);

/* For who holds it open for long: NOT_FOUND if it was turned off meanwhile, REFUSED if it was
 * locked; it is closed then. */
BASE_NODISCARD ingle_status keep_check(struct keep *k, ingle_error *err);

/* "The vault is locked: this conversation is not kept; ...", or "Nothing of ... is kept: why". */
void keep_explain(char *out, size_t cap, const struct keep *k, const char *what,
                  const ingle_error *why);

struct keep_text {
    const char *data; /* NULL if empty */
    size_t len;
};

/* A task that succeeded, to the history of tasks; the first call opens the vault. */
void keep_task(struct keep *k, const char *name, struct keep_text input, struct keep_text output);

/* Zeroed is fine. The audit log is told which generation the vault has now: an older one that is
 * found later was put back. */
void keep_close(struct keep *k);

#endif
