/* libsodium is not instrumented: what it writes is BASE_WRITTEN() here, once for all callers. */
#include "guard/vault/crypt.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <sodium.h>

#include "base/alloc.h"

#define STREAM_TAG_LAST crypto_secretstream_xchacha20poly1305_TAG_FINAL
#define STREAM_TAG_MORE crypto_secretstream_xchacha20poly1305_TAG_MESSAGE

static_assert(CRYPT_KEY_SIZE == crypto_kdf_KEYBYTES, "the key of the derivation");
static_assert(CRYPT_KEY_SIZE == crypto_generichash_KEYBYTES, "the key of the hash");
static_assert(CRYPT_KEY_SIZE == crypto_secretstream_xchacha20poly1305_KEYBYTES,
              "the key of a stream");
static_assert(CRYPT_HASH_SIZE == crypto_generichash_BYTES, "the hash");
static_assert(CRYPT_PURPOSE_MAX == crypto_kdf_CONTEXTBYTES, "the purpose");
static_assert(CRYPT_STREAM_HEADER == crypto_secretstream_xchacha20poly1305_HEADERBYTES,
              "the header of a stream");
static_assert(CRYPT_STREAM_EXTRA == crypto_secretstream_xchacha20poly1305_ABYTES,
              "what a chunk grows by");

static_assert(CRYPT_HASH_SIZE == crypto_hash_sha256_BYTES, "SHA-256");
static_assert(CRYPT_KEY_SIZE == crypto_sign_SEEDBYTES, "the seed of a signer");
static_assert(CRYPT_PUBLIC_SIZE == crypto_sign_PUBLICKEYBYTES, "the public key");
static_assert(CRYPT_SIGNATURE_SIZE == crypto_sign_BYTES, "the signature");

struct crypt_signer {
    unsigned char key[crypto_sign_SECRETKEYBYTES];
};

#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES

static_assert(CRYPT_KEY_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "the key of a box");
static_assert(CRYPT_TAG_SIZE == crypto_aead_xchacha20poly1305_ietf_ABYTES, "the tag of a box");
static_assert(CRYPT_BOX_EXTRA == NONCE_SIZE + CRYPT_TAG_SIZE, "what a box adds");
static_assert(CRYPT_SALT_SIZE == crypto_pwhash_argon2id_SALTBYTES, "the salt of a passphrase");

struct crypt_stream {
    crypto_secretstream_xchacha20poly1305_state state;
};

ingle_status crypt_start(ingle_error *err) {
    if (sodium_init() >= 0) return INGLE_OK;
    return status_set(err, INGLE_FAILED, 0, "The cryptography of libsodium cannot be started.");
}

void crypt_random(void *out, size_t size) {
    randombytes_buf(out, size);
    BASE_WRITTEN(out, size);
}

void crypt_wipe(void *data, size_t size) {
    sodium_memzero(data, size);
}

bool crypt_is_zero(const void *data, size_t size) {
    return sodium_is_zero(data, size);
}

/* ---- secrets ---- */

ingle_status crypt_secret_new(void **out, size_t size, ingle_error *err) {
    *out = NULL;
    /* Through the allocator's gate first, so that tests can make this fail as well. */
    void *gate = mem_alloc(1);
    void *secret = gate ? sodium_malloc(size) : NULL;
    mem_free(gate);
    if (!secret) return status_no_memory(err, "a key", size);
    /* sodium_malloc() has tried this, but does not say whether it could. */
    if (sodium_mlock(secret, size) != 0) {
        ingle_status status = status_set(
            err, INGLE_LIMIT, 0, "Cannot keep a key out of the swap space: %s (see ulimit -l).",
            strerror(errno));
        sodium_free(secret);
        return status;
    }
    BASE_WRITTEN(secret, size);
    *out = secret;
    return INGLE_OK;
}

void crypt_secret_keep(void *secret) {
    (void)sodium_mprotect_readonly(secret);
}

void crypt_secret_free(void *secret) {
    sodium_free(secret);
}

/* ---- keys and hashes ---- */

