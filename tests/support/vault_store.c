#include "support/vault_store.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "support/folder.h"

static const struct vault_passphrase passphrase = {STORE_PASSPHRASE, sizeof STORE_PASSPHRASE - 1};

struct vault_where store_where(const char *name) {
    static struct { char folder[256], key_folder[272]; } places[4];
    static int next;
    char *folder = places[next].folder, *key_folder = places[next].key_folder;
    next = (next + 1) % 4;
    snprintf(folder, sizeof places->folder, "%s", folder_file(name));
    snprintf(key_folder, sizeof places->key_folder, "%s/keys", folder_file(name));
    return (struct vault_where){folder, key_folder};
}

void store_make(const struct vault_where *where, enum vault_lock lock) {
    struct vault_lock_with with = {.lock = lock, .passphrase = passphrase, .is_cheap = true};
    ingle_error err;
    if (vault_turn_on(where, &with, &err) != INGLE_OK) fail_msg("%s", err.msg);
}

struct vault *store_open(const struct vault_where *where) {
    struct vault_status s;
    struct vault *v;
    ingle_error err;
    if (vault_get_status(&s, where, &err) != INGLE_OK) fail_msg("%s", err.msg);
    bool asks = s.lock == VAULT_LOCK_PASSPHRASE;
    if (vault_open(&v, where, asks ? &passphrase : NULL, &err) != INGLE_OK) fail_msg("%s", err.msg);
    return v;
}

uint32_t store_begin(struct vault *v, const char *title) {
    uint32_t number;
    ingle_error err;
    if (vault_begin(v, &number, title, strlen(title), &err) != INGLE_OK) fail_msg("%s", err.msg);
    return number;
}

void store_append(struct vault *v, uint32_t number, const char *text) {
    ingle_error err;
    if (vault_append(v, number, text, strlen(text), &err) != INGLE_OK) fail_msg("%s", err.msg);
}

struct text {
    size_t len;
    char data[65536];
};

static void add(struct text *t, const char *data, size_t size) {
    assert_true(t->len + size < sizeof t->data);
    memcpy(t->data + t->len, data, size);
    t->len += size;
    t->data[t->len] = '\0';
}

static bool add_record(const struct vault_record *record, void *user) {
    struct text *t = user;
    if (t->len) add(t, "|", 1);
    add(t, record->data, record->size);
    return true;
}

const char *store_read(struct vault *v, uint32_t number, ingle_status *status, ingle_error *err) {
    static struct text t;
    t.len = 0;
    t.data[0] = '\0';
    *status = vault_read(v, number, add_record, &t, err);
    return t.data;
}

static bool add_entry(const struct vault_entry *e, void *user) {
    static const char *const states[] = {"", " damaged", " gone", " old", " stray"};
    struct text *t = user;
    char line[400];
    int n = snprintf(line, sizeof line, "%s%u %.*s %u%s", t->len ? "|" : "", e->number,
                     (int)e->title_len, e->title, e->n_records, states[e->state]);
    add(t, line, (size_t)n);
    return true;
}

const char *store_list(struct vault *v) {
    static struct text t;
    ingle_error err;
    t.len = 0;
    t.data[0] = '\0';
    if (vault_list(v, add_entry, &t, &err) != INGLE_OK) fail_msg("%s", err.msg);
    return t.data;
}

const char *store_path(const struct vault_where *where) {
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/vault.db", where->folder);
    return path;
}

void store_sql(const struct vault_where *where, const char *sql) {
    sqlite3 *s;
    char *message = NULL;
    assert_int_equal(sqlite3_open(store_path(where), &s), SQLITE_OK);
    if (sqlite3_exec(s, sql, NULL, NULL, &message) != SQLITE_OK) fail_msg("%s: %s", sql, message);
    assert_int_equal(sqlite3_close(s), SQLITE_OK);
}
