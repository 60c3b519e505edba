/* Turning the vault on and off, and who has its key. The key is random; it lies in the file wrapped
 * by one of three others, and while the vault is unlocked, as it is, in the kernel's keyring of the
 * user, where it expires by itself.
 *
 *     passphrase   Argon2id of what a person knows
 *     key file     a file beside the vault: whoever reads your files as you opens it
 *     machine      systemd-creds: this machine's TPM, or where there is none a key of root's */
#ifndef INGLE_GUARD_VAULT_VAULT_ACCESS_H
#define INGLE_GUARD_VAULT_VAULT_ACCESS_H

#include "guard/vault/vault.h"

/* Numbers in files: none ever changes. */
enum vault_lock { VAULT_LOCK_PASSPHRASE = 1, VAULT_LOCK_KEY_FILE = 2, VAULT_LOCK_MACHINE = 3 };

/* What it is, or is to be, locked with. */
struct vault_lock_with {
    enum vault_lock lock;
    struct vault_passphrase passphrase;
    bool is_cheap; /* tests: a passphrase that costs little to guess */
};

struct vault_status {
    bool exists, is_on;
    enum vault_lock lock;
    bool has_keyring;   /* the kernel has one that can be used */
    bool is_in_keyring; /* unlocked for the session */
    uint64_t size;      /* of vault.db, in bytes */
};

/* Needs no key. A vault that does not exist is no failure. */
BASE_NODISCARD ingle_status vault_get_status(struct vault_status *out,
                                             const struct vault_where *where, ingle_error *err);

/* Makes it, locked as told; one that was off is on again, and locked as it was. BAD_ARGUMENT if it
 * is on. */
BASE_NODISCARD ingle_status vault_turn_on(const struct vault_where *where,
                                          const struct vault_lock_with *with, ingle_error *err);

/* Nothing more is kept; what was kept stays. */
BASE_NODISCARD ingle_status vault_turn_off(const struct vault_where *where, ingle_error *err);

/* Puts the key into the keyring for so many seconds. */
BASE_NODISCARD ingle_status vault_unlock(const struct vault_where *where,
                                         const struct vault_passphrase *passphrase,
                                         unsigned seconds, ingle_error *err);

/* Takes it out; fine if it was not there. */
BASE_NODISCARD ingle_status vault_lock_now(const struct vault_where *where, ingle_error *err);

/* Locks it with something else. What it was locked with opens it no more. */
BASE_NODISCARD ingle_status vault_change_lock(const struct vault_where *where,
                                              const struct vault_passphrase *passphrase,
                                              const struct vault_lock_with *with, ingle_error *err);

/* The key for snapshots (snapshot_store.h): the vault's while it is on, REFUSED if it is locked
 * then; else the one of the key file, which is made on first use. */
BASE_NODISCARD ingle_status vault_snapshot_key(struct vault_key **out,
                                               const struct vault_where *where, ingle_error *err);

/* Destroys the vault, its key and all that is in it; needs no key. NOT_FOUND if there is none. */
BASE_NODISCARD ingle_status vault_forget_all(const struct vault_where *where, ingle_error *err);

#endif
