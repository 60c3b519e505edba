/* guard/vault/vault: what is kept comes back, what was tampered with is noticed, and only that. */
#include "guard/vault/vault.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "guard/vault/vault_box.h"
#include "support/files.h"
#include "support/folder.h"
#include "support/refusal.h"
#include "support/vault_store.h"

static struct vault_where where;
static struct vault *v;
static char folder[64];
static int n_folders;

/* Each test has a vault of its own, with two conversations of three records. */
static int begin(void **state) {
    (void)state;
    char name[32];
    snprintf(name, sizeof name, "vault-%d", n_folders++);
    where = store_where(name);
    snprintf(folder, sizeof folder, "%s", name);
    store_make(&where, VAULT_LOCK_KEY_FILE);
    v = store_open(&where);
    uint32_t a = store_begin(v, "first"), b = store_begin(v, "second");
    const char *const words[] = {"one", "two", "three"};
    for (int i = 0; i < 3; i++) {
        char other[16];
        snprintf(other, sizeof other, "%s'", words[i]);
        store_append(v, a, words[i]);
        store_append(v, b, other);
    }
    return 0;
}

static int end(void **state) {
    (void)state;
    vault_close(v);
    v = NULL;
    return 0;
}

static void reopen(void) {
    vault_close(v);
    v = store_open(&where);
}

static void expect_read(uint32_t number, const char *text) {
    ingle_status status;
    ingle_error err;
    mark_error(&err);
    const char *read = store_read(v, number, &status, &err);
    if (status != INGLE_OK) fail_msg("%s", err.msg);
    assert_string_equal(read, text);
    expect_marked(&err);
}

/* What comes before the damage is read; nothing can be added. */
static void expect_damage(uint32_t number, const char *before, const char *saying) {
    ingle_status status;
    ingle_error err;
    const char *read = store_read(v, number, &status, &err);
    expect_refusal(status, INGLE_INVALID, &err, saying);
    assert_string_equal(read, before);
    status = vault_append(v, number, "more", 4, &err);
    expect_refusal(status, INGLE_INVALID, &err, "is damaged");
}

/* ---- as it should be ---- */

static void what_was_kept_comes_back(void **state) {
    (void)state;
    expect_read(1, "one|two|three");
    reopen();
    expect_read(1, "one|two|three");
    expect_read(2, "one'|two'|three'");
    assert_string_equal(store_list(v), "1 first 3|2 second 3");
    store_append(v, 1, "four");
    store_append(v, 1, "");
    expect_read(1, "one|two|three|four|");
    assert_int_equal(vault_rename(v, 2, "zweites", 7, NULL), INGLE_OK);
    assert_string_equal(store_list(v), "1 first 5|2 zweites 3");
    ingle_error err;
    expect_refusal(vault_append(v, 3, "x", 1, &err), INGLE_NOT_FOUND, &err, "no conversation 3");
    expect_refusal(vault_read(v, 0, NULL, NULL, &err), INGLE_NOT_FOUND, &err, "no conversation 0");
    expect_refusal(vault_forget(v, 9, &err), INGLE_NOT_FOUND, &err, "no conversation 9");
}

static void two_that_have_it_open_see_each_other(void **state) {
    (void)state;
    struct vault *other = store_open(&where), *mine = v;
    store_append(other, 1, "four");
    store_append(v, 1, "five");
    uint32_t third = store_begin(other, "third");
    assert_int_equal(third, 3);
    assert_int_equal(store_begin(v, "fourth"), 4);
    v = other;
    expect_read(1, "one|two|three|four|five");
    assert_int_equal(vault_forget(mine, 1, NULL), INGLE_OK);
    ingle_error err;
    expect_refusal(vault_append(v, 1, "x", 1, &err), INGLE_NOT_FOUND, &err, "no conversation 1");
    v = mine;
    vault_close(other);
}

