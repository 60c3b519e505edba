/* The format of sealed files (drawn in sealed_file.h), for its writer and its reader, and what the
 * store of snapshots needs of a writer. */
#ifndef INGLE_GUARD_VAULT_SEALED_INTERNAL_H
#define INGLE_GUARD_VAULT_SEALED_INTERNAL_H

#include "guard/vault/crypt.h"
#include "guard/vault/sealed_file.h"
#include "guard/vault/vault_key_internal.h"

#define SEALED_MAGIC "INGLSEAL"
#define SEALED_VERSION 1

#define SEALED_SALT 24
#define SEALED_HASHED 40 /* of the header: magic, version, kind, salt */
#define SEALED_HEADER (SEALED_HASHED + CRYPT_STREAM_HEADER)

#define SEALED_COUNT 4                            /* bytes before the data of a chunk */
#define SEALED_CHUNK ((size_t)64 << 10)           /* plain */
#define SEALED_ROOM (SEALED_CHUNK - SEALED_COUNT) /* data in a full chunk */

/* What a name becomes while its file is unfinished: "<path>.new-" and 16 digits. */
#define SEALED_UNFINISHED ".new-"
#define SEALED_UNFINISHED_DIGITS 16

static inline void sealed_put_u32(uint8_t *out, uint32_t value) {
    for (int i = 0; i < 4; i++) out[i] = (uint8_t)(value >> 8 * i);
}

static inline uint32_t sealed_get_u32(const uint8_t *in) {
    return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

/* The header as far as it is not random. */
static inline void sealed_put_head(uint8_t *out, enum sealed_kind kind) {
    for (int i = 0; i < 8; i++) out[i] = (uint8_t)SEALED_MAGIC[i];
    sealed_put_u32(out + 8, SEALED_VERSION);
    sealed_put_u32(out + 12, (uint32_t)kind);
}

/* The key of one file, from the hashed part of its header. */
static inline void sealed_file_key(uint8_t out[CRYPT_KEY_SIZE], const uint8_t header[SEALED_HASHED],
                                   const struct sealed_as *as) {
    crypt_hash(out, as->key->bytes, header, SEALED_HASHED, as->context, as->context_size);
}

/* Writes and syncs all of the file; commit then only gives it its name. On failure the writer is
 * still there, for sealed_writer_abort(). */
BASE_NODISCARD ingle_status sealed_writer_end(struct sealed_writer *w, ingle_error *err);
uint64_t sealed_writer_size(const struct sealed_writer *w); /* of the file so far */
const char *sealed_writer_target(const struct sealed_writer *w);

/* Removes an unfinished file (name, in the folder) unless a writer has it open. */
void sealed_sweep(int folder, const char *name);

#endif
