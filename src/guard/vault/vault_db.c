/* A journal that stays (journal_mode=PERSIST) is one that can be overwritten: it has the pages as
 * they were before a change, the wrapped keys of what was forgotten among them. Why not WAL, and
 * what the other settings are for: docs/decisions/vault.md. */
#include "guard/vault/vault_db.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/alloc.h"
#include "guard/vault/private_folder.h"
#include "guard/vault/vault_db_internal.h"

#define APPLICATION 0x494e474c /* "INGL" */
#define VERSION 1
#define WAIT_MS 10000
#define PACK_MAX ((uint64_t)256 << 20) /* packing needs that much memory */

enum operation { NEXT, PUT, DELETE, OPERATIONS };

struct vault_db {
    sqlite3 *sqlite;
    sqlite3_stmt *statements[VAULT_TABLES][OPERATIONS];
    bool is_new;
    char path[PATH_MAX];
};

static const char *const names[VAULT_TABLES] = {"meta", "slot",         "wrapped",
                                                "head", "conversation", "record"};

/* ---- errors ---- */

static ingle_status fail(struct vault_db *db, int code, const char *action, ingle_error *err) {
    int errnum = sqlite3_system_errno(db->sqlite);
    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return status_no_memory(err, "the vault", 0);
    case SQLITE_FULL:
        return status_set(err, INGLE_LIMIT, 0, "Cannot %s the vault '%s': the disk is full.",
                          action, db->path);
    case SQLITE_BUSY:
        return status_set(err, INGLE_FAILED, 0,
                          "Cannot %s the vault '%s': another process has been writing to it for "
                          "%d seconds.",
                          action, db->path, WAIT_MS / 1000);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: /* the statements are ours: it can only be the file */
        return status_set(err, INGLE_INVALID, 0, "The vault '%s' is damaged: %s.", db->path,
                          sqlite3_errstr(code));
    case SQLITE_TOOBIG:
        return status_set(err, INGLE_INVALID, 0, "The vault '%s' has an entry that is too long.",
                          db->path);
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        if (errnum) return status_errno(err, errnum, action, db->path);
        break;
    default:
        break;
    }
    return status_set(err, INGLE_FAILED, 0, "Cannot %s the vault '%s': %s.", action, db->path,
                      sqlite3_errstr(code));
}

static ingle_status run(struct vault_db *db, const char *sql, const char *action,
                        ingle_error *err) {
    int code = sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? INGLE_OK : fail(db, code, action, err);
}

/* ---- opening ---- */