static void long_titles_end_with_a_whole_character(void **state) {
    (void)state;
    char title[300], want[400];
    memset(title, 'a', sizeof title);
    title[VAULT_TITLE_MAX - 1] = (char)0xc3;
    title[VAULT_TITLE_MAX] = (char)0xbc;
    uint32_t number;
    assert_int_equal(vault_begin(v, &number, title, sizeof title, NULL), INGLE_OK);
    snprintf(want, sizeof want, "1 first 3|2 second 3|3 %.*s 0", VAULT_TITLE_MAX - 1, title);
    assert_string_equal(store_list(v), want);
}

static bool stop(const struct vault_record *record, void *user) {
    *(uint32_t *)user = record->sequence;
    return record->sequence < 2;
}

static void a_reader_may_stop(void **state) {
    (void)state;
    uint32_t last = 0;
    assert_int_equal(vault_read(v, 1, stop, &last, NULL), INGLE_OK);
    assert_int_equal(last, 2);
}

static bool measure(const struct vault_record *record, void *user) {
    size_t *size = user;
    for (size_t i = 0; i < record->size; i++) {
        if (record->data[i] != (char)(i % 251)) return true;
    }
    *size = record->size;
    return true;
}

static void records_have_a_limit(void **state) {
    (void)state;
    char *data = mem_calloc(1, VAULT_RECORD_MAX + 1);
    assert_non_null(data);
    for (size_t i = 0; i < VAULT_RECORD_MAX; i++) data[i] = (char)(i % 251);
    ingle_error err;
    uint32_t number = store_begin(v, "long");
    expect_refusal(vault_append(v, number, data, VAULT_RECORD_MAX + 1, &err), INGLE_LIMIT, &err,
                   "up to 16 MiB");
    assert_int_equal(vault_append(v, number, data, VAULT_RECORD_MAX, &err), INGLE_OK);
    mem_free(data);
    size_t size = 0;
    assert_int_equal(vault_read(v, number, measure, &size, &err), INGLE_OK);
    assert_int_equal(size, VAULT_RECORD_MAX);
}

static void lengths_are_told_to_a_fifth(void **state) {
    (void)state;
    static const size_t sizes[][2] = {{0, 256},   {252, 256},   {253, 320},
                                      {316, 320}, {317, 384},   {508, 512},
                                      {509, 640}, {1000, 1024}, {(size_t)1 << 20, (size_t)5 << 18}};
    for (size_t i = 0; i < BASE_COUNT(sizes); i++) {
        assert_int_equal(vault_box_size(sizes[i][0]), sizes[i][1] + CRYPT_BOX_EXTRA);
    }
}

static bool add_task(const struct vault_task *t, void *user) {
    char *text = user;
    size_t len = strlen(text);
    snprintf(text + len, 200 - len, "%.*s(%.*s)=%.*s;", (int)t->name_len, t->name,
             (int)t->input_len, t->input, (int)t->output_len, t->output);
    return t->time > 0;
}

static void tasks_have_a_history(void **state) {
    (void)state;
    char text[200] = "";
    assert_int_equal(vault_task_read(v, add_task, text, NULL), INGLE_OK);
    assert_string_equal(text, "");
    const struct vault_task a = {.name = "rewrite",
                                 .name_len = 7,
                                 .input = "hey",
                                 .input_len = 3,
                                 .output = "Good day",
                                 .output_len = 8};
    const struct vault_task b = {.name = "intent", .name_len = 6};
    assert_int_equal(vault_task_append(v, &a, NULL), INGLE_OK);
    assert_int_equal(vault_task_append(v, &b, NULL), INGLE_OK);
    reopen();
    assert_int_equal(vault_task_read(v, add_task, text, NULL), INGLE_OK);
    assert_string_equal(text, "rewrite(hey)=Good day;intent()=;");
    assert_string_equal(store_list(v), "1 first 3|2 second 3"); /* no conversation */
    assert_int_equal(vault_task_forget(v, NULL), INGLE_OK);
    text[0] = '\0';
    assert_int_equal(vault_task_read(v, add_task, text, NULL), INGLE_OK);
    assert_string_equal(text, "");
    assert_int_equal(vault_task_forget(v, NULL), INGLE_OK);
}

