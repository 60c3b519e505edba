/* The bytes of a key, for the vault itself. */
#ifndef INGLE_GUARD_VAULT_VAULT_KEY_INTERNAL_H
#define INGLE_GUARD_VAULT_VAULT_KEY_INTERNAL_H

#include <stdint.h>

#include "guard/vault/crypt.h"
#include "guard/vault/vault_key.h"

struct vault_key {
    uint8_t *bytes; /* [CRYPT_KEY_SIZE], from crypt_secret_new() */
};

/* An empty one. A source fills its bytes, then calls crypt_secret_keep() on them. */
BASE_NODISCARD ingle_status vault_key_new(struct vault_key **out, ingle_error *err);

#endif
