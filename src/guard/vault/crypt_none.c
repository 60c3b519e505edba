/* The cryptography of a build without libsodium: there is none, and who asks for it is told. No
 * key can be opened, so that nothing below crypt_start() is ever called. */
#include "guard/vault/crypt.h"

#include <assert.h>

ingle_status crypt_start(ingle_error *err) {
    return status_set(err, INGLE_UNSUPPORTED, 0,
                      "This ingle was built without libsodium: it can neither seal files nor open "
                      "sealed ones.");
}

void crypt_random(void *out, size_t size) {
    (void)out, (void)size;
    assert(false);
}

void crypt_wipe(void *data, size_t size) {
    (void)data, (void)size;
    assert(false);
}

bool crypt_is_zero(const void *data, size_t size) {
    (void)data, (void)size;
    assert(false);
    return true;
}

ingle_status crypt_secret_new(void **out, size_t size, ingle_error *err) {
    (void)size;
    *out = NULL;
    return crypt_start(err);
}

void crypt_secret_keep(void *secret) {
    (void)secret;
}

void crypt_secret_free(void *secret) {
    (void)secret;
}

void crypt_derive(uint8_t out[CRYPT_KEY_SIZE], const uint8_t from[CRYPT_KEY_SIZE],
                  const char *purpose) {
    (void)out, (void)from, (void)purpose;
    assert(false);
}

void crypt_hash(uint8_t out[CRYPT_HASH_SIZE], const uint8_t key[CRYPT_KEY_SIZE], const void *first,
                size_t first_size, const void *second, size_t second_size) {
    (void)out, (void)key, (void)first, (void)first_size, (void)second, (void)second_size;
    assert(false);
}

void crypt_sha256(uint8_t out[CRYPT_HASH_SIZE], const void *data, size_t size) {
    (void)out, (void)data, (void)size;
    assert(false);
}

ingle_status crypt_signer_new(struct crypt_signer **out, uint8_t public_key[CRYPT_PUBLIC_SIZE],
                              const uint8_t seed[CRYPT_KEY_SIZE], ingle_error *err) {
    (void)public_key, (void)seed;
    *out = NULL;
    return crypt_start(err);
}

void crypt_signer_free(struct crypt_signer *s) {
    (void)s;
}

void crypt_sign(uint8_t out[CRYPT_SIGNATURE_SIZE], const struct crypt_signer *s, const void *data,
                size_t size) {
    (void)out, (void)s, (void)data, (void)size;
    assert(false);
}

bool crypt_sign_check(const uint8_t signature[CRYPT_SIGNATURE_SIZE],
                      const uint8_t public_key[CRYPT_PUBLIC_SIZE], const void *data, size_t size) {
    (void)signature, (void)public_key, (void)data, (void)size;
    return false;
}

ingle_status crypt_stream_seal(struct crypt_stream **out, uint8_t header[CRYPT_STREAM_HEADER],
                               const uint8_t key[CRYPT_KEY_SIZE], ingle_error *err) {
    (void)header, (void)key;
    *out = NULL;
    return crypt_start(err);
}

ingle_status crypt_stream_open(struct crypt_stream **out, const uint8_t header[CRYPT_STREAM_HEADER],
                               const uint8_t key[CRYPT_KEY_SIZE], ingle_error *err) {
    (void)header, (void)key;
    *out = NULL;
    return crypt_start(err);
}

void crypt_stream_free(struct crypt_stream *s) {
    (void)s;
}

void crypt_stream_push(struct crypt_stream *s, uint8_t *out, const uint8_t *data, size_t size,
                       bool is_last) {
    (void)s, (void)out, (void)data, (void)size, (void)is_last;
    assert(false);
}

bool crypt_stream_pull(struct crypt_stream *s, uint8_t *out, const uint8_t *sealed, size_t size,
                       bool *is_last) {
    (void)s, (void)out, (void)sealed, (void)size, (void)is_last;
    return false;
}

void crypt_box_seal(uint8_t *out, const void *data, size_t size, struct crypt_bound bound,
                    const uint8_t key[CRYPT_KEY_SIZE]) {
    (void)out, (void)data, (void)size, (void)bound, (void)key;
    assert(false);
}

bool crypt_box_open(void *out, const uint8_t *box, size_t size, struct crypt_bound bound,
                    const uint8_t key[CRYPT_KEY_SIZE]) {
    (void)out, (void)box, (void)size, (void)bound, (void)key;
    return false;
}

struct crypt_cost crypt_cost_default(void) {
    return (struct crypt_cost){0};
}

bool crypt_cost_is_fair(struct crypt_cost cost) {
    (void)cost;
    return false;
}

ingle_status crypt_passphrase(uint8_t out[CRYPT_KEY_SIZE], const char *passphrase, size_t len,
                              const uint8_t salt[CRYPT_SALT_SIZE], struct crypt_cost cost,
                              ingle_error *err) {
    (void)out, (void)passphrase, (void)len, (void)salt, (void)cost;
    return crypt_start(err);
}
