#include "guard/vault/vault_access.h"

#include <string.h>

#include "base/alloc.h"
#include "guard/vault/vault_internal.h"
#include "guard/vault/vault_keyring.h"
#include "guard/vault/vault_slot.h"

#define PASSPHRASE_MIN 8

/* ---- status ---- */

static ingle_status read_status(struct vault_status *out, struct vault_db *db, ingle_error *err) {
    struct vault_meta meta;
    struct vault_blob slot;
    INGLE_TRY(vault_meta_read(&meta, db, err));
    INGLE_TRY(vault_db_get(db, VAULT_SLOT, 1, &slot, err));
    INGLE_TRY(vault_slot_lock(&out->lock, slot, err));
    out->exists = true;
    out->is_on = meta.is_on;
    out->is_in_keyring = vault_keyring_get(NULL, meta.store);
    out->size = vault_db_size(db);
    return INGLE_OK;
}

ingle_status vault_get_status(struct vault_status *out, const struct vault_where *where,
                              ingle_error *err) {
    struct vault_db *db;
    ingle_error why;
    *out = (struct vault_status){.has_keyring = vault_keyring_is_there()};
    INGLE_TRY(crypt_start(err));
    ingle_status status = vault_db_open(&db, where->folder, false, &why);
    if (status == INGLE_NOT_FOUND) return INGLE_OK;
    if (status != INGLE_OK) {
        if (err) *err = why;
        return status;
    }
    status = vault_db_begin(db, false, err);
    if (status == INGLE_OK) status = vault_db_end(db, read_status(out, db, err), err);
    vault_db_close(db);
    return status;
}

/* ---- on and off ---- */

static ingle_status check_passphrase(const struct vault_lock_with *with, ingle_error *err) {
    if (with->lock != VAULT_LOCK_PASSPHRASE || with->passphrase.len >= PASSPHRASE_MIN) {
        return INGLE_OK;
    }
    return status_set(err, INGLE_BAD_ARGUMENT, 0, "A passphrase has at least %d characters.",
                      PASSPHRASE_MIN);
}

static ingle_status put_slot(struct vault_db *db, const struct vault_where *where,
                             const struct vault_lock_with *with, const uint8_t *store,
                             const uint8_t *key, ingle_error *err) {
    uint8_t slot[VAULT_SLOT_SIZE];
    INGLE_TRY(vault_slot_make(slot, with, where->key_folder, store, key, err));
    return vault_db_put(db, VAULT_SLOT, 1, slot, sizeof slot, err);
}

static ingle_status put_first_head(struct vault_db *db, const uint8_t *store,
                                   const struct vault_key *key, ingle_error *err) {
    struct vault v = {.db = db, .head = {.next = 1}};
    buf_init(&v.sealed, VAULT_BODY_MAX);
    memcpy(v.store, store, sizeof v.store);
    INGLE_TRY(vault_key_derive(&v.head_key, key, "vaulthd", err));
    ingle_status status = vault_head_write(&v, err);
    vault_key_close(v.head_key);
    buf_clear(&v.sealed);
    return status;
}

static ingle_status make(struct vault_db *db, const struct vault_where *where,
                         const struct vault_lock_with *with, ingle_error *err) {
    struct vault_meta meta = {.is_on = true};
    struct vault_key *key;
    INGLE_TRY(check_passphrase(with, err));
    INGLE_TRY(vault_key_new(&key, err));
    crypt_random(key->bytes, CRYPT_KEY_SIZE);
    crypt_secret_keep(key->bytes);
    crypt_random(meta.store, sizeof meta.store);
    vault_meta_check(meta.check, meta.store, key->bytes);
    ingle_status status = vault_db_make(db, err);
    if (status == INGLE_OK) status = vault_meta_write(db, &meta, err);
    if (status == INGLE_OK) status = put_slot(db, where, with, meta.store, key->bytes, err);
    if (status == INGLE_OK) status = put_first_head(db, meta.store, key, err);
    vault_key_close(key);
    return status;
}

