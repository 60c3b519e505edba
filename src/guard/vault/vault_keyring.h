/* The vault's key in the kernel's keyring of this user, for as long as the vault is unlocked. Every
 * process of the user can read it there, and none of another; it is gone after its time, and when
 * the machine is switched off. */
#ifndef INGLE_GUARD_VAULT_VAULT_KEYRING_H
#define INGLE_GUARD_VAULT_VAULT_KEYRING_H

#include <stdbool.h>

#include "guard/vault/vault_box.h"

/* Whether this system lets us use it. */
bool vault_keyring_is_there(void);

BASE_NODISCARD ingle_status vault_keyring_put(const uint8_t store[VAULT_STORE_SIZE],
                                              const uint8_t key[CRYPT_KEY_SIZE], unsigned seconds,
                                              ingle_error *err);

/* False if it is not there (any more). key may be NULL. */
bool vault_keyring_get(uint8_t key[CRYPT_KEY_SIZE], const uint8_t store[VAULT_STORE_SIZE]);

/* False if it is there and stays. */
bool vault_keyring_drop(const uint8_t store[VAULT_STORE_SIZE]);

#endif
