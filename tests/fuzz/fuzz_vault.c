/* Any bytes as the file of a vault; and a vault of which bytes are changed: it opens or it does
 * not, but no record ever says something else than it did. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "fuzz/fuzz.h"
#include "guard/vault/vault_access.h"

#define MAX_FILE ((size_t)1 << 17)
#define RECORD "what was said"

static char folder[64], keys[80], path[80];
static const struct vault_where where = {folder, keys};
static uint8_t whole[MAX_FILE];
static size_t n_whole;

static void remove_all(void) {
    static const char *const names[] = {"vault.db", "vault.db-journal", "vault.db-wal",
                                        "vault.db-shm", "keys/vault.key"};
    char name[100];
    for (size_t i = 0; i < BASE_COUNT(names); i++) {
        snprintf(name, sizeof name, "%s/%s", folder, names[i]);
        (void)unlink(name);
    }
    (void)rmdir(keys);
    (void)rmdir(folder);
}

static void make(void) {
    struct vault *v;
    uint32_t number;
    struct vault_lock_with with = {.lock = VAULT_LOCK_KEY_FILE};
    snprintf(folder, sizeof folder, "/tmp/ingle-fuzz-XXXXXX");
    FUZZ_REQUIRE(mkdtemp(folder) != NULL);
    (void)atexit(remove_all);
    snprintf(keys, sizeof keys, "%s/keys", folder);
    snprintf(path, sizeof path, "%s/vault.db", folder);
    FUZZ_REQUIRE(vault_turn_on(&where, &with, NULL) == INGLE_OK);
    FUZZ_REQUIRE(vault_open(&v, &where, NULL, NULL) == INGLE_OK);
    for (int i = 0; i < 3; i++) {
        FUZZ_REQUIRE(vault_begin(v, &number, "title", 5, NULL) == INGLE_OK);
        for (int k = 0; k < 3; k++) {
            FUZZ_REQUIRE(vault_append(v, number, RECORD, sizeof RECORD, NULL) == INGLE_OK);
        }
    }
    vault_close(v);
    FILE *f = fopen(path, "rb");
    FUZZ_REQUIRE(f != NULL);
    n_whole = fread(whole, 1, sizeof whole, f);
    fclose(f);
    FUZZ_REQUIRE(n_whole > 0 && n_whole < sizeof whole);
}

static void write_file(const uint8_t *data, size_t n) {
    char journal[100];
    snprintf(journal, sizeof journal, "%s-journal", path);
    (void)unlink(journal);
    FILE *f = fopen(path, "wb");
    FUZZ_REQUIRE(f != NULL && fwrite(data, 1, n, f) == n);
    FUZZ_REQUIRE(fclose(f) == 0);
    FUZZ_REQUIRE(chmod(path, 0600) == 0);
}

static bool same_record(const struct vault_record *r, void *user) {
    (void)user;
    FUZZ_REQUIRE(r->size == sizeof RECORD && memcmp(r->data, RECORD, r->size) == 0);
    return true;
}

static bool same_entry(const struct vault_entry *e, void *user) {
    (void)user;
    if (e->state == VAULT_INTACT) {
        FUZZ_REQUIRE(e->title_len == 5 && memcmp(e->title, "title", 5) == 0);
    }
    return true;
}

static void check_error(ingle_status status, const ingle_error *err) {
    if (status == INGLE_OK) return;
    FUZZ_REQUIRE(err->code == status && memchr(err->msg, 0, sizeof err->msg) && err->msg[0]);
}

static void use(void) {
    struct vault *v;
    ingle_error err = {0};
    ingle_status status = vault_open(&v, &where, NULL, &err);
    check_error(status, &err);
    if (status != INGLE_OK) return;
    check_error(vault_list(v, same_entry, NULL, &err), &err);
    for (uint32_t i = 0; i <= 4; i++) {
        check_error(vault_read(v, i, same_record, NULL, &err), &err);
    }
    check_error(vault_append(v, 2, RECORD, sizeof RECORD, &err), &err);
    check_error(vault_forget(v, 1, &err), &err);
    vault_close(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t changed[MAX_FILE];
    if (n_whole == 0) make();
    uint64_t live = mem_live();
    if (size > 0 && data[0] % 8 == 7) {
        write_file(data + 1, size - 1);
    } else {
        /* Four bytes a change: where (three), and what it is xored with. */
        memcpy(changed, whole, n_whole);
        for (size_t at = 1; at + 4 <= size; at += 4) {
            size_t place = (size_t)data[at] << 16 | (size_t)data[at + 1] << 8 | data[at + 2];
            changed[place % n_whole] ^= data[at + 3];
        }
        write_file(changed, n_whole);
    }
    use();
    FUZZ_REQUIRE(mem_live() == live);
    return 0;
}