/* ---- tampering without the key ---- */

#define ROW(number, sequence) "((" #number " << 32) + " #sequence ")"

static void a_record_that_is_left_out_is_noticed(void **state) {
    (void)state;
    store_sql(&where, "DELETE FROM record WHERE id = " ROW(1, 2));
    expect_damage(1, "one", "a record is missing");
    expect_read(2, "one'|two'|three'");
    store_append(v, 2, "four'");
}

static void a_last_record_that_is_left_out_is_noticed(void **state) {
    (void)state;
    store_sql(&where, "DELETE FROM record WHERE id = " ROW(1, 3));
    ingle_error err;
    expect_refusal(vault_append(v, 1, "x", 1, &err), INGLE_INVALID, &err, "last record is missing");
    expect_damage(1, "one|two", "a record is missing");
    expect_read(2, "one'|two'|three'");
}

static void exchanged_records_are_noticed(void **state) {
    (void)state;
    store_sql(&where, "UPDATE record SET id = -1 WHERE id = " ROW(
                          1, 1) ";"
                                "UPDATE record SET id = " ROW(1, 1) " WHERE id = " ROW(
                                    1, 2) ";"
                                          "UPDATE record SET id = " ROW(1, 2) " WHERE id = -1;");
    expect_damage(1, "", "record 1 is not what was written");
    expect_read(2, "one'|two'|three'");
}

static void a_repeated_record_is_noticed(void **state) {
    (void)state;
    store_sql(&where,
              "INSERT INTO record SELECT " ROW(1, 4) ", body FROM record WHERE id = " ROW(1, 3));
    expect_damage(1, "", "records that it should not have");
    expect_read(2, "one'|two'|three'");
}

static void a_record_of_another_conversation_is_noticed(void **state) {
    (void)state;
    store_sql(&where, "UPDATE record SET body = (SELECT body FROM record WHERE id = " ROW(
                          2, 3) ") WHERE id = " ROW(1, 3));
    ingle_error err;
    expect_refusal(vault_append(v, 1, "x", 1, &err), INGLE_INVALID, &err,
                   "last record was changed");
    expect_damage(1, "one|two", "record 3 is not what was written");
    expect_read(2, "one'|two'|three'");
}

static void a_conversation_that_was_deleted_is_noticed(void **state) {
    (void)state;
    store_sql(&where, "DELETE FROM record WHERE id >> 32 = 1;"
                      "DELETE FROM conversation WHERE id = 1; DELETE FROM wrapped WHERE id = 1;");
    assert_string_equal(store_list(v), "1  0 damaged|2 second 3");
    expect_damage(1, "", "was changed");
    expect_read(2, "one'|two'|three'");
    assert_int_equal(vault_forget(v, 1, NULL), INGLE_OK);
    assert_string_equal(store_list(v), "2 second 3");
}

static void a_state_that_was_deleted_is_noticed(void **state) {
    (void)state;
    store_sql(&where, "DELETE FROM conversation WHERE id = 1");
    assert_string_equal(store_list(v), "1  0 gone|2 second 3");
    expect_damage(1, "", "was deleted, but not by ingle");
}

/* All of conversation 1 as it was two records ago: authentic, but old. */
static void a_conversation_that_was_put_back_is_noticed(void **state) {
    (void)state;
    char sql[700];
    store_sql(&where, "CREATE TABLE a AS SELECT * FROM record WHERE id >> 32 = 1;"
                      "CREATE TABLE b AS SELECT * FROM conversation WHERE id = 1;");
    /* The vault refuses a file with other tables than its own: they go into another file. */
    snprintf(sql, sizeof sql,
             "ATTACH '%s-old' AS old; CREATE TABLE old.a AS SELECT * FROM a;"
             "CREATE TABLE old.b AS SELECT * FROM b; DROP TABLE a; DROP TABLE b;",
             store_path(&where));
    store_sql(&where, sql);
    store_append(v, 1, "four");
    store_append(v, 1, "five");
    snprintf(sql, sizeof sql,
             "ATTACH '%s-old' AS old; DELETE FROM record WHERE id >> 32 = 1;"
             "INSERT INTO record SELECT * FROM old.a; DELETE FROM conversation WHERE id = 1;"
             "INSERT INTO conversation SELECT * FROM old.b;",
             store_path(&where));
    store_sql(&where, sql);
    assert_string_equal(store_list(v), "1 first 3 old|2 second 3");
    expect_damage(1, "", "put back to what it was once");
    expect_read(2, "one'|two'|three'");
}

