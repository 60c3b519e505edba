/* A key sealed to this machine by systemd-creds: to its TPM, to a key that only root can read, or
 * to both, as that program decides. It runs as a child; the key goes through pipes. */
#ifndef INGLE_GUARD_VAULT_VAULT_CREDENTIAL_H
#define INGLE_GUARD_VAULT_VAULT_CREDENTIAL_H

#include "guard/vault/crypt.h"

/* UNSUPPORTED if there is no systemd-creds; REFUSED, with its words, if it does not do it for this
 * user. */
BASE_NODISCARD ingle_status vault_credential_make(uint8_t *out, size_t cap, size_t *size,
                                                  const uint8_t key[CRYPT_KEY_SIZE],
                                                  ingle_error *err);
BASE_NODISCARD ingle_status vault_credential_open(uint8_t key[CRYPT_KEY_SIZE],
                                                  const uint8_t *credential, size_t size,
                                                  ingle_error *err);

#endif
