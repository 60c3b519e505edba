/* The file of the vault: an SQLite database of a few tables that all have the same two columns, a
 * number and bytes. vault_db.c is the only file that knows SQLite, and SQLite sees nothing that is
 * not sealed: what the bytes are is the business of the others. vault_db_none.c stands in for it in
 * a build without, where vault_db_open() says so and nothing else is reached.
 *
 * The file is as hostile as any: it opens only if its schema is exactly ours. Several processes may
 * have it open; who wants to write waits for the others, some seconds at most. */
#ifndef INGLE_GUARD_VAULT_VAULT_DB_H
#define INGLE_GUARD_VAULT_VAULT_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct vault_db;

/* Tables; the order is no part of the format, the names (vault_db.c) are. */
enum vault_table {
    VAULT_META,         /* 1: what identifies the store, and whether it is on */
    VAULT_SLOT,         /* the vault's key, wrapped */
    VAULT_KEY,          /* a key a conversation, wrapped; rows are overwritten, never deleted */
    VAULT_HEAD,         /* 1: which conversations there are, in which state */
    VAULT_CONVERSATION, /* title, times, length */
    VAULT_RECORD,       /* conversation << 32 | sequence */
    VAULT_TABLES
};

struct vault_blob {
    const uint8_t *data;
    size_t size;
};

/* No body is longer. */
#define VAULT_BODY_MAX ((size_t)24 << 20)

/* folder: private_folder.h. NOT_FOUND if there is no vault in it, unless it may be made: then it
 * has its tables after the commit of the first transaction. INVALID if the file is none,
 * UNSUPPORTED if it is a later version's. */
BASE_NODISCARD ingle_status vault_db_open(struct vault_db **out, const char *folder, bool may_make,
                                          ingle_error *err);
void vault_db_close(struct vault_db *db);

/* One at a time; all reads and writes lie between a begin and an end. Two writers cannot have begun
 * at once, and a reader sees the file as it was when it began. */
BASE_NODISCARD ingle_status vault_db_begin(struct vault_db *db, bool is_writing, ingle_error *err);

/* Commits, synced to the disk, if status is OK; else undoes all and returns status, err being left
 * alone. */
BASE_NODISCARD ingle_status vault_db_end(struct vault_db *db, ingle_status status,
                                         ingle_error *err);

bool vault_db_is_new(const struct vault_db *db); /* has no tables yet; within a transaction */
BASE_NODISCARD ingle_status vault_db_make(struct vault_db *db, ingle_error *err);

/* *out is borrowed until the next call for that table, or the end; data is NULL if there is none.
 */
BASE_NODISCARD ingle_status vault_db_get(struct vault_db *db, enum vault_table table, int64_t id,
                                         struct vault_blob *out, ingle_error *err);

/* The same: the first of first..last; *id is its number. */
BASE_NODISCARD ingle_status vault_db_next(struct vault_db *db, enum vault_table table,
                                          int64_t first, int64_t last, int64_t *id,
                                          struct vault_blob *out, ingle_error *err);

/* Makes or replaces. A body of the same size as the old one is written over it, in its place. */
BASE_NODISCARD ingle_status vault_db_put(struct vault_db *db, enum vault_table table, int64_t id,
                                         const void *data, size_t size, ingle_error *err);

/* Those of first..last. */
BASE_NODISCARD ingle_status vault_db_delete(struct vault_db *db, enum vault_table table,
                                            int64_t first, int64_t last, ingle_error *err);

/* Nothing that was overwritten or deleted before is left in the files: overwrites the journal, and
 * packs the database if it is not too large for that. Not within a transaction. */
BASE_NODISCARD ingle_status vault_db_scrub(struct vault_db *db, ingle_error *err);

/* The size of the file, in bytes. */
uint64_t vault_db_size(const struct vault_db *db);

/* Removes the vault and its journal, overwritten, for ever. NOT_FOUND if there is none. */
BASE_NODISCARD ingle_status vault_db_erase(const char *folder, ingle_error *err);

#endif