void crypt_derive(uint8_t out[CRYPT_KEY_SIZE], const uint8_t from[CRYPT_KEY_SIZE],
                  const char *purpose) {
    char context[CRYPT_PURPOSE_MAX] = {0};
    size_t len = strnlen(purpose, sizeof context);
    assert(len > 0 && !purpose[len]);
    memcpy(context, purpose, len);
    (void)crypto_kdf_derive_from_key(out, CRYPT_KEY_SIZE, 1, context, from);
    BASE_WRITTEN(out, CRYPT_KEY_SIZE);
}

void crypt_hash(uint8_t out[CRYPT_HASH_SIZE], const uint8_t key[CRYPT_KEY_SIZE], const void *first,
                size_t first_size, const void *second, size_t second_size) {
    crypto_generichash_state state;
    uint8_t size[8];
    for (size_t i = 0; i < sizeof size; i++) size[i] = (uint8_t)((uint64_t)first_size >> 8 * i);
    (void)crypto_generichash_init(&state, key, CRYPT_KEY_SIZE, CRYPT_HASH_SIZE);
    (void)crypto_generichash_update(&state, size, sizeof size);
    (void)crypto_generichash_update(&state, first, first_size);
    (void)crypto_generichash_update(&state, second, second_size);
    (void)crypto_generichash_final(&state, out, CRYPT_HASH_SIZE);
    BASE_WRITTEN(out, CRYPT_HASH_SIZE);
    sodium_memzero(&state, sizeof state);
}

void crypt_sha256(uint8_t out[CRYPT_HASH_SIZE], const void *data, size_t size) {
    (void)crypto_hash_sha256(out, data, size);
    BASE_WRITTEN(out, CRYPT_HASH_SIZE);
}

/* ---- signatures ---- */

ingle_status crypt_signer_new(struct crypt_signer **out, uint8_t public_key[CRYPT_PUBLIC_SIZE],
                              const uint8_t seed[CRYPT_KEY_SIZE], ingle_error *err) {
    void *secret;
    *out = NULL;
    INGLE_TRY(crypt_secret_new(&secret, sizeof **out, err));
    assert(secret);
    *out = secret;
    (void)crypto_sign_seed_keypair(public_key, (*out)->key, seed);
    BASE_WRITTEN(public_key, CRYPT_PUBLIC_SIZE);
    crypt_secret_keep(secret);
    return INGLE_OK;
}

void crypt_signer_free(struct crypt_signer *s) {
    crypt_secret_free(s);
}

void crypt_sign(uint8_t out[CRYPT_SIGNATURE_SIZE], const struct crypt_signer *s, const void *data,
                size_t size) {
    (void)crypto_sign_detached(out, NULL, data, size, s->key);
    BASE_WRITTEN(out, CRYPT_SIGNATURE_SIZE);
}

bool crypt_sign_check(const uint8_t signature[CRYPT_SIGNATURE_SIZE],
                      const uint8_t public_key[CRYPT_PUBLIC_SIZE], const void *data, size_t size) {
    return crypto_sign_verify_detached(signature, data, size, public_key) == 0;
}

/* ---- streams ---- */

static ingle_status stream_new(struct crypt_stream **out, ingle_error *err) {
    void *secret;
    *out = NULL;
    INGLE_TRY(crypt_secret_new(&secret, sizeof **out, err));
    assert(secret);
    *out = secret;
    return INGLE_OK;
}

ingle_status crypt_stream_seal(struct crypt_stream **out, uint8_t header[CRYPT_STREAM_HEADER],
                               const uint8_t key[CRYPT_KEY_SIZE], ingle_error *err) {
    INGLE_TRY(stream_new(out, err));
    (void)crypto_secretstream_xchacha20poly1305_init_push(&(*out)->state, header, key);
    BASE_WRITTEN(header, CRYPT_STREAM_HEADER);
    return INGLE_OK;
}

ingle_status crypt_stream_open(struct crypt_stream **out, const uint8_t header[CRYPT_STREAM_HEADER],
                               const uint8_t key[CRYPT_KEY_SIZE], ingle_error *err) {
    INGLE_TRY(stream_new(out, err));
    (void)crypto_secretstream_xchacha20poly1305_init_pull(&(*out)->state, header, key);
    return INGLE_OK;
}

