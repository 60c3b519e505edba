/* The cryptography of the vault, as few operations as it needs: crypt_sodium.c makes them of
 * libsodium and is the only file that knows it; crypt_none.c stands in for it in a build without,
 * where crypt_start() says so and nothing else is ever reached. */
#ifndef INGLE_GUARD_VAULT_CRYPT_H
#define INGLE_GUARD_VAULT_CRYPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define CRYPT_KEY_SIZE 32
#define CRYPT_HASH_SIZE 32
#define CRYPT_PURPOSE_MAX 8 /* characters */
#define CRYPT_PUBLIC_SIZE 32
#define CRYPT_SIGNATURE_SIZE 64

/* Before anything else here, any number of times, from any thread. UNSUPPORTED in a build without
 * libsodium. */
BASE_NODISCARD ingle_status crypt_start(ingle_error *err);

void crypt_random(void *out, size_t size);
void crypt_wipe(void *data, size_t size); /* zeros that no optimiser leaves out */
bool crypt_is_zero(const void *data, size_t size);

/* Memory for keys: locked (never swapped out), left out of core dumps, between guard pages, wiped
 * when it is freed. LIMIT if it cannot be locked. */
BASE_NODISCARD ingle_status crypt_secret_new(void **out, size_t size, ingle_error *err);
void crypt_secret_keep(void *secret); /* from now on it can only be read */
void crypt_secret_free(void *secret);

/* A key for one purpose (1 to CRYPT_PURPOSE_MAX characters), from which neither `from` nor the key
 * of another purpose can be told. */
void crypt_derive(uint8_t out[CRYPT_KEY_SIZE], const uint8_t from[CRYPT_KEY_SIZE],
                  const char *purpose);

/* Keyed BLAKE2b of two byte strings. Where the second begins counts: the size of the first is
 * hashed too. */
void crypt_hash(uint8_t out[CRYPT_HASH_SIZE], const uint8_t key[CRYPT_KEY_SIZE], const void *first,
                size_t first_size, const void *second, size_t second_size);

/* SHA-256, for what people should be able to check with a tool of their own. */
void crypt_sha256(uint8_t out[CRYPT_HASH_SIZE], const void *data, size_t size);

/* Ed25519. The seed is copied into secret memory (crypt_secret_new()); who has the public key can
 * check, and cannot sign. */
struct crypt_signer;

BASE_NODISCARD ingle_status crypt_signer_new(struct crypt_signer **out,
                                             uint8_t public_key[CRYPT_PUBLIC_SIZE],
                                             const uint8_t seed[CRYPT_KEY_SIZE], ingle_error *err);
void crypt_signer_free(struct crypt_signer *s); /* wipes it; NULL is fine */
void crypt_sign(uint8_t out[CRYPT_SIGNATURE_SIZE], const struct crypt_signer *s, const void *data,
                size_t size);
BASE_NODISCARD bool crypt_sign_check(const uint8_t signature[CRYPT_SIGNATURE_SIZE],
                                     const uint8_t public_key[CRYPT_PUBLIC_SIZE], const void *data,
                                     size_t size);

/* A stream of chunks, each encrypted and authenticated (XChaCha20-Poly1305), that can neither be
 * reordered nor left out; the last is marked. One stream, one key. */
#define CRYPT_STREAM_HEADER 24
#define CRYPT_STREAM_EXTRA 17 /* bytes by which a chunk grows */

struct crypt_stream;

/* A random header for the beginning of the file / the one that was read from there. */
BASE_NODISCARD ingle_status crypt_stream_seal(struct crypt_stream **out,
                                              uint8_t header[CRYPT_STREAM_HEADER],
                                              const uint8_t key[CRYPT_KEY_SIZE], ingle_error *err);
BASE_NODISCARD ingle_status crypt_stream_open(struct crypt_stream **out,
                                              const uint8_t header[CRYPT_STREAM_HEADER],
                                              const uint8_t key[CRYPT_KEY_SIZE], ingle_error *err);
void crypt_stream_free(struct crypt_stream *s);

/* out: size + CRYPT_STREAM_EXTRA bytes. */
void crypt_stream_push(struct crypt_stream *s, uint8_t *out, const uint8_t *data, size_t size,
                       bool is_last);

/* out: size - CRYPT_STREAM_EXTRA bytes. False, and nothing decrypted, unless these bytes are what
 * the writer pushed next. */
BASE_NODISCARD bool crypt_stream_pull(struct crypt_stream *s, uint8_t *out, const uint8_t *sealed,
                                      size_t size, bool *is_last);

/* ---- single records ---- */

/* A box: 24 random bytes, the data encrypted, a tag of 16 bytes (XChaCha20-Poly1305). It opens with
 * the same key and the same `bound` bytes, which are not in it. */
#define CRYPT_TAG_SIZE 16
#define CRYPT_BOX_EXTRA (24 + CRYPT_TAG_SIZE) /* bytes by which the data grow */

struct crypt_bound {
    const void *data;
    size_t size;
};

/* out: size + CRYPT_BOX_EXTRA bytes, not overlapping data. */
void crypt_box_seal(uint8_t *out, const void *data, size_t size, struct crypt_bound bound,
                    const uint8_t key[CRYPT_KEY_SIZE]);

/* out: size - CRYPT_BOX_EXTRA bytes. False, and zeros, unless the box is authentic. */
BASE_NODISCARD bool crypt_box_open(void *out, const uint8_t *box, size_t size,
                                   struct crypt_bound bound, const uint8_t key[CRYPT_KEY_SIZE]);

/* ---- passphrases ---- */

#define CRYPT_SALT_SIZE 16
#define CRYPT_PASSES_MAX 16
#define CRYPT_MEMORY_MAX ((uint64_t)1 << 30) /* bytes: more is not asked of anybody's machine */

/* What guessing one passphrase costs. */
struct crypt_cost {
    uint32_t passes;
    uint64_t memory; /* bytes */
};

/* 256 MiB three times: half a second. */
struct crypt_cost crypt_cost_default(void);

/* Within the limits above, and not so little that it would not be worth its name. */
bool crypt_cost_is_fair(struct crypt_cost cost);

/* Argon2id, version 1.3. NO_MEMORY if the machine has not as much; INVALID for a cost that is not
 * fair, at once. */
BASE_NODISCARD ingle_status crypt_passphrase(uint8_t out[CRYPT_KEY_SIZE], const char *passphrase,
                                             size_t len, const uint8_t salt[CRYPT_SALT_SIZE],
                                             struct crypt_cost cost, ingle_error *err);

#endif
