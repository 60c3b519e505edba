/* A vault whose file was changed: never a wrong word, and what was not hit can be read as before.
 * VAULT_EVERY_BYTE: all bytes of it, not some (slow test). And locks that ask for too much. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/rng.h"
#include "support/cpu_time.h"
#include "support/files.h"
#include "support/folder.h"
#include "support/refusal.h"
#include "support/vault_store.h"

#define TALKS 8
#define FILE_SIZE 65536
#define PIECE 16 /* bytes of ciphertext by which a place in the file is known */

static struct vault_where where;
static char path[300], journal[320];
static uint8_t *whole;           /* the file as it was */
static size_t size;              /* of it, at least FILE_SIZE */
static uint8_t owner[FILE_SIZE]; /* the conversation whose record or state a byte is part of; 0 */
static char *texts[TALKS + 1];   /* what each says */
static char list[4000];

/* ---- the vault ---- */

static void write_records(struct vault *v) {
    char text[900];
    for (uint32_t i = 0; i < TALKS; i++) {
        snprintf(text, sizeof text, "conversation %u", i + 1);
        assert_int_equal(store_begin(v, text), i + 1);
    }
    for (uint32_t n = 0; file_size(path) < FILE_SIZE; n++) {
        int len = snprintf(text, sizeof text, "record %u ", n);
        memset(text + len, 'a' + (int)(n % 26), n * 41 % 800);
        text[(uint32_t)len + n * 41 % 800] = '\0';
        store_append(v, n % TALKS + 1, text);
    }
}

/* Marks where in the file the pieces of a body lie. */
static void mark(const uint8_t *body, size_t n, uint8_t number) {
    for (size_t at = 0; at + PIECE <= n; at += PIECE) {
        for (size_t i = 0; i + PIECE <= FILE_SIZE; i++) {
            if (memcmp(whole + i, body + at, PIECE) == 0) memset(owner + i, number, PIECE);
        }
    }
}

static void mark_all(const char *sql) {
    sqlite3 *s;
    sqlite3_stmt *rows;
    assert_int_equal(sqlite3_open(path, &s), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(s, sql, -1, &rows, NULL), SQLITE_OK);
    while (sqlite3_step(rows) == SQLITE_ROW) {
        mark(sqlite3_column_blob(rows, 1), (size_t)sqlite3_column_bytes(rows, 1),
             (uint8_t)sqlite3_column_int(rows, 0));
    }
    (void)sqlite3_finalize(rows);
    assert_int_equal(sqlite3_close(s), SQLITE_OK);
}

static int make(void **state) {
    if (folder_make(state) != 0) return -1;
    where = store_where("hostile");
    snprintf(path, sizeof path, "%s", store_path(&where));
    snprintf(journal, sizeof journal, "%s-journal", path);
    store_make(&where, VAULT_LOCK_KEY_FILE);
    struct vault *v = store_open(&where);
    write_records(v);
    for (uint32_t i = 1; i <= TALKS; i++) {
        ingle_status status;
        const char *text = store_read(v, i, &status, NULL);
        assert_int_equal(status, INGLE_OK);
        texts[i] = strdup(text);
    }
    snprintf(list, sizeof list, "%s", store_list(v));
    vault_close(v);
    /* What a change finds in the journal is no part of this. */
    assert_int_equal(unlink(journal), 0);
    whole = file_read(path, &size);
    mark_all("SELECT id >> 32, body FROM record");
    mark_all("SELECT id, body FROM conversation");
    return 0;
}

static int drop(void **state) {
    for (int i = 1; i <= TALKS; i++) free(texts[i]);
    free(whole);
    return folder_remove(state);
}

/* ---- one changed byte ---- */

struct tally {
    int n, n_unopened, n_noticed, n_same;
};

/* Exactly what was said, or less of it and an error. */
static bool reads_right(struct vault *v, uint32_t number, size_t at) {
    ingle_status status;
    ingle_error err = {0};
    const char *text = store_read(v, number, &status, &err);
    size_t len = strlen(text);
    if (status == INGLE_OK && strcmp(text, texts[number]) == 0) return true;
    if (status == INGLE_OK || strncmp(text, texts[number], len) != 0) {
        fail_msg("byte %zu: conversation %u says something else", at, number);
    }
    assert_int_equal(err.code, status);
    if (status != INGLE_INVALID && status != INGLE_NOT_FOUND) {
        fail_msg("byte %zu: %s", at, err.msg);
    }
    return false;
}

