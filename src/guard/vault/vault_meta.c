#include <string.h>

#include "guard/vault/vault_bytes.h"
#include "guard/vault/vault_internal.h"
#include "guard/vault/vault_keyring.h"
#include "guard/vault/vault_slot.h"

#define META_SIZE 64
#define SCRUB_ROW 2 /* is there while something is to be scrubbed */
#define AT_ON VAULT_STORE_SIZE
#define AT_CHECK (AT_ON + 4)
#define AT_END (AT_CHECK + VAULT_CHECK_SIZE)

ingle_status vault_meta_read(struct vault_meta *out, struct vault_db *db, ingle_error *err) {
    struct vault_blob body;
    INGLE_TRY(vault_db_get(db, VAULT_META, 1, &body, err));
    if (body.size != META_SIZE /* not there at all, too */ ||
        vault_get_u32(body.data + AT_ON) > 1 ||
        !crypt_is_zero(body.data + AT_END, META_SIZE - AT_END)) {
        return status_set(err, INGLE_INVALID, 0, "The vault's beginning is damaged.");
    }
    memcpy(out->store, body.data, VAULT_STORE_SIZE);
    out->is_on = vault_get_u32(body.data + AT_ON) == 1;
    memcpy(out->check, body.data + AT_CHECK, VAULT_CHECK_SIZE);
    return INGLE_OK;
}

ingle_status vault_meta_write(struct vault_db *db, const struct vault_meta *meta,
                              ingle_error *err) {
    uint8_t body[META_SIZE] = {0};
    memcpy(body, meta->store, VAULT_STORE_SIZE);
    vault_put_u32(body + AT_ON, meta->is_on);
    memcpy(body + AT_CHECK, meta->check, VAULT_CHECK_SIZE);
    return vault_db_put(db, VAULT_META, 1, body, sizeof body, err);
}

void vault_meta_check(uint8_t out[VAULT_CHECK_SIZE], const uint8_t *store,
                      const uint8_t key[CRYPT_KEY_SIZE]) {
    crypt_hash(out, key, "ingle vault", 11, store, VAULT_STORE_SIZE);
}

/* ---- leaving nothing behind ---- */

ingle_status vault_scrub_is_due(bool *out, struct vault_db *db, ingle_error *err) {
    struct vault_blob body;
    INGLE_TRY(vault_db_get(db, VAULT_META, SCRUB_ROW, &body, err));
    *out = body.data != NULL;
    return INGLE_OK;
}

ingle_status vault_scrub_mark(struct vault_db *db, ingle_error *err) {
    return vault_db_put(db, VAULT_META, SCRUB_ROW, "", 0, err);
}

ingle_status vault_scrub(struct vault_db *db, ingle_error *err) {
    INGLE_TRY(vault_db_scrub(db, err));
    INGLE_TRY(vault_db_begin(db, true, err));
    return vault_db_end(db, vault_db_delete(db, VAULT_META, SCRUB_ROW, SCRUB_ROW, err), err);
}

/* ---- the key ---- */

/* Not in constant time: who can measure it here has the file, and the check in it. */
static bool fits(const struct vault_meta *meta, const uint8_t key[CRYPT_KEY_SIZE]) {
    uint8_t check[VAULT_CHECK_SIZE];
    vault_meta_check(check, meta->store, key);
    return memcmp(check, meta->check, sizeof check) == 0;
}

static ingle_status from_slot(uint8_t *key, struct vault_db *db, const struct vault_meta *meta,
                              const struct vault_where *where,
                              const struct vault_passphrase *passphrase, ingle_error *err) {
    struct vault_blob slot;
    INGLE_TRY(vault_db_get(db, VAULT_SLOT, 1, &slot, err));
    INGLE_TRY(vault_slot_open(key, slot, passphrase, where->key_folder, meta->store, err));
    if (fits(meta, key)) return INGLE_OK;
    return status_set(err, INGLE_INVALID, 0, "The vault's lock is of another vault, or damaged.");
}

ingle_status vault_find_key(struct vault_key **out, struct vault_db *db,
                            const struct vault_meta *meta, const struct vault_where *where,
                            const struct vault_passphrase *passphrase, ingle_error *err) {
    struct vault_key *key;
    *out = NULL;
    INGLE_TRY(vault_key_new(&key, err));
    ingle_status status = INGLE_OK;
    /* A passphrase that was given is tried: whoever says a wrong one should hear of it. */
    if (passphrase || !vault_keyring_get(key->bytes, meta->store) || !fits(meta, key->bytes)) {
        status = from_slot(key->bytes, db, meta, where, passphrase, err);
    }
    if (status == INGLE_OK) {
        crypt_secret_keep(key->bytes);
        *out = key;
    } else {
        vault_key_close(key);
    }
    return status;
}
