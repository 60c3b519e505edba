/* Vaults that released versions have made open for ever. tests/golden/vault-1-*.db were made by
 * this program with VAULT_GOLDEN=FOLDER when the format was new; they are never made again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "support/files.h"
#include "support/folder.h"
#include "support/vault.h"
#include "support/vault_store.h"

#define MESSAGE "{\"role\": \"user\", \"content\": \"Grüße\"}"

static const struct vault_task task = {.name = "rewrite",
                                       .name_len = 7,
                                       .input = "hey",
                                       .input_len = 3,
                                       .output = "Good day",
                                       .output_len = 8};

/* The key file of all golden vaults: 32 bytes of 7. */
static void place_key(const struct vault_where *where) {
    char path[300];
    uint8_t key[32];
    memset(key, 7, sizeof key);
    (void)mkdir(where->folder, 0700);
    (void)mkdir(where->key_folder, 0700);
    snprintf(path, sizeof path, "%s/vault.key", where->key_folder);
    file_write(path, key, sizeof key);
}

static void copy(const char *from, const char *to) {
    size_t size;
    uint8_t *data = file_read(from, &size);
    file_write(to, data, size);
    free(data);
}

static void make(const char *name, enum vault_lock lock, const char *folder) {
    char path[600], text[5000];
    struct vault_where where = store_where(name);
    place_key(&where);
    store_make(&where, lock);
    struct vault *v = store_open(&where);
    uint32_t number = store_begin(v, "Grüße an Anna");
    store_append(v, number, MESSAGE);
    memset(text, 'z', sizeof text);
    text[sizeof text - 1] = '\0';
    store_append(v, number, text);
    store_append(v, number, "");
    assert_int_equal(vault_forget(v, store_begin(v, "forgotten"), NULL), INGLE_OK);
    (void)store_begin(v, "empty");
    assert_int_equal(vault_task_append(v, &task, NULL), INGLE_OK);
    vault_close(v);
    snprintf(path, sizeof path, "%s/vault-1-%s.db", folder, name);
    copy(store_path(&where), path);
}

static bool same_task(const struct vault_task *t, void *user) {
    ++*(int *)user;
    return t->name_len == task.name_len && memcmp(t->name, task.name, t->name_len) == 0 &&
           t->input_len == task.input_len && memcmp(t->input, task.input, t->input_len) == 0 &&
           t->output_len == task.output_len && memcmp(t->output, task.output, t->output_len) == 0 &&
           t->time > (int64_t)1700000000 * 1000000000;
}

static void open_golden(const char *name) {
    char path[600], folder[32];
    snprintf(folder, sizeof folder, "golden-%s", name);
    struct vault_where where = store_where(folder);
    place_key(&where);
    snprintf(path, sizeof path, "%s/vault-1-%s.db", TEST_GOLDEN, name);
    copy(path, store_path(&where));
    struct vault *v = store_open(&where);
    ingle_status status;
    assert_string_equal(store_list(v), "1 Grüße an Anna 3|3 empty 0");
    const char *text = store_read(v, 1, &status, NULL);
    assert_int_equal(status, INGLE_OK);
    assert_memory_equal(text, MESSAGE "|zzzz", strlen(MESSAGE) + 5);
    assert_int_equal(strlen(text), strlen(MESSAGE) + 1 + 4999 + 1);
    int n = 0;
    assert_int_equal(vault_task_read(v, same_task, &n, NULL), INGLE_OK);
    assert_int_equal(n, 1);
    uint64_t generation;
    assert_int_equal(vault_generation(v, &generation, NULL), INGLE_OK);
    assert_int_equal(generation, 10);
    /* And it goes on. */
    store_append(v, 3, "new");
    assert_int_equal(store_begin(v, "more"), 5);
    vault_close(v);
    v = store_open(&where);
    assert_string_equal(store_list(v), "1 Grüße an Anna 3|3 empty 1|5 more 0");
    vault_close(v);
}

static void the_vaults_of_version_1_open(void **state) {
    (void)state;
    const char *folder = getenv("VAULT_GOLDEN");
    if (folder) {
        make("key-file", VAULT_LOCK_KEY_FILE, folder);
        make("passphrase", VAULT_LOCK_PASSPHRASE, folder);
    }
    open_golden("key-file");
    open_golden("passphrase");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_vaults_of_version_1_open)};
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