static bool same_entry(const struct vault_entry *e, void *user) {
    char want[64], got[64];
    if (e->state != VAULT_INTACT) {
        *(bool *)user = true;
        return true;
    }
    snprintf(want, sizeof want, "conversation %u", e->number);
    snprintf(got, sizeof got, "%.*s", (int)e->title_len, e->title);
    assert_string_equal(want, got);
    return true;
}

static void judge(struct vault *v, size_t at, struct tally *t) {
    bool is_noticed = false;
    int n_right = 0;
    if (vault_list(v, same_entry, &is_noticed, NULL) != INGLE_OK) is_noticed = true;
    for (uint32_t i = 1; i <= TALKS; i++) {
        bool is_right = reads_right(v, i, at);
        n_right += is_right;
        if (owner[at] == 0) continue;
        if (is_right == (owner[at] == i)) {
            fail_msg("byte %zu of conversation %u: conversation %u %s", at, owner[at], i,
                     is_right ? "is read all the same" : "cannot be read");
        }
    }
    is_noticed |= n_right < TALKS;
    t->n_noticed += is_noticed;
    t->n_same += !is_noticed;
}

static void put_back(void) {
    static uint8_t now[FILE_SIZE * 2];
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t n = pread(fd, now, sizeof now, 0);
    if ((size_t)n != size || memcmp(now, whole, size) != 0) {
        assert_int_equal(ftruncate(fd, (off_t)size), 0);
        assert_int_equal(pwrite(fd, whole, size, 0), size);
    }
    close(fd);
    static const char *const others[] = {"-journal", "-wal", "-shm"};
    char other[320];
    for (size_t i = 0; i < BASE_COUNT(others); i++) {
        snprintf(other, sizeof other, "%s%s", path, others[i]);
        (void)unlink(other);
    }
}

static void change_one(size_t at, uint8_t by, struct tally *t) {
    uint8_t byte = whole[at] ^ by;
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
    close(fd);
    struct vault *v;
    ingle_error err = {0};
    ingle_status status = vault_open(&v, &where, NULL, &err);
    t->n++;
    if (status == INGLE_OK) {
        judge(v, at, t);
    } else {
        assert_null(v);
        assert_int_equal(err.code, status);
        if (owner[at]) fail_msg("byte %zu is of one conversation only: %s", at, err.msg);
        t->n_unopened++;
    }
    vault_close(v);
    put_back();
}

static void a_changed_byte_is_noticed_or_harmless(void **state) {
    (void)state;
    struct tally t = {0};
    struct rng r;
    rng_init(&r, 11);
    assert_true(size >= FILE_SIZE);
    size_t step = getenv("VAULT_EVERY_BYTE") ? 1 : 97;
    for (size_t at = 0; at < FILE_SIZE; at += step) {
        change_one(at, (uint8_t)(1 + rng_u32(&r) % 255), &t);
    }
    size_t n_owned = 0;
    for (size_t i = 0; i < FILE_SIZE; i++) n_owned += owner[i] != 0;
    print_message("%d bytes changed: %d vaults refused, %d changes noticed, %d without effect; "
                  "%zu bytes are records\n",
                  t.n, t.n_unopened, t.n_noticed, t.n_same, n_owned);
    assert_true(n_owned > FILE_SIZE / 3);
    struct vault *v = store_open(&where);
    assert_string_equal(store_list(v), list);
    vault_close(v);
}

static void pages_that_are_exchanged_are_noticed(void **state) {
    (void)state;
    struct rng r;
    struct tally t = {0};
    int n = getenv("VAULT_EVERY_BYTE") ? 1000 : 60;
    rng_init(&r, 12);
    for (int i = 0; i < n; i++) {
        static uint8_t page[4096], other[4096];
        size_t a = rng_u32(&r) % (size / 4096) * 4096, b = rng_u32(&r) % (size / 4096) * 4096;
        memcpy(page, whole + a, sizeof page);
        memcpy(other, whole + b, sizeof other);
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        assert_int_equal(pwrite(fd, page, sizeof page, (off_t)b), sizeof page);
        if (i % 2) assert_int_equal(pwrite(fd, other, sizeof other, (off_t)a), sizeof other);
        close(fd);
        struct vault *v;
        t.n++;
        if (vault_open(&v, &where, NULL, NULL) == INGLE_OK) {
            for (uint32_t k = 1; k <= TALKS; k++) (void)reads_right(v, k, a);
        } else {
            t.n_unopened++;
        }
        vault_close(v);
        put_back();
    }
    assert_true(t.n_unopened > 0);
}

