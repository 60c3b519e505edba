#include "guard/vault/vault_box.h"

#include <assert.h>
#include <string.h>

#include "guard/vault/vault_bytes.h"

#define MAGIC_SIZE 8
#define SIZE_FIELD 4
#define SMALLEST ((size_t)256)
#define BOUND_SIZE (MAGIC_SIZE + 3 * 4 + VAULT_STORE_SIZE + CRYPT_TAG_SIZE)

static const uint8_t magic[MAGIC_SIZE] = {'I', 'N', 'G', 'L', 'V', 'L', 'T', '1'};

static size_t padded_size(size_t size) {
    if (size <= SMALLEST) return SMALLEST;
    size_t step = 1;
    while (step * 8 <= size) step *= 2;
    return (size + step - 1) & ~(step - 1);
}

size_t vault_box_size(size_t size) {
    return padded_size(SIZE_FIELD + size) + CRYPT_BOX_EXTRA;
}

/* All fields have fixed sizes, so that no two places give the same bytes. */
static struct crypt_bound bind_place(uint8_t out[BOUND_SIZE], const struct vault_place *place) {
    uint8_t *at = out;
    memcpy(at, magic, MAGIC_SIZE);
    vault_put_u32(at + 8, (uint32_t)place->kind);
    vault_put_u32(at + 12, place->conversation);
    vault_put_u32(at + 16, place->sequence);
    memcpy(at + 20, place->store, VAULT_STORE_SIZE);
    memset(at + 20 + VAULT_STORE_SIZE, 0, CRYPT_TAG_SIZE);
    if (place->previous) memcpy(at + 20 + VAULT_STORE_SIZE, place->previous, CRYPT_TAG_SIZE);
    return (struct crypt_bound){out, BOUND_SIZE};
}

static ingle_status room(struct buf *out, size_t size, ingle_error *err) {
    static const char zeros[4096];
    buf_reset(out);
    while (out->size < size) {
        size_t left = size - out->size;
        if (!buf_add(out, zeros, left < sizeof zeros ? left : sizeof zeros)) {
            return status_no_memory(err, "a record", size);
        }
    }
    return INGLE_OK;
}

ingle_status vault_box_seal(struct buf *out, const struct vault_place *place, const void *data,
                            size_t size, const uint8_t key[CRYPT_KEY_SIZE], ingle_error *err) {
    uint8_t bound[BOUND_SIZE];
    struct private_memory plain = {0};
    size_t n_plain = padded_size(SIZE_FIELD + size);
    assert(n_plain + CRYPT_BOX_EXTRA <= VAULT_BODY_MAX);
    INGLE_TRY(room(out, n_plain + CRYPT_BOX_EXTRA, err));
    INGLE_TRY(private_memory_reserve(&plain, n_plain, err)); /* new pages are zeros */
    vault_put_u32(plain.data, (uint32_t)size);
    if (size) memcpy(plain.data + SIZE_FIELD, data, size);
    crypt_box_seal((uint8_t *)out->data, plain.data, n_plain, bind_place(bound, place), key);
    private_memory_clear(&plain);
    return INGLE_OK;
}

ingle_status vault_box_open(struct private_memory *plain, struct vault_blob *out,
                            bool *is_authentic, const struct vault_place *place,
                            struct vault_blob box, const uint8_t key[CRYPT_KEY_SIZE],
                            ingle_error *err) {
    uint8_t bound[BOUND_SIZE];
    *is_authentic = false;
    *out = (struct vault_blob){0};
    if (box.size < SMALLEST + CRYPT_BOX_EXTRA || box.size > VAULT_BODY_MAX) return INGLE_OK;
    size_t n_plain = box.size - CRYPT_BOX_EXTRA;
    INGLE_TRY(private_memory_reserve(plain, n_plain, err));
    if (!crypt_box_open(plain->data, box.data, box.size, bind_place(bound, place), key)) {
        return INGLE_OK;
    }
    size_t size = vault_get_u32(plain->data);
    if (size > n_plain - SIZE_FIELD) return INGLE_OK;
    *out = (struct vault_blob){plain->data + SIZE_FIELD, size};
    *is_authentic = true;
    return INGLE_OK;
}

void vault_box_tag(uint8_t out[CRYPT_TAG_SIZE], struct vault_blob box) {
    memset(out, 0, CRYPT_TAG_SIZE);
    if (box.size >= CRYPT_BOX_EXTRA) {
        memcpy(out, box.data + box.size - CRYPT_TAG_SIZE, CRYPT_TAG_SIZE);
    }
}

void vault_wrap(uint8_t out[VAULT_WRAPPED_SIZE], const struct vault_place *place,
                const uint8_t secret[CRYPT_KEY_SIZE], const uint8_t key[CRYPT_KEY_SIZE]) {
    uint8_t bound[BOUND_SIZE];
    crypt_box_seal(out, secret, CRYPT_KEY_SIZE, bind_place(bound, place), key);
}

bool vault_unwrap(uint8_t secret[CRYPT_KEY_SIZE], const struct vault_place *place,
                  struct vault_blob wrapped, const uint8_t key[CRYPT_KEY_SIZE]) {
    uint8_t bound[BOUND_SIZE];
    return wrapped.size == VAULT_WRAPPED_SIZE &&
           crypt_box_open(secret, wrapped.data, wrapped.size, bind_place(bound, place), key);
}
