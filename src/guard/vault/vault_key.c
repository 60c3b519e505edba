#include "guard/vault/vault_key.h"

#include <assert.h>

#include "base/alloc.h"
#include "guard/vault/vault_key_internal.h"

ingle_status vault_key_new(struct vault_key **out, ingle_error *err) {
    *out = NULL;
    INGLE_TRY(crypt_start(err));
    struct vault_key *key = mem_calloc(1, sizeof *key);
    if (!key) return status_no_memory(err, "a key", sizeof *key);
    void *bytes;
    ingle_status status = crypt_secret_new(&bytes, CRYPT_KEY_SIZE, err);
    if (status != INGLE_OK) {
        mem_free(key);
        return status;
    }
    key->bytes = bytes;
    *out = key;
    return INGLE_OK;
}

ingle_status vault_key_derive(struct vault_key **out, const struct vault_key *key,
                              const char *purpose, ingle_error *err) {
    INGLE_TRY(vault_key_new(out, err));
    assert(*out);
    crypt_derive((*out)->bytes, key->bytes, purpose);
    crypt_secret_keep((*out)->bytes);
    return INGLE_OK;
}

void vault_key_hash(uint8_t out[CRYPT_HASH_SIZE], const struct vault_key *key, const void *first,
                    size_t first_size, const void *second, size_t second_size) {
    crypt_hash(out, key->bytes, first, first_size, second, second_size);
}

ingle_status vault_key_signer(struct crypt_signer **out, uint8_t public_key[CRYPT_PUBLIC_SIZE],
                              const struct vault_key *key, ingle_error *err) {
    return crypt_signer_new(out, public_key, key->bytes, err);
}

void vault_key_close(struct vault_key *key) {
    if (!key) return;
    crypt_secret_free(key->bytes);
    mem_free(key);
}
