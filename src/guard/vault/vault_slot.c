#include "guard/vault/vault_slot.h"

#include <assert.h>
#include <string.h>

#include "guard/vault/vault_bytes.h"
#include "guard/vault/vault_credential.h"
#include "guard/vault/vault_key_internal.h"

#define AT_PASSES 4
#define AT_MEMORY 8
#define AT_SALT 16
#define AT_WRAPPED (AT_SALT + CRYPT_SALT_SIZE)
#define AT_SIZE (AT_WRAPPED + VAULT_WRAPPED_SIZE)
#define AT_CREDENTIAL (AT_SIZE + 4)
#define PASSPHRASE_MAX 4096

static_assert(AT_CREDENTIAL + VAULT_CREDENTIAL_MAX <= VAULT_SLOT_SIZE, "a slot holds it all");

static struct vault_place place_of(enum vault_lock lock, const uint8_t *store) {
    return (struct vault_place){
        .store = store, .kind = VAULT_BOX_SLOT, .conversation = (uint32_t)lock};
}

static struct crypt_cost cost_of(const uint8_t *slot) {
    return (struct crypt_cost){.passes = vault_get_u32(slot + AT_PASSES),
                               .memory = vault_get_u64(slot + AT_MEMORY)};
}

static ingle_status damaged(ingle_error *err) {
    return status_set(err, INGLE_INVALID, 0, "The vault's lock is damaged.");
}

/* ---- the key that the vault's key is wrapped in ---- */

static ingle_status from_passphrase(uint8_t *out, const uint8_t *slot,
                                    const struct vault_passphrase *passphrase, ingle_error *err) {
    if (!passphrase) {
        return status_set(err, INGLE_REFUSED, 0,
                          "The vault is locked; ingle vault unlock opens it.");
    }
    if (passphrase->len > PASSPHRASE_MAX) {
        return status_set(err, INGLE_LIMIT, 0, "A passphrase has at most %d bytes.",
                          PASSPHRASE_MAX);
    }
    return crypt_passphrase(out, passphrase->text, passphrase->len, slot + AT_SALT, cost_of(slot),
                            err);
}

static ingle_status from_key_file(uint8_t *out, const char *key_folder, bool may_make,
                                  ingle_error *err) {
    struct vault_key *file;
    INGLE_TRY(may_make ? vault_key_open_file(&file, key_folder, err)
                       : vault_key_open_old_file(&file, key_folder, err));
    crypt_derive(out, file->bytes, "vaultkek");
    vault_key_close(file);
    return INGLE_OK;
}

static ingle_status outer_key(uint8_t *out, const uint8_t *slot,
                              const struct vault_passphrase *passphrase, const char *key_folder,
                              ingle_error *err) {
    switch ((enum vault_lock)vault_get_u32(slot)) {
    case VAULT_LOCK_PASSPHRASE:
        return from_passphrase(out, slot, passphrase, err);
    case VAULT_LOCK_KEY_FILE:
        return from_key_file(out, key_folder, false, err);
    case VAULT_LOCK_MACHINE:
        return vault_credential_open(out, slot + AT_CREDENTIAL, vault_get_u32(slot + AT_SIZE), err);
    }
    return damaged(err);
}

/* ---- making ---- */

static ingle_status fill_passphrase(uint8_t *slot, uint8_t *outer,
                                    const struct vault_lock_with *with, ingle_error *err) {
    struct crypt_cost cost = crypt_cost_default();
    if (with->is_cheap) cost = (struct crypt_cost){.passes = 1, .memory = 1 << 20};
    vault_put_u32(slot + AT_PASSES, cost.passes);
    vault_put_u64(slot + AT_MEMORY, cost.memory);
    crypt_random(slot + AT_SALT, CRYPT_SALT_SIZE);
    return from_passphrase(outer, slot, &with->passphrase, err);
}

static ingle_status fill_machine(uint8_t *slot, uint8_t *outer, ingle_error *err) {
    size_t size;
    crypt_random(outer, CRYPT_KEY_SIZE);
    INGLE_TRY(vault_credential_make(slot + AT_CREDENTIAL, VAULT_CREDENTIAL_MAX, &size, outer, err));
    vault_put_u32(slot + AT_SIZE, (uint32_t)size);
    return INGLE_OK;
}

ingle_status vault_slot_make(uint8_t out[VAULT_SLOT_SIZE], const struct vault_lock_with *with,
                             const char *key_folder, const uint8_t *store,
                             const uint8_t key[CRYPT_KEY_SIZE], ingle_error *err) {
    void *outer = NULL;
    ingle_status status = INGLE_OK;
    INGLE_TRY(crypt_secret_new(&outer, CRYPT_KEY_SIZE, err));
    memset(out, 0, VAULT_SLOT_SIZE);
    vault_put_u32(out, (uint32_t)with->lock);
    switch (with->lock) {
    case VAULT_LOCK_PASSPHRASE:
        status = fill_passphrase(out, outer, with, err);
        break;
    case VAULT_LOCK_KEY_FILE:
        status = from_key_file(outer, key_folder, true, err);
        break;
    case VAULT_LOCK_MACHINE:
        status = fill_machine(out, outer, err);
        break;
    }
    if (status == INGLE_OK) {
        struct vault_place place = place_of(with->lock, store);
        vault_wrap(out + AT_WRAPPED, &place, key, outer);
    }
    crypt_secret_free(outer);
    return status;
}

/* ---- opening ---- */

ingle_status vault_slot_lock(enum vault_lock *out, struct vault_blob slot, ingle_error *err) {
    if (slot.size != VAULT_SLOT_SIZE) return damaged(err);
    uint32_t lock = vault_get_u32(slot.data), size = vault_get_u32(slot.data + AT_SIZE);
    if (lock < VAULT_LOCK_PASSPHRASE || lock > VAULT_LOCK_MACHINE) return damaged(err);
    if (size > VAULT_CREDENTIAL_MAX || (size != 0) != (lock == VAULT_LOCK_MACHINE)) {
        return damaged(err);
    }
    if (!crypt_is_zero(slot.data + AT_CREDENTIAL + size, VAULT_SLOT_SIZE - AT_CREDENTIAL - size)) {
        return damaged(err);
    }
    *out = (enum vault_lock)lock;
    return INGLE_OK;
}

ingle_status vault_slot_open(uint8_t key[CRYPT_KEY_SIZE], struct vault_blob slot,
                             const struct vault_passphrase *passphrase, const char *key_folder,
                             const uint8_t *store, ingle_error *err) {
    enum vault_lock lock = VAULT_LOCK_PASSPHRASE;
    void *outer = NULL;
    INGLE_TRY(vault_slot_lock(&lock, slot, err));
    INGLE_TRY(crypt_secret_new(&outer, CRYPT_KEY_SIZE, err));
    ingle_status status = outer_key(outer, slot.data, passphrase, key_folder, err);
    struct vault_place place = place_of(lock, store);
    struct vault_blob wrapped = {slot.data + AT_WRAPPED, VAULT_WRAPPED_SIZE};
    if (status == INGLE_OK && !vault_unwrap(key, &place, wrapped, outer)) {
        status = lock == VAULT_LOCK_PASSPHRASE
                     ? status_set(err, INGLE_REFUSED, 0, "This is not the vault's passphrase.")
                     : status_set(err, INGLE_INVALID, 0,
                                  "The vault does not open with its key: one of them was changed.");
    }
    crypt_secret_free(outer);
    return status;
}
