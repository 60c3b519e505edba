/* Keys: where they come from is one function each (today a file; a passphrase, the keyring and the
 * TPM can follow), what is done with them is the same for all. Callers hold a key, derive from it
 * one key a purpose, and close both; its bytes they never see. A key does not change while it is
 * open and may be used by several threads. */
#ifndef INGLE_GUARD_VAULT_VAULT_KEY_H
#define INGLE_GUARD_VAULT_VAULT_KEY_H

#include "guard/vault/crypt.h"

struct vault_key;

/* The key in a file of this folder, which only its owner can read; folder and key are made on first
 * use, the same for all who come at once. Whoever reads the file can open all that is sealed with
 * it. REFUSED if folder or file are open to other users or not ours, INVALID if the file holds no
 * key, LIMIT if memory cannot be locked. */
BASE_NODISCARD ingle_status vault_key_open_file(struct vault_key **out, const char *folder,
                                                ingle_error *err);

/* The same, but nothing is made: NOT_FOUND if there is no such file. */
BASE_NODISCARD ingle_status vault_key_open_old_file(struct vault_key **out, const char *folder,
                                                    ingle_error *err);

/* The key for one purpose, a constant of 1 to 8 characters: what is sealed with it is not opened
 * by the key of another purpose, and neither tells of the other. */
BASE_NODISCARD ingle_status vault_key_derive(struct vault_key **out, const struct vault_key *key,
                                             const char *purpose, ingle_error *err);

/* crypt_hash() and crypt_signer_new() with this key as key and as seed. */
void vault_key_hash(uint8_t out[CRYPT_HASH_SIZE], const struct vault_key *key, const void *first,
                    size_t first_size, const void *second, size_t second_size);
BASE_NODISCARD ingle_status vault_key_signer(struct crypt_signer **out,
                                             uint8_t public_key[CRYPT_PUBLIC_SIZE],
                                             const struct vault_key *key, ingle_error *err);

/* Wipes it; NULL is fine. */
void vault_key_close(struct vault_key *key);

/* Removes the key file for ever: nothing that was sealed with it can be opened again, by anybody.
 * NOT_FOUND if there is none. */
BASE_NODISCARD ingle_status vault_key_erase_file(const char *folder, ingle_error *err);

#endif