static void a_file_that_was_cut_off_is_noticed(void **state) {
    (void)state;
    for (size_t keep = 0; keep < size; keep += getenv("VAULT_EVERY_BYTE") ? 512 : 5120) {
        assert_int_equal(truncate(path, (off_t)keep), 0);
        struct vault *v;
        ingle_error err = {0};
        ingle_status status = vault_open(&v, &where, NULL, &err);
        int n_right = 0;
        if (status == INGLE_OK) {
            for (uint32_t i = 1; i <= TALKS; i++) n_right += reads_right(v, i, keep);
            assert_true(n_right < TALKS);
        }
        vault_close(v);
        put_back();
    }
}

/* ---- locks ---- */

static void expect_lock_refused(const char *sql, ingle_status code, const char *saying) {
    struct vault_where locked = store_where("locked");
    struct vault_passphrase passphrase = {STORE_PASSPHRASE, strlen(STORE_PASSPHRASE)};
    struct vault *v;
    ingle_error err;
    size_t n;
    uint8_t *before = file_read(store_path(&locked), &n);
    store_sql(&locked, sql);
    double start = cpu_time_ms();
    ingle_status status = vault_open(&v, &locked, &passphrase, &err);
    expect_refusal(status, code, &err, saying);
    if (!cpu_time_within(start, 1000)) fail_msg("%s: refused late", sql);
    file_write(store_path(&locked), before, n);
    free(before);
}

#define SLOT(from, bytes, to)                                                                      \
    "UPDATE slot SET body = CAST(substr(body, 1, " #from ") || x'" bytes "' || substr(body, " #to  \
    ") AS BLOB)"

static void a_lock_that_asks_for_too_much_is_refused_at_once(void **state) {
    (void)state;
    struct vault_where locked = store_where("locked");
    store_make(&locked, VAULT_LOCK_PASSPHRASE);
    static const char *const costs[] = {
        SLOT(8, "0000000010000000", 17), /* 64 GiB */
        SLOT(8, "0100004000000000", 17), /* 1 GiB and 1 byte */
        SLOT(8, "ffffffffffffffff", 17), SLOT(8, "0000000000000000", 17),
        SLOT(4, "ffffffff", 9), /* passes */
        SLOT(4, "11000000", 9),          SLOT(4, "00000000", 9),
    };
    for (size_t i = 0; i < BASE_COUNT(costs); i++) {
        expect_lock_refused(costs[i], INGLE_INVALID, "is not tried");
    }
    expect_lock_refused(SLOT(0, "00000000", 5), INGLE_INVALID, "lock is damaged");
    expect_lock_refused(SLOT(0, "04000000", 5), INGLE_INVALID, "lock is damaged");
    expect_lock_refused(SLOT(0, "03000000", 5), INGLE_INVALID, "lock is damaged");
    expect_lock_refused(SLOT(104, "01000000", 109), INGLE_INVALID, "lock is damaged");
    expect_lock_refused(SLOT(104, "ffffffff", 109), INGLE_INVALID, "lock is damaged");
    expect_lock_refused("UPDATE slot SET body = zeroblob(2047)", INGLE_INVALID, "lock is damaged");
    expect_lock_refused("DELETE FROM slot", INGLE_INVALID, "lock is damaged");
    expect_lock_refused(SLOT(16, "00", 18), INGLE_REFUSED, "not the vault's passphrase");
}

static void a_lock_of_another_vault_is_refused(void **state) {
    (void)state;
    char sql[600];
    struct vault_where other = store_where("other");
    store_make(&other, VAULT_LOCK_PASSPHRASE);
    snprintf(sql, sizeof sql, "ATTACH '%s' AS o; UPDATE slot SET body = (SELECT body FROM o.slot)",
             store_path(&other));
    expect_lock_refused(sql, INGLE_REFUSED, "not the vault's passphrase");
    snprintf(sql, sizeof sql,
             "ATTACH '%s' AS o; UPDATE slot SET body = (SELECT body FROM o.slot);"
             "UPDATE meta SET body = CAST((SELECT substr(body, 1, 16) FROM o.meta) || "
             "substr(body, 17) AS BLOB)",
             store_path(&other));
    expect_lock_refused(sql, INGLE_INVALID, "of another vault, or damaged");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_changed_byte_is_noticed_or_harmless),
        cmocka_unit_test(pages_that_are_exchanged_are_noticed),
        cmocka_unit_test(a_file_that_was_cut_off_is_noticed),
        cmocka_unit_test(a_lock_that_asks_for_too_much_is_refused_at_once),
        cmocka_unit_test(a_lock_of_another_vault_is_refused),
    };
    return cmocka_run_group_tests(tests, make, drop);
}
