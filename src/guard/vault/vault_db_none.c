/* The vault of a build without libsodium and SQLite: there is none, and who asks for it is told.
 * Nothing below vault_db_open() is ever called. */
#include <assert.h>

#include "guard/vault/crypt.h"
#include "guard/vault/vault_db.h"

ingle_status vault_db_open(struct vault_db **out, const char *folder, bool may_make,
                           ingle_error *err) {
    (void)folder, (void)may_make;
    *out = NULL;
    return crypt_start(err);
}

void vault_db_close(struct vault_db *db) {
    (void)db;
}

ingle_status vault_db_begin(struct vault_db *db, bool is_writing, ingle_error *err) {
    (void)db, (void)is_writing;
    return crypt_start(err);
}

ingle_status vault_db_end(struct vault_db *db, ingle_status status, ingle_error *err) {
    (void)db, (void)err;
    return status;
}

bool vault_db_is_new(const struct vault_db *db) {
    (void)db;
    return false;
}

ingle_status vault_db_make(struct vault_db *db, ingle_error *err) {
    (void)db;
    return crypt_start(err);
}

ingle_status vault_db_get(struct vault_db *db, enum vault_table table, int64_t id,
                          struct vault_blob *out, ingle_error *err) {
    (void)db, (void)table, (void)id, (void)out;
    return crypt_start(err);
}

ingle_status vault_db_next(struct vault_db *db, enum vault_table table, int64_t first, int64_t last,
                           int64_t *id, struct vault_blob *out, ingle_error *err) {
    (void)db, (void)table, (void)first, (void)last, (void)id, (void)out;
    return crypt_start(err);
}

ingle_status vault_db_put(struct vault_db *db, enum vault_table table, int64_t id, const void *data,
                          size_t size, ingle_error *err) {
    (void)db, (void)table, (void)id, (void)data, (void)size;
    return crypt_start(err);
}

ingle_status vault_db_delete(struct vault_db *db, enum vault_table table, int64_t first,
                             int64_t last, ingle_error *err) {
    (void)db, (void)table, (void)first, (void)last;
    return crypt_start(err);
}

ingle_status vault_db_scrub(struct vault_db *db, ingle_error *err) {
    (void)db;
    return crypt_start(err);
}

uint64_t vault_db_size(const struct vault_db *db) {
    (void)db;
    assert(false);
    return 0;
}

ingle_status vault_db_erase(const char *folder, ingle_error *err) {
    (void)folder;
    return crypt_start(err);
}
