/* Keys and contents for tests of the vault. A failure ends the test. For programs with cmocka. */
#ifndef INGLE_TESTS_SUPPORT_VAULT_H
#define INGLE_TESTS_SUPPORT_VAULT_H

#include <stddef.h>
#include <stdint.h>

#include "guard/vault/sealed_file.h"

#define NOBODY 65534 /* whom tests that run as root become, to be refused something */

/* The key of which all bytes are this one; not 0. */
struct vault_key *vault_key_of(uint8_t byte);

/* Bytes of no pattern, the same for the same seed. */
void fill(void *data, size_t size, uint64_t seed);

/* Seals data as told and commits. */
void seal(const char *path, const struct sealed_as *as, const void *data, size_t size);

/* Opens it, reads as many bytes as there should be into data, and finishes. The first failure is
 * returned, after all has been closed. */
ingle_status unseal(const char *path, const struct sealed_as *as, void *data, size_t size,
                    ingle_error *err);

#endif