static void a_forgotten_conversation_that_was_put_back_is_noticed(void **state) {
    (void)state;
    char sql[700];
    snprintf(sql, sizeof sql,
             "ATTACH '%s-old' AS old; CREATE TABLE old.a AS SELECT * FROM record;"
             "CREATE TABLE old.b AS SELECT * FROM conversation;"
             "CREATE TABLE old.c AS SELECT * FROM wrapped;",
             store_path(&where));
    store_sql(&where, sql);
    assert_int_equal(vault_forget(v, 1, NULL), INGLE_OK);
    snprintf(sql, sizeof sql,
             "ATTACH '%s-old' AS old; INSERT OR REPLACE INTO record SELECT * FROM old.a;"
             "INSERT OR REPLACE INTO conversation SELECT * FROM old.b;"
             "INSERT OR REPLACE INTO wrapped SELECT * FROM old.c;",
             store_path(&where));
    store_sql(&where, sql);
    assert_string_equal(store_list(v), "1 first 3 stray|2 second 3");
    ingle_status status;
    ingle_error err;
    assert_string_equal(store_read(v, 1, &status, &err), "");
    expect_refusal(status, INGLE_NOT_FOUND, &err, "no conversation 1");
    assert_int_equal(vault_forget(v, 1, NULL), INGLE_OK); /* for good, once more */
    assert_string_equal(store_list(v), "2 second 3");
}

static void without_its_head_a_vault_can_be_read_only(void **state) {
    (void)state;
    store_sql(&where, "UPDATE head SET body = zeroblob(length(body))");
    ingle_error err;
    uint32_t number;
    uint64_t generation;
    assert_string_equal(store_list(v), "1 first 3|2 second 3");
    expect_read(1, "one|two|three");
    expect_refusal(vault_append(v, 1, "x", 1, &err), INGLE_INVALID, &err, "list of conversations");
    expect_refusal(vault_begin(v, &number, "x", 1, &err), INGLE_INVALID, &err, "no more is kept");
    expect_refusal(vault_generation(v, &generation, &err), INGLE_INVALID, &err, "damaged");
}

static void every_change_counts(void **state) {
    (void)state;
    uint64_t before, after;
    assert_int_equal(vault_generation(v, &before, NULL), INGLE_OK);
    store_append(v, 1, "four");
    assert_int_equal(vault_forget(v, 2, NULL), INGLE_OK);
    assert_int_equal(vault_generation(v, &after, NULL), INGLE_OK);
    assert_int_equal(after, before + 2);
}

/* ---- files that are none ---- */

static void expect_no_vault(ingle_status code, const char *saying) {
    struct vault *opened = v;
    ingle_error err;
    ingle_status status = vault_open(&opened, &where, NULL, &err);
    assert_null(opened);
    expect_refusal(status, code, &err, saying);
}