void crypt_stream_free(struct crypt_stream *s) {
    crypt_secret_free(s);
}

void crypt_stream_push(struct crypt_stream *s, uint8_t *out, const uint8_t *data, size_t size,
                       bool is_last) {
    (void)crypto_secretstream_xchacha20poly1305_push(&s->state, out, NULL, data, size, NULL, 0,
                                                     is_last ? STREAM_TAG_LAST : STREAM_TAG_MORE);
    BASE_WRITTEN(out, size + CRYPT_STREAM_EXTRA);
}

bool crypt_stream_pull(struct crypt_stream *s, uint8_t *out, const uint8_t *sealed, size_t size,
                       bool *is_last) {
    unsigned char tag;
    if (size < CRYPT_STREAM_EXTRA || crypto_secretstream_xchacha20poly1305_pull(
                                         &s->state, out, NULL, &tag, sealed, size, NULL, 0) != 0) {
        return false;
    }
    BASE_WRITTEN(&tag, sizeof tag);
    BASE_WRITTEN(out, size - CRYPT_STREAM_EXTRA);
    *is_last = tag == STREAM_TAG_LAST;
    return *is_last || tag == STREAM_TAG_MORE;
}

/* ---- single records ---- */

void crypt_box_seal(uint8_t *out, const void *data, size_t size, struct crypt_bound bound,
                    const uint8_t key[CRYPT_KEY_SIZE]) {
    randombytes_buf(out, NONCE_SIZE);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE_SIZE, NULL, data, size, bound.data,
                                                     bound.size, NULL, out, key);
    BASE_WRITTEN(out, size + CRYPT_BOX_EXTRA);
}

bool crypt_box_open(void *out, const uint8_t *box, size_t size, struct crypt_bound bound,
                    const uint8_t key[CRYPT_KEY_SIZE]) {
    if (size < CRYPT_BOX_EXTRA) return false;
    size_t n_plain = size - CRYPT_BOX_EXTRA;
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(out, NULL, NULL, box + NONCE_SIZE,
                                                   size - NONCE_SIZE, bound.data, bound.size, box,
                                                   key) != 0) {
        if (n_plain) memset(out, 0, n_plain);
        return false;
    }
    BASE_WRITTEN(out, n_plain);
    return true;
}

/* ---- passphrases ---- */

struct crypt_cost crypt_cost_default(void) {
    return (struct crypt_cost){.passes = crypto_pwhash_argon2id_OPSLIMIT_MODERATE,
                               .memory = crypto_pwhash_argon2id_MEMLIMIT_MODERATE};
}

bool crypt_cost_is_fair(struct crypt_cost cost) {
    return cost.passes >= 1 && cost.passes <= CRYPT_PASSES_MAX &&
           cost.memory >= crypto_pwhash_argon2id_MEMLIMIT_MIN && cost.memory <= CRYPT_MEMORY_MAX;
}

ingle_status crypt_passphrase(uint8_t out[CRYPT_KEY_SIZE], const char *passphrase, size_t len,
                              const uint8_t salt[CRYPT_SALT_SIZE], struct crypt_cost cost,
                              ingle_error *err) {
    if (!crypt_cost_is_fair(cost)) {
        return status_set(err, INGLE_INVALID, 0,
                          "A passphrase that costs %" PRIu64 " MiB and %" PRIu32
                          " passes is not tried: the limits are %" PRIu64 " and %d.",
                          cost.memory >> 20, cost.passes, CRYPT_MEMORY_MAX >> 20, CRYPT_PASSES_MAX);
    }
    /* By its name: what the library calls its default is another algorithm. */
    if (crypto_pwhash(out, CRYPT_KEY_SIZE, passphrase, len, salt, cost.passes, (size_t)cost.memory,
                      crypto_pwhash_ALG_ARGON2ID13) != 0) {
        return status_no_memory(err, "trying a passphrase", cost.memory);
    }
    BASE_WRITTEN(out, CRYPT_KEY_SIZE);
    return INGLE_OK;
}
