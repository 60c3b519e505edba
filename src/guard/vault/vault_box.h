/* One sealed body of the vault's tables: padded, encrypted, and bound to its place, so that a body
 * that is authentic elsewhere is not authentic here.
 *
 *     nonce [24] | encrypted: size u32, data, zeros | tag [16]
 *
 * The length of what is encrypted is one of 1, 1.25, 1.5 and 1.75 times a power of two, at least
 * 256 bytes. Bound to it: magic, kind, conversation, sequence, store, the tag of the record before.
 * All numbers are little-endian. */
#ifndef INGLE_GUARD_VAULT_VAULT_BOX_H
#define INGLE_GUARD_VAULT_VAULT_BOX_H

#include "base/buf.h"
#include "guard/vault/crypt.h"
#include "guard/vault/private_memory.h"
#include "guard/vault/vault_db.h"

#define VAULT_STORE_SIZE 16

/* Numbers in files: none ever changes. */
enum vault_box_kind {
    VAULT_BOX_SLOT = 1,  /* the vault's key, by a key that a person or the machine has */
    VAULT_BOX_KEY = 2,   /* a conversation's key, by the vault's */
    VAULT_BOX_HEAD = 3,  /* by the vault's */
    VAULT_BOX_TITLE = 4, /* title and state of a conversation, by the conversation's */
    VAULT_BOX_RECORD = 5 /* by the conversation's */
};

/* Where a body belongs. */
struct vault_place {
    const uint8_t *store; /* [VAULT_STORE_SIZE] */
    enum vault_box_kind kind;
    uint32_t conversation;
    uint32_t sequence;
    const uint8_t *previous; /* [CRYPT_TAG_SIZE]; NULL = zeros */
};

/* Bytes that a body of so much data has. */
size_t vault_box_size(size_t size);

/* Seals data into *out, which is emptied first. */
BASE_NODISCARD ingle_status vault_box_seal(struct buf *out, const struct vault_place *place,
                                           const void *data, size_t size,
                                           const uint8_t key[CRYPT_KEY_SIZE], ingle_error *err);

/* Opens into *plain (room is made); *out points into it. False in *is_authentic if it is not what
 * was sealed for this place; the status is that of the machine. */
BASE_NODISCARD ingle_status vault_box_open(struct private_memory *plain, struct vault_blob *out,
                                           bool *is_authentic, const struct vault_place *place,
                                           struct vault_blob box, const uint8_t key[CRYPT_KEY_SIZE],
                                           ingle_error *err);

/* The last bytes of a body, by which the next one is bound to it; zeros if it is too short. */
void vault_box_tag(uint8_t out[CRYPT_TAG_SIZE], struct vault_blob box);

/* Bytes that are not padded: a key in a key. out: CRYPT_KEY_SIZE + CRYPT_BOX_EXTRA. */
#define VAULT_WRAPPED_SIZE (CRYPT_KEY_SIZE + CRYPT_BOX_EXTRA)
void vault_wrap(uint8_t out[VAULT_WRAPPED_SIZE], const struct vault_place *place,
                const uint8_t secret[CRYPT_KEY_SIZE], const uint8_t key[CRYPT_KEY_SIZE]);
BASE_NODISCARD bool vault_unwrap(uint8_t secret[CRYPT_KEY_SIZE], const struct vault_place *place,
                                 struct vault_blob wrapped, const uint8_t key[CRYPT_KEY_SIZE]);

#endif