static void another_database_is_refused(void **state) {
    (void)state;
    static const char *const changes[] = {
        "PRAGMA application_id = 7",
        "CREATE TABLE more (id INTEGER PRIMARY KEY, body BLOB NOT NULL)",
        "DROP TABLE record",
        "CREATE INDEX i ON record (body)",
        "CREATE TRIGGER t AFTER INSERT ON record BEGIN DELETE FROM head; END",
        "ALTER TABLE record RENAME TO records",
        "ALTER TABLE record ADD COLUMN other",
        "DROP TABLE meta; CREATE VIEW meta AS SELECT 1 AS id, zeroblob(64) AS body",
        "DROP TABLE head; CREATE TABLE head (id INTEGER PRIMARY KEY, body TEXT NOT NULL)",
    };
    size_t size;
    uint8_t *whole = file_read(store_path(&where), &size);
    for (size_t i = 0; i < BASE_COUNT(changes); i++) {
        store_sql(&where, changes[i]);
        expect_no_vault(INGLE_INVALID, "is no vault, or damaged");
        file_write(store_path(&where), whole, size);
    }
    store_sql(&where, "PRAGMA user_version = 2");
    expect_no_vault(INGLE_UNSUPPORTED, "is of version 2; this ingle knows 1");
    store_sql(&where, "PRAGMA user_version = 1; UPDATE meta SET body = 'text'");
    expect_no_vault(INGLE_INVALID, "no vault, or damaged");
    store_sql(&where, "UPDATE meta SET body = zeroblob(63)");
    expect_no_vault(INGLE_INVALID, "beginning is damaged");
    store_sql(&where, "DELETE FROM meta");
    expect_no_vault(INGLE_INVALID, "beginning is damaged");
    file_write(store_path(&where), "no database", 11);
    expect_no_vault(INGLE_INVALID, "is damaged");
    free(whole);
}

static void a_file_that_others_could_touch_is_refused(void **state) {
    (void)state;
    char target[300];
    assert_int_equal(chmod(store_path(&where), 0640), 0);
    expect_no_vault(INGLE_REFUSED, "open to other users");
    assert_int_equal(chmod(store_path(&where), 0600), 0);
    assert_int_equal(chmod(where.folder, 0755), 0);
    expect_no_vault(INGLE_REFUSED, "should be 700");
    assert_int_equal(chmod(where.folder, 0700), 0);
    snprintf(target, sizeof target, "%s-target", store_path(&where));
    assert_int_equal(rename(store_path(&where), target), 0);
    expect_no_vault(INGLE_NOT_FOUND, "Cannot open");
    assert_int_equal(symlink(target, store_path(&where)), 0);
    expect_no_vault(INGLE_FAILED, "Cannot open");
    assert_int_equal(unlink(store_path(&where)), 0);
    assert_int_equal(mkfifo(store_path(&where), 0600), 0);
    expect_no_vault(INGLE_INVALID, "not a regular file");
}

static void only_its_owner_can_look_at_the_files(void **state) {
    (void)state;
    char journal[300];
    snprintf(journal, sizeof journal, "%s-journal", store_path(&where));
    assert_int_equal(file_mode(store_path(&where)), 0600);
    assert_int_equal(file_mode(journal), 0600);
    assert_int_equal(file_mode(where.folder), 0700);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_was_kept_comes_back),
        TEST(two_that_have_it_open_see_each_other),
        TEST(long_titles_end_with_a_whole_character),
        TEST(a_reader_may_stop),
        TEST(records_have_a_limit),
        TEST(lengths_are_told_to_a_fifth),
        TEST(tasks_have_a_history),
        TEST(a_record_that_is_left_out_is_noticed),
        TEST(a_last_record_that_is_left_out_is_noticed),
        TEST(exchanged_records_are_noticed),
        TEST(a_repeated_record_is_noticed),
        TEST(a_record_of_another_conversation_is_noticed),
        TEST(a_conversation_that_was_deleted_is_noticed),
        TEST(a_state_that_was_deleted_is_noticed),
        TEST(a_conversation_that_was_put_back_is_noticed),
        TEST(a_forgotten_conversation_that_was_put_back_is_noticed),
        TEST(without_its_head_a_vault_can_be_read_only),
        TEST(every_change_counts),
        TEST(another_database_is_refused),
        TEST(a_file_that_others_could_touch_is_refused),
        TEST(only_its_owner_can_look_at_the_files),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