static int configure(sqlite3 *s) {
    static const struct {
        int what, on;
    } switches[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},       {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},  {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
        {SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0}, {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
        {SQLITE_DBCONFIG_DQS_DML, 0},         {SQLITE_DBCONFIG_DQS_DDL, 0},
    };
    static const struct {
        int what, most;
    } limits[] = {
        {SQLITE_LIMIT_LENGTH, (int)VAULT_BODY_MAX + 64},
        {SQLITE_LIMIT_SQL_LENGTH, 4096},
        {SQLITE_LIMIT_COLUMN, 8},
        {SQLITE_LIMIT_ATTACHED, 1}, /* for VACUUM */
        {SQLITE_LIMIT_COMPOUND_SELECT, 2},
        {SQLITE_LIMIT_WORKER_THREADS, 0},
    };
    int code = sqlite3_busy_timeout(s, WAIT_MS);
    for (size_t i = 0; i < BASE_COUNT(switches) && code == SQLITE_OK; i++) {
        code = sqlite3_db_config(s, switches[i].what, switches[i].on, NULL);
    }
    for (size_t i = 0; i < BASE_COUNT(limits); i++) {
        (void)sqlite3_limit(s, limits[i].what, limits[i].most);
    }
    return code;
}

/* In this order: a page has its size before anything is written. */
static const char settings[] = "PRAGMA page_size=4096;"
                               "PRAGMA temp_store=MEMORY;"
                               "PRAGMA mmap_size=0;"
                               "PRAGMA cell_size_check=ON;"
                               "PRAGMA secure_delete=ON;"
                               "PRAGMA cache_size=-8192;"
                               "PRAGMA synchronous=FULL;"
                               "PRAGMA journal_mode=PERSIST;";

/* SQLite would make the file for all to read, as far as the umask lets it, and would follow links.
 */
static ingle_status check_file(struct vault_db *db, bool may_make, ingle_error *err) {
    struct stat st;
    int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    int fd = open(db->path, flags | (may_make ? O_CREAT : 0), 0600);
    if (fd < 0) return status_errno(err, errno, "open", db->path);
    ingle_status status = INGLE_OK;
    if (fstat(fd, &st) != 0) {
        status = status_errno(err, errno, "look at", db->path);
    } else if (!S_ISREG(st.st_mode)) {
        status = status_set(err, INGLE_INVALID, 0, "'%s' is not a regular file.", db->path);
    } else if (st.st_uid != geteuid() || st.st_mode & 077) {
        status = status_set(err, INGLE_REFUSED, 0,
                            "The vault '%s' is open to other users or belongs to one.", db->path);
    } else if (st.st_size == 0 && !may_make) {
        status = status_errno(err, ENOENT, "open", db->path);
    }
    close(fd); /* nothing of SQLite has it open in this process yet: no lock of its is lost */
    return status;
}

static ingle_status open_sqlite(struct vault_db *db, ingle_error *err) {
    int code = sqlite3_open_v2(db->path, &db->sqlite,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX |
                                   SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE,
                               NULL);
    if (!db->sqlite) return status_no_memory(err, "the vault", 0);
    if (code == SQLITE_OK) code = configure(db->sqlite);
    if (code != SQLITE_OK) return fail(db, code, "open", err);
    return run(db, settings, "open", err);
}

static ingle_status begin(struct vault_db *db, const char *folder, bool may_make,
                          ingle_error *err) {
    char real[PATH_MAX];
    int fd;
    INGLE_TRY(may_make ? private_folder_make(&fd, folder, err)
                       : private_folder_open(&fd, folder, err));
    close(fd);
    if (!realpath(folder, real)) return status_errno(err, errno, "find the folder", folder);
    int n = snprintf(db->path, sizeof db->path, "%s/" VAULT_DB_NAME, real);
    if (n < 0 || (size_t)n + sizeof VAULT_DB_JOURNAL > sizeof db->path) {
        return status_errno(err, ENAMETOOLONG, "open the folder", folder);
    }
    INGLE_TRY(check_file(db, may_make, err));
    INGLE_TRY(open_sqlite(db, err));
    INGLE_TRY(vault_db_begin(db, false, err));
    ingle_status status = INGLE_OK;
    if (db->is_new && !may_make) status = status_errno(err, ENOENT, "open", db->path);
    return vault_db_end(db, status, err);
}

ingle_status vault_db_open(struct vault_db **out, const char *folder, bool may_make,
                           ingle_error *err) {
    *out = NULL;
    struct vault_db *db = mem_calloc(1, sizeof *db);
    if (!db) return status_no_memory(err, "the vault", sizeof *db);
    ingle_status status = begin(db, folder, may_make, err);
    if (status == INGLE_OK) {
        *out = db;
    } else {
        vault_db_close(db);
    }
    return status;
}

void vault_db_close(struct vault_db *db) {
    if (!db) return;
    for (size_t i = 0; i < VAULT_TABLES; i++) {
        for (size_t k = 0; k < OPERATIONS; k++) (void)sqlite3_finalize(db->statements[i][k]);
    }
    (void)sqlite3_close(db->sqlite);
    mem_free(db);
}

uint64_t vault_db_size(const struct vault_db *db) {
    struct stat st;
    return stat(db->path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

/* ---- the schema ---- */

static void schema_of(char out[96], size_t table) {
    snprintf(out, 96, "CREATE TABLE %s (id INTEGER PRIMARY KEY, body BLOB NOT NULL)", names[table]);
}

static ingle_status not_ours(struct vault_db *db, ingle_error *err) {
    return status_set(err, INGLE_INVALID, 0, "The file '%s' is no vault, or damaged.", db->path);
}

/* The one number that a pragma gives. */
static ingle_status ask(struct vault_db *db, const char *sql, int64_t *out, ingle_error *err) {
    sqlite3_stmt *s = NULL;
    int code = sqlite3_prepare_v2(db->sqlite, sql, -1, &s, NULL);
    if (code == SQLITE_OK) code = sqlite3_step(s);
    *out = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : -1;
    (void)sqlite3_finalize(s);
    return code == SQLITE_ROW ? INGLE_OK : fail(db, code, "read", err);
}

static bool column_is(sqlite3_stmt *s, int column, const char *text) {
    size_t len = strlen(text);
    return sqlite3_column_type(s, column) == SQLITE_TEXT &&
           (size_t)sqlite3_column_bytes(s, column) == len &&
           memcmp(sqlite3_column_text(s, column), text, len) == 0;
}

/* Exactly our tables, in the order in which they were made. */
static ingle_status check_schema(struct vault_db *db, ingle_error *err) {
    sqlite3_stmt *s = NULL;
    char sql[96];
    bool is_ours = true;
    int code = sqlite3_prepare_v2(
        db->sqlite, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid", -1, &s,
        NULL);
    if (code == SQLITE_OK) code = sqlite3_step(s);
    for (size_t i = 0; i < VAULT_TABLES && is_ours && code == SQLITE_ROW; i++) {
        schema_of(sql, i);
        is_ours = column_is(s, 0, "table") && column_is(s, 1, names[i]) &&
                  column_is(s, 2, names[i]) && column_is(s, 3, sql);
        code = sqlite3_step(s);
        if (i + 1 < VAULT_TABLES && code == SQLITE_DONE) is_ours = false;
    }
    if (code == SQLITE_ROW) is_ours = false;
    (void)sqlite3_finalize(s);
    if (!is_ours) return not_ours(db, err);
    return code == SQLITE_DONE ? INGLE_OK : fail(db, code, "read", err);
}

static ingle_status check(struct vault_db *db, ingle_error *err) {
    int64_t application, version, n_entries;
    INGLE_TRY(ask(db, "PRAGMA application_id", &application, err));
    INGLE_TRY(ask(db, "PRAGMA user_version", &version, err));
    INGLE_TRY(ask(db, "SELECT count(*) FROM sqlite_schema", &n_entries, err));
    db->is_new = application == 0 && version == 0 && n_entries == 0;
    if (db->is_new) return INGLE_OK;
    if (application != APPLICATION || version < 1) return not_ours(db, err);
    if (version > VERSION) {
        return status_set(err, INGLE_UNSUPPORTED, 0,
                          "The vault '%s' is of version %" PRId64 "; this ingle knows %d.",
                          db->path, version, VERSION);
    }
    return check_schema(db, err);
}

bool vault_db_is_new(const struct vault_db *db) {
    return db->is_new;
}

ingle_status vault_db_make(struct vault_db *db, ingle_error *err) {
    char sql[96];
    assert(db->is_new);
    snprintf(sql, sizeof sql, "PRAGMA application_id=%d; PRAGMA user_version=%d;", APPLICATION,
             VERSION);
    INGLE_TRY(run(db, sql, "make", err));
    for (size_t i = 0; i < VAULT_TABLES; i++) {
        schema_of(sql, i);
        INGLE_TRY(run(db, sql, "make", err));
    }
    db->is_new = false;
    return INGLE_OK;
}

/* ---- transactions ---- */

static void reset_all(struct vault_db *db) {
    for (size_t i = 0; i < VAULT_TABLES; i++) {
        for (size_t k = 0; k < OPERATIONS; k++) {
            sqlite3_stmt *s = db->statements[i][k];
            if (!s) continue;
            (void)sqlite3_reset(s);
            (void)sqlite3_clear_bindings(s);
        }
    }
}

ingle_status vault_db_begin(struct vault_db *db, bool is_writing, ingle_error *err) {
    INGLE_TRY(run(db, is_writing ? "BEGIN IMMEDIATE" : "BEGIN", "open", err));
    ingle_status status =
        check(db, err); /* another process may have made it, or the file changed */
    if (status != INGLE_OK) {
        ingle_status undone = vault_db_end(db, status, NULL);
        (void)undone; /* says what is said already */
    }
    return status;
}

ingle_status vault_db_end(struct vault_db *db, ingle_status status, ingle_error *err) {
    reset_all(db);
    if (status == INGLE_OK) {
        status = run(db, "COMMIT", "write to", err);
        if (status == INGLE_OK) return INGLE_OK;
    }
    /* SQLite may have done so by itself, when it could not write. */
    if (!sqlite3_get_autocommit(db->sqlite)) {
        (void)sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
    }
    return status;
}

/* ---- rows ---- */

static ingle_status prepare(struct vault_db *db, enum vault_table table, enum operation operation,
                            sqlite3_stmt **out, ingle_error *err) {
    static const char *const texts[OPERATIONS] = {
        "SELECT id, body FROM %s WHERE id >= ?1 AND id <= ?2 ORDER BY id LIMIT 1",
        "INSERT INTO %s (id, body) VALUES (?1, ?2) "
        "ON CONFLICT (id) DO UPDATE SET body = excluded.body",
        "DELETE FROM %s WHERE id >= ?1 AND id <= ?2"};
    sqlite3_stmt **kept = &db->statements[table][operation];
    assert(!sqlite3_get_autocommit(db->sqlite));
    if (*kept) {
        (void)sqlite3_reset(*kept);
    } else {
        char sql[160];
        snprintf(sql, sizeof sql, texts[operation], names[table]);
        int code = sqlite3_prepare_v3(db->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, kept, NULL);
        if (code != SQLITE_OK) return fail(db, code, "read", err);
    }
    *out = *kept;
    return INGLE_OK;
}

ingle_status vault_db_next(struct vault_db *db, enum vault_table table, int64_t first, int64_t last,
                           int64_t *id, struct vault_blob *out, ingle_error *err) {
    sqlite3_stmt *s = NULL;
    INGLE_TRY(prepare(db, table, NEXT, &s, err));
    (void)sqlite3_bind_int64(s, 1, first);
    (void)sqlite3_bind_int64(s, 2, last);
    int code = sqlite3_step(s);
    *out = (struct vault_blob){0};
    if (code == SQLITE_DONE) return INGLE_OK;
    if (code != SQLITE_ROW) return fail(db, code, "read", err);
    *id = sqlite3_column_int64(s, 0);
    if (sqlite3_column_type(s, 1) != SQLITE_BLOB || *id < first || *id > last) {
        return not_ours(db, err);
    }
    const uint8_t *data = sqlite3_column_blob(s, 1);
    size_t size = (size_t)sqlite3_column_bytes(s, 1);
    if (size && !data) return status_no_memory(err, "a record", size);
    BASE_WRITTEN(data, size);
    *out = (struct vault_blob){data ? data : (const uint8_t *)"", size};
    return INGLE_OK;
}

ingle_status vault_db_get(struct vault_db *db, enum vault_table table, int64_t id,
                          struct vault_blob *out, ingle_error *err) {
    return vault_db_next(db, table, id, id, &id, out, err);
}

static ingle_status step(struct vault_db *db, sqlite3_stmt *s, ingle_error *err) {
    int code = sqlite3_step(s);
    (void)sqlite3_reset(s);
    (void)sqlite3_clear_bindings(s);
    return code == SQLITE_DONE ? INGLE_OK : fail(db, code, "write to", err);
}

ingle_status vault_db_put(struct vault_db *db, enum vault_table table, int64_t id, const void *data,
                          size_t size, ingle_error *err) {
    sqlite3_stmt *s = NULL;
    assert(size <= VAULT_BODY_MAX);
    INGLE_TRY(prepare(db, table, PUT, &s, err));
    (void)sqlite3_bind_int64(s, 1, id);
    int code = sqlite3_bind_blob(s, 2, data, (int)size, SQLITE_STATIC);
    if (code != SQLITE_OK) return fail(db, code, "write to", err);
    return step(db, s, err);
}

ingle_status vault_db_delete(struct vault_db *db, enum vault_table table, int64_t first,
                             int64_t last, ingle_error *err) {
    sqlite3_stmt *s = NULL;
    INGLE_TRY(prepare(db, table, DELETE, &s, err));
    (void)sqlite3_bind_int64(s, 1, first);
    (void)sqlite3_bind_int64(s, 2, last);
    return step(db, s, err);
}

/* ---- leaving nothing behind ---- */

/* No process has begun anything meanwhile (BEGIN EXCLUSIVE), so that the journal is nobody's; its
 * first bytes are zeros already, by which it counts as none. */
static ingle_status scrub_journal(struct vault_db *db, ingle_error *err) {
    char path[PATH_MAX + sizeof VAULT_DB_JOURNAL];
    snprintf(path, sizeof path, "%s" VAULT_DB_JOURNAL, db->path);
    INGLE_TRY(run(db, "BEGIN EXCLUSIVE", "scrub", err));
    int errnum = vault_overwrite(path);
    ingle_status status =
        errnum && errnum != ENOENT ? status_errno(err, errnum, "overwrite", path) : INGLE_OK;
    return vault_db_end(db, status, err);
}

ingle_status vault_db_scrub(struct vault_db *db, ingle_error *err) {
    ingle_status packed = INGLE_OK;
    reset_all(db);
    if (vault_db_size(db) <= PACK_MAX) packed = run(db, "VACUUM", "pack", err);
    ingle_status status = scrub_journal(db, packed == INGLE_OK ? err : NULL);
    return packed == INGLE_OK ? status : packed;
}

ingle_status vault_db_erase(const char *folder, ingle_error *err) {
    char path[PATH_MAX];
    int fd;
    INGLE_TRY(private_folder_open(&fd, folder, err));
    close(fd);
    int n = snprintf(path, sizeof path, "%s/" VAULT_DB_NAME, folder);
    if (n < 0 || (size_t)n + sizeof VAULT_DB_JOURNAL > sizeof path) {
        return status_errno(err, ENAMETOOLONG, "open the folder", folder);
    }
    int errnum = vault_overwrite(path);
    if (!errnum && unlink(path) != 0) errnum = errno;
    if (errnum) return status_errno(err, errnum, "erase", path);
    snprintf(path + n, sizeof path - (size_t)n, VAULT_DB_JOURNAL);
    errnum = vault_overwrite(path);
    if (!errnum && unlink(path) != 0) errnum = errno;
    return errnum && errnum != ENOENT ? status_errno(err, errnum, "erase", path) : INGLE_OK;
}
