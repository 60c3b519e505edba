/* The vault's key, wrapped: the one row of VAULT_SLOT. Always as many bytes, so that a new one is
 * written over the old one.
 *
 *     lock u32 | passes u32, memory u64, salt [16] | wrapped key [72] | size u32, credential |
 * zeros
 */
#ifndef INGLE_GUARD_VAULT_VAULT_SLOT_H
#define INGLE_GUARD_VAULT_VAULT_SLOT_H

#include "guard/vault/vault_access.h"
#include "guard/vault/vault_box.h"

#define VAULT_SLOT_SIZE 2048
#define VAULT_CREDENTIAL_MAX 1900

/* Wraps key as told; key_folder for a key file. */
BASE_NODISCARD ingle_status vault_slot_make(uint8_t out[VAULT_SLOT_SIZE],
                                            const struct vault_lock_with *with,
                                            const char *key_folder, const uint8_t *store,
                                            const uint8_t key[CRYPT_KEY_SIZE], ingle_error *err);

/* INVALID if it is none. */
BASE_NODISCARD ingle_status vault_slot_lock(enum vault_lock *out, struct vault_blob slot,
                                            ingle_error *err);

/* REFUSED if it is the wrong passphrase, or there is none (NULL) and one is needed. */
BASE_NODISCARD ingle_status vault_slot_open(uint8_t key[CRYPT_KEY_SIZE], struct vault_blob slot,
                                            const struct vault_passphrase *passphrase,
                                            const char *key_folder, const uint8_t *store,
                                            ingle_error *err);

#endif