static ingle_status switch_to(struct vault_db *db, bool is_on, ingle_error *err) {
    struct vault_meta meta;
    INGLE_TRY(vault_meta_read(&meta, db, err));
    if (meta.is_on == is_on) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "The vault is %s already.",
                          is_on ? "on" : "off");
    }
    meta.is_on = is_on;
    return vault_meta_write(db, &meta, err);
}

ingle_status vault_turn_on(const struct vault_where *where, const struct vault_lock_with *with,
                           ingle_error *err) {
    struct vault_db *db;
    INGLE_TRY(crypt_start(err));
    INGLE_TRY(vault_db_open(&db, where->folder, true, err));
    ingle_status status = vault_db_begin(db, true, err);
    if (status == INGLE_OK) {
        status = vault_db_is_new(db) ? make(db, where, with, err) : switch_to(db, true, err);
        status = vault_db_end(db, status, err);
    }
    vault_db_close(db);
    return status;
}

ingle_status vault_turn_off(const struct vault_where *where, ingle_error *err) {
    struct vault_db *db;
    INGLE_TRY(crypt_start(err));
    INGLE_TRY(vault_db_open(&db, where->folder, false, err));
    ingle_status status = vault_db_begin(db, true, err);
    if (status == INGLE_OK) status = vault_db_end(db, switch_to(db, false, err), err);
    vault_db_close(db);
    return status;
}

/* ---- lock and unlock ---- */

ingle_status vault_unlock(const struct vault_where *where,
                          const struct vault_passphrase *passphrase, unsigned seconds,
                          ingle_error *err) {
    struct vault *v;
    INGLE_TRY(vault_open_any(&v, where, passphrase, err));
    ingle_status status = vault_keyring_put(v->store, v->key->bytes, seconds, err);
    vault_close(v);
    return status;
}

ingle_status vault_lock_now(const struct vault_where *where, ingle_error *err) {
    struct vault_db *db;
    struct vault_meta meta;
    INGLE_TRY(crypt_start(err));
    INGLE_TRY(vault_db_open(&db, where->folder, false, err));
    ingle_status status = vault_db_begin(db, false, err);
    if (status == INGLE_OK) status = vault_db_end(db, vault_meta_read(&meta, db, err), err);
    vault_db_close(db);
    INGLE_TRY(status);
    if (vault_keyring_drop(meta.store)) return INGLE_OK;
    return status_set(err, INGLE_FAILED, 0, "The vault's key cannot be taken out of the keyring.");
}

ingle_status vault_change_lock(const struct vault_where *where,
                               const struct vault_passphrase *passphrase,
                               const struct vault_lock_with *with, ingle_error *err) {
    struct vault *v;
    INGLE_TRY(check_passphrase(with, err));
    INGLE_TRY(vault_open_any(&v, where, passphrase, err));
    ingle_status status = vault_db_begin(v->db, true, err);
    if (status == INGLE_OK) {
        status = put_slot(v->db, where, with, v->store, v->key->bytes, err);
        if (status == INGLE_OK) status = vault_scrub_mark(v->db, err);
        status = vault_db_end(v->db, status, err);
    }
    if (status == INGLE_OK) status = vault_scrub(v->db, err);
    vault_close(v);
    return status;
}

/* ---- snapshots ---- */

ingle_status vault_snapshot_key(struct vault_key **out, const struct vault_where *where,
                                ingle_error *err) {
    struct vault_status s;
    struct vault *v;
    *out = NULL;
    INGLE_TRY(vault_get_status(&s, where, err));
    if (!s.is_on) return vault_key_open_file(out, where->key_folder, err);
    INGLE_TRY(vault_open(&v, where, NULL, err));
    ingle_status status = vault_derive_key(out, v, "snapkey", err);
    vault_close(v);
    return status;
}

/* ---- forget all ---- */

ingle_status vault_forget_all(const struct vault_where *where, ingle_error *err) {
    INGLE_TRY(crypt_start(err));
    /* The keyring first: of a vault that is too damaged to be read it is not known where it is. */
    ingle_status locked = vault_lock_now(where, NULL);
    (void)locked;
    return vault_db_erase(where->folder, err);
}
