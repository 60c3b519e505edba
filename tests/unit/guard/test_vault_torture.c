/* The vault with the n-th allocation failing (support/torture.h): nothing is given out, nothing is
 * left behind, and what was kept is as before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "guard/vault/vault_internal.h"
#include "support/folder.h"
#include "support/torture.h"
#include "support/vault_store.h"

static struct vault_where where, other;
static const struct vault_passphrase passphrase = {STORE_PASSPHRASE, sizeof STORE_PASSPHRASE - 1};

static int make(void **state) {
    if (folder_make(state) != 0) return -1;
    where = store_where("torture");
    other = store_where("other");
    store_make(&where, VAULT_LOCK_PASSPHRASE);
    struct vault *v = store_open(&where);
    store_append(v, store_begin(v, "first"), "one");
    store_append(v, store_begin(v, "second"), "two");
    vault_close(v);
    return 0;
}

static ingle_status open_vault(struct vault **v, ingle_error *err) {
    *v = (struct vault *)(void *)&where;
    ingle_status status = vault_open(v, &where, &passphrase, err);
    assert_int_equal(*v != NULL, status == INGLE_OK);
    return status;
}

static ingle_status open_only(ingle_error *err) {
    struct vault *v;
    INGLE_TRY(open_vault(&v, err));
    vault_close(v);
    return INGLE_OK;
}

static bool ignore_record(const struct vault_record *record, void *user) {
    (void)record, (void)user;
    return true;
}

static bool ignore_entry(const struct vault_entry *entry, void *user) {
    (void)entry, (void)user;
    return true;
}

static bool ignore_task(const struct vault_task *task, void *user) {
    (void)task, (void)user;
    return true;
}

static ingle_status append(ingle_error *err) {
    struct vault *v;
    INGLE_TRY(open_vault(&v, err));
    ingle_status status = vault_append(v, 1, "more", 4, err);
    vault_close(v);
    return status;
}

static ingle_status begin_and_forget(ingle_error *err) {
    struct vault *v;
    uint32_t number;
    INGLE_TRY(open_vault(&v, err));
    ingle_status status = vault_begin(v, &number, "new", 3, err);
    if (status == INGLE_OK) {
        status = vault_forget(v, number, err);
        if (status != INGLE_OK) {
            mem_fail_at(0, 0);
            assert_int_equal(vault_forget(v, number, NULL), INGLE_OK);
        }
    }
    vault_close(v);
    return status;
}

static ingle_status rename_one(ingle_error *err) {
    struct vault *v;
    INGLE_TRY(open_vault(&v, err));
    ingle_status status = vault_rename(v, 2, "second", 6, err);
    vault_close(v);
    return status;
}

static ingle_status read_one(ingle_error *err) {
    struct vault *v;
    INGLE_TRY(open_vault(&v, err));
    ingle_status status = vault_read(v, 2, ignore_record, NULL, err);
    vault_close(v);
    return status;
}

static ingle_status list(ingle_error *err) {
    struct vault *v;
    INGLE_TRY(open_vault(&v, err));
    ingle_status status = vault_list(v, ignore_entry, NULL, err);
    vault_close(v);
    return status;
}

static ingle_status tasks(ingle_error *err) {
    struct vault *v;
    const struct vault_task task = {.name = "draft", .name_len = 5};
    INGLE_TRY(open_vault(&v, err));
    ingle_status status = vault_task_append(v, &task, err);
    if (status == INGLE_OK) status = vault_task_read(v, ignore_task, NULL, err);
    vault_close(v);
    return status;
}

static ingle_status look(ingle_error *err) {
    struct vault_status status;
    return vault_get_status(&status, &where, err);
}

static ingle_status change(ingle_error *err) {
    struct vault_lock_with with = {
        .lock = VAULT_LOCK_PASSPHRASE, .passphrase = passphrase, .is_cheap = true};
    return vault_change_lock(&where, &passphrase, &with, err);
}

static ingle_status turn_on(ingle_error *err) {
    struct vault_lock_with with = {
        .lock = VAULT_LOCK_PASSPHRASE, .passphrase = passphrase, .is_cheap = true};
    INGLE_TRY(vault_turn_on(&other, &with, err));
    assert_int_equal(unlink(store_path(&other)), 0);
    return INGLE_OK;
}

static void memory_ends(void **state) {
    (void)state;
    assert_true(torture(open_only) >= 8);
    assert_true(torture(append) >= 12);
    assert_true(torture(begin_and_forget) >= 12);
    assert_true(torture(rename_one) >= 10);
    assert_true(torture(read_one) >= 9);
    assert_true(torture(list) >= 9);
    assert_int_equal(tasks(NULL), INGLE_OK); /* the first makes the history */
    assert_true(torture(tasks) >= 12);
    assert_true(torture(look) >= 1);
    assert_true(torture(change) >= 10);
    assert_int_equal(turn_on(NULL), INGLE_OK); /* the first makes the folder */
    assert_true(torture(turn_on) >= 6);
    struct vault *v = store_open(&where);
    ingle_status status;
    assert_string_equal(store_read(v, 2, &status, NULL), "two");
    assert_int_equal(status, INGLE_OK);
    assert_memory_equal(store_read(v, 1, &status, NULL), "one|more", 8);
    assert_int_equal(status, INGLE_OK);
    vault_close(v);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(memory_ends)};
    return cmocka_run_group_tests(tests, make, folder_remove);
}
