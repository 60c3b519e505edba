/* The vault with the n-th allocation failing (support/torture.h); on the disk, too, nothing is left
 * of what could not be done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "guard/vault/snapshot_store.h"
#include "support/files.h"
#include "support/folder.h"
#include "support/torture.h"
#include "support/vault.h"

static const struct snapshot_id id = {.kind = "k", .fingerprint = "f", .fingerprint_size = 1};
static struct vault_key *key;
static struct snapshot_store *store;
static char folder[128], new_keys[128];
static uint8_t data[70000];

static int make_store(void **state) {
    if (folder_make(state) != 0) return -1;
    key = vault_key_of(1);
    snprintf(folder, sizeof folder, "%s", folder_file("snapshots"));
    snprintf(new_keys, sizeof new_keys, "%s", folder_file("new"));
    return snapshot_store_open(&store, folder, key, sizeof data * 3, NULL) == INGLE_OK ? 0 : -1;
}

static int drop_store(void **state) {
    snapshot_store_close(store);
    vault_key_close(key);
    return folder_remove(state);
}

static ingle_status open_key(ingle_error *err) {
    struct vault_key *opened = key;
    ingle_status status = vault_key_open_file(&opened, folder_file("key-01"), err);
    assert_int_equal(opened != NULL, status == INGLE_OK);
    vault_key_close(opened);
    return status;
}

static ingle_status make_key(ingle_error *err) {
    struct vault_key *made = key;
    ingle_status status = vault_key_open_file(&made, new_keys, err);
    assert_int_equal(made != NULL, status == INGLE_OK);
    if (status == INGLE_OK) {
        assert_int_equal(folder_count(new_keys, ""), 1);
        assert_int_equal(vault_key_erase_file(new_keys, NULL), INGLE_OK);
        assert_int_equal(rmdir(new_keys), 0);
    } else if (access(new_keys, F_OK) == 0) {
        /* A key that was made before memory ended stays, for the next time. */
        assert_int_equal(folder_count(new_keys, "new-"), 0);
        if (folder_count(new_keys, "") == 1) {
            assert_int_equal(vault_key_erase_file(new_keys, NULL), INGLE_OK);
        }
    }
    vault_key_close(made);
    return status;
}

static ingle_status derive(ingle_error *err) {
    struct vault_key *derived = key;
    ingle_status status = vault_key_derive(&derived, key, "purpose", err);
    assert_int_equal(derived != NULL, status == INGLE_OK);
    vault_key_close(derived);
    return status;
}

static void keys(void **state) {
    (void)state;
    assert_true(torture(open_key) >= 2);
    assert_true(torture(make_key) >= 3);
    assert_true(torture(derive) >= 2);
}

static ingle_status open_store(ingle_error *err) {
    struct snapshot_store *opened = store;
    ingle_status status = snapshot_store_open(&opened, folder, key, 1000, err);
    assert_int_equal(opened != NULL, status == INGLE_OK);
    snapshot_store_close(opened);
    return status;
}

static ingle_status write_snapshot(ingle_error *err) {
    struct sealed_writer *w = (struct sealed_writer *)data;
    ingle_status status = snapshot_store_write(&w, store, &id, err);
    if (status == INGLE_OK) {
        assert_true(sealed_write(data, sizeof data, w));
        status = snapshot_store_commit(store, w, err);
    } else {
        assert_null(w);
    }
    assert_int_equal(folder_count(folder, ".new-"), 0);
    return status;
}

static ingle_status read_snapshot(ingle_error *err) {
    struct sealed_reader *r = (struct sealed_reader *)data;
    ingle_status status = snapshot_store_read(&r, store, &id, err);
    assert_int_equal(r != NULL, status == INGLE_OK);
    if (status != INGLE_OK) return status;
    static uint8_t back[sizeof data];
    assert_true(sealed_read(back, sizeof back, r));
    status = sealed_reader_finish(r, err);
    sealed_reader_close(r);
    return status;
}

static ingle_status list(ingle_error *err) {
    struct snapshot_entry *entries = (struct snapshot_entry *)(void *)store;
    size_t n = 4711;
    ingle_status status = snapshot_store_list(store, &entries, &n, err);
    assert_int_equal(n, status == INGLE_OK ? 1 : 0);
    assert_int_equal(entries != NULL, n > 0);
    mem_free(entries);
    return status;
}

static void snapshots(void **state) {
    (void)state;
    fill(data, sizeof data, 1);
    assert_true(torture(open_store) >= 5);
    assert_int_equal(write_snapshot(NULL), INGLE_OK);
    assert_true(torture(write_snapshot) >= 3);
    assert_int_equal(read_snapshot(NULL), INGLE_OK);
    assert_true(torture(read_snapshot) >= 2);
    assert_true(torture(list) >= 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys),
        cmocka_unit_test(snapshots),
    };
    return cmocka_run_group_tests(tests, make_store, drop_store);
}
