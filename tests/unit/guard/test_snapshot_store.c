/* guard/vault/snapshot_store: names that tell nothing, a limit that holds, many processes. */
#include "guard/vault/snapshot_store.h"

#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "guard/vault/sealed_internal.h"
#include "support/files.h"
#include "support/folder.h"
#include "support/process.h"
#include "support/refusal.h"
#include "support/vault.h"

#define DATA 1000
#define FILE_SIZE (SEALED_HEADER + 1024 + CRYPT_STREAM_EXTRA) /* of a snapshot of DATA bytes */

static struct vault_key *key;
static struct snapshot_store *store;
static char folder[128];
static uint8_t data[100000], back[100000];

static int make_key(void **state) {
    if (folder_make(state) != 0) return -1;
    key = vault_key_of(1);
    fill(data, sizeof data, 1);
    snprintf(folder, sizeof folder, "%s", folder_file("cache/snapshots"));
    return 0;
}

static int close_key(void **state) {
    vault_key_close(key);
    return folder_remove(state);
}

static struct snapshot_store *open_store(const struct vault_key *k, uint64_t max_size) {
    struct snapshot_store *opened;
    ingle_error err;
    mark_error(&err);
    if (snapshot_store_open(&opened, folder, k, max_size, &err) != INGLE_OK)
        fail_msg("%s", err.msg);
    expect_marked(&err);
    return opened;
}

/* Each test begins with an empty store that may hold ten small ones. */
static int begin(void **state) {
    (void)state;
    size_t n;
    store = open_store(key, (uint64_t)10 * FILE_SIZE);
    return snapshot_store_clear(store, &n, NULL) == INGLE_OK ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    snapshot_store_close(store);
    return 0;
}

static struct snapshot_id id_of(const char *name) {
    return (struct snapshot_id){
        .kind = "prefix", .fingerprint = name, .fingerprint_size = strlen(name)};
}

static ingle_status try_put(const char *name, size_t size, ingle_error *err) {
    struct snapshot_id id = id_of(name);
    struct sealed_writer *w;
    INGLE_TRY(snapshot_store_write(&w, store, &id, err));
    (void)!sealed_write(data, size, w);
    return snapshot_store_commit(store, w, err);
}

static void put(const char *name, size_t size) {
    ingle_error err;
    if (try_put(name, size, &err) != INGLE_OK) fail_msg("%s", err.msg);
}

static ingle_status get_from(const struct snapshot_store *from, const char *name, size_t size,
                             ingle_error *err) {
    struct snapshot_id id = id_of(name);
    struct sealed_reader *r;
    INGLE_TRY(snapshot_store_read(&r, from, &id, err));
    (void)!sealed_read(back, size, r);
    ingle_status status = sealed_reader_finish(r, err);
    sealed_reader_close(r);
    if (status == INGLE_OK) assert_memory_equal(back, data, size);
    return status;
}

static ingle_status get(const char *name, size_t size) {
    return get_from(store, name, size, NULL);
}

/* How many there are, and their size together. */
static size_t count(uint64_t *total) {
    struct snapshot_entry *entries;
    size_t n;
    assert_int_equal(snapshot_store_list(store, &entries, &n, NULL), INGLE_OK);
    *total = 0;
    for (size_t i = 0; i < n; i++) *total += entries[i].size;
    mem_free(entries);
    return n;
}

/* Makes the times of two files differ. */
static void later(void) {
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

/* ---- one process ---- */

static void what_was_put_in_comes_back(void **state) {
    (void)state;
    put("a", DATA);
    put("b", 5000);
    assert_int_equal(get("a", DATA), INGLE_OK);
    assert_int_equal(get("b", 5000), INGLE_OK);
    assert_int_equal(get("c", 1), INGLE_NOT_FOUND);
    put("a", 7);
    assert_int_equal(get("a", 7), INGLE_OK);
    struct snapshot_store *again = open_store(key, UINT64_MAX);
    assert_int_equal(get_from(again, "a", 7, NULL), INGLE_OK);
    snapshot_store_close(again);
    snapshot_store_close(NULL);
}

static void kind_and_fingerprint_make_the_name(void **state) {
    (void)state;
    uint64_t total;
    static const struct snapshot_id ids[] = {
        {"prefix", "ab", 2}, {"prefix", "ac", 2}, {"prefixa", "b", 1}, {"prefix", "", 0}};
    for (size_t i = 0; i < BASE_COUNT(ids); i++) {
        struct sealed_writer *w;
        assert_int_equal(snapshot_store_write(&w, store, &ids[i], NULL), INGLE_OK);
        assert_int_equal(snapshot_store_commit(store, w, NULL), INGLE_OK);
    }
    assert_int_equal(count(&total), BASE_COUNT(ids));
}

static void names_are_hexadecimal_and_those_of_another_key_differ(void **state) {
    (void)state;
    struct snapshot_entry *entries;
    size_t n;
    put("a", 1);
    struct vault_key *other_key = vault_key_of(2);
    struct snapshot_store *mine = store;
    store = open_store(other_key, UINT64_MAX);
    assert_int_equal(get("a", 1), INGLE_NOT_FOUND);
    put("a", 1);
    assert_int_equal(snapshot_store_list(store, &entries, &n, NULL), INGLE_OK);
    assert_int_equal(n, 2);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(strlen(entries[i].name), 64);
        assert_int_equal(strspn(entries[i].name, "0123456789abcdef"), 64);
    }
    assert_string_not_equal(entries[0].name, entries[1].name);
    mem_free(entries);
    snapshot_store_close(store);
    vault_key_close(other_key);
    store = mine;
}

static void a_snapshot_under_the_name_of_another_is_refused(void **state) {
    (void)state;
    struct snapshot_entry *entries;
    size_t n;
    put("a", 1);
    later();
    put("b", 1);
    assert_int_equal(snapshot_store_list(store, &entries, &n, NULL), INGLE_OK);
    char a[256], b[256];
    snprintf(a, sizeof a, "%s/%s", folder, entries[0].name);
    snprintf(b, sizeof b, "%s/%s", folder, entries[1].name);
    mem_free(entries);
    assert_int_equal(rename(a, b), 0);
    ingle_error err = {0};
    expect_refusal(get_from(store, "b", 1, &err), INGLE_INVALID, &err, "as something else");
    assert_int_equal(get("a", 1), INGLE_NOT_FOUND);
}

static void a_snapshot_of_an_erased_key_is_of_no_use(void **state) {
    (void)state;
    struct vault_key *first, *second;
    assert_int_equal(vault_key_open_file(&first, folder_file("erased"), NULL), INGLE_OK);
    struct snapshot_store *before = open_store(first, UINT64_MAX), *mine = store;
    store = before;
    put("a", DATA);
    assert_int_equal(vault_key_erase_file(folder_file("erased"), NULL), INGLE_OK);
    assert_int_equal(vault_key_open_file(&second, folder_file("erased"), NULL), INGLE_OK);
    store = open_store(second, UINT64_MAX);
    assert_int_equal(get("a", DATA), INGLE_NOT_FOUND);
    uint64_t total;
    assert_int_equal(count(&total), 1); /* seen, and counted by the limit */
    snapshot_store_close(store);
    snapshot_store_close(before);
    vault_key_close(first);
    vault_key_close(second);
    store = mine;
}

static void one_or_all_can_be_deleted_and_nothing_else_is_touched(void **state) {
    (void)state;
    static const char *const others[] = {
        "note.txt", "lock", "0123456789abcdef",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeF",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.new-xyz"};
    char path[256];
    for (size_t i = 0; i < BASE_COUNT(others); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, others[i]);
        file_write(path, "x", 1);
    }
    put("a", 1);
    put("b", 1);
    put("c", 1);
    struct snapshot_id a = id_of("a");
    ingle_error err = {0};
    size_t n;
    assert_int_equal(snapshot_store_remove(store, &a, NULL), INGLE_OK);
    expect_refusal(snapshot_store_remove(store, &a, &err), INGLE_NOT_FOUND, &err, "Cannot delete");
    assert_int_equal(get("a", 1), INGLE_NOT_FOUND);
    assert_int_equal(get("b", 1), INGLE_OK);
    assert_int_equal(snapshot_store_clear(store, &n, NULL), INGLE_OK);
    assert_int_equal(n, 2);
    assert_int_equal(folder_count(folder, ""), BASE_COUNT(others));
    for (size_t i = 0; i < BASE_COUNT(others); i++) {
        snprintf(path, sizeof path, "%s/%s", folder, others[i]);
        assert_int_equal(unlink(path), 0);
    }
}

static void an_empty_list_is_null(void **state) {
    (void)state;
    struct snapshot_entry *entries = (struct snapshot_entry *)state;
    size_t n = 1;
    assert_int_equal(snapshot_store_list(store, &entries, &n, NULL), INGLE_OK);
    assert_null(entries);
    assert_int_equal(n, 0);
}

/* ---- the limit ---- */

static void those_unused_for_longest_make_room(void **state) {
    (void)state;
    char name[2] = "a";
    uint64_t total;
    for (; name[0] < 'k'; name[0]++) {
        put(name, DATA);
        later();
    }
    assert_int_equal(count(&total), 10);
    assert_int_equal(get("a", DATA), INGLE_OK); /* used now: b is the oldest */
    put("k", DATA);
    assert_int_equal(count(&total), 10);
    assert_int_equal(get("b", DATA), INGLE_NOT_FOUND);
    assert_int_equal(get("a", DATA), INGLE_OK);
    later();
    put("large", 2 * DATA); /* takes the room of two */
    assert_int_equal(count(&total), 9);
    assert_true(total <= (uint64_t)10 * FILE_SIZE);
    assert_int_equal(get("c", DATA), INGLE_NOT_FOUND);
    assert_int_equal(get("d", DATA), INGLE_NOT_FOUND);
    assert_int_equal(get("e", DATA), INGLE_OK);
}

static void a_snapshot_takes_the_room_of_the_one_it_replaces(void **state) {
    (void)state;
    char name[2] = "a";
    uint64_t total;
    for (; name[0] < 'k'; name[0]++) put(name, DATA);
    for (name[0] = 'a'; name[0] < 'k'; name[0]++) put(name, DATA);
    assert_int_equal(count(&total), 10);
    assert_int_equal(total, (uint64_t)10 * FILE_SIZE);
}

static void a_larger_one_needs_the_room_of_others_too(void **state) {
    (void)state;
    char name[2] = "a";
    uint64_t total;
    for (; name[0] < 'k'; name[0]++) {
        put(name, DATA);
        later();
    }
    put("a", 3 * DATA); /* the oldest itself: its own room does not do */
    count(&total);
    assert_true(total <= (uint64_t)10 * FILE_SIZE);
    assert_int_equal(get("a", 3 * DATA), INGLE_OK);
    assert_int_equal(get("b", DATA), INGLE_NOT_FOUND);
    assert_int_equal(get("j", DATA), INGLE_OK);
}

static void one_that_is_larger_than_all_may_be_is_refused_and_costs_no_other(void **state) {
    (void)state;
    ingle_error err = {0};
    put("a", DATA);
    expect_refusal(try_put("b", 50000, &err), INGLE_LIMIT, &err, "is more than all together");
    assert_int_equal(get("a", DATA), INGLE_OK);
    assert_int_equal(folder_count(folder, ".new-"), 0);
}

static void a_full_disk_leaves_what_was_there(void **state) {
    (void)state;
    struct rlimit before;
    ingle_error err = {0};
    put("a", DATA);
    getrlimit(RLIMIT_FSIZE, &before);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){.rlim_cur = 500, .rlim_max = before.rlim_max});
    ingle_status status = try_put("a", 900, &err);
    setrlimit(RLIMIT_FSIZE, &before);
    expect_refusal(status, INGLE_LIMIT, &err, "File too large");
    assert_int_equal(get("a", DATA), INGLE_OK);
    assert_int_equal(folder_count(folder, ".new-"), 0);
}

/* ---- what is left behind ---- */

static void what_a_killed_process_left_is_swept(void **state) {
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        struct snapshot_id id = id_of("killed");
        struct sealed_writer *w;
        if (snapshot_store_write(&w, store, &id, NULL) != INGLE_OK) _exit(1);
        (void)!sealed_write(data, sizeof data, w);
        (void)raise(SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(folder_count(folder, ".new-"), 1);
    snapshot_store_close(store);
    store = open_store(key, UINT64_MAX);
    assert_int_equal(folder_count(folder, ".new-"), 0);
    assert_int_equal(get("killed", 1), INGLE_NOT_FOUND);
}

static void what_is_being_written_is_not_swept(void **state) {
    (void)state;
    struct snapshot_id id = id_of("slow");
    struct sealed_writer *w;
    size_t n;
    assert_int_equal(snapshot_store_write(&w, store, &id, NULL), INGLE_OK);
    snapshot_store_close(open_store(key, UINT64_MAX));
    assert_int_equal(snapshot_store_clear(store, &n, NULL), INGLE_OK);
    assert_int_equal(folder_count(folder, ".new-"), 1);
    assert_true(sealed_write(data, DATA, w));
    assert_int_equal(snapshot_store_commit(store, w, NULL), INGLE_OK);
    assert_int_equal(get("slow", DATA), INGLE_OK);
}

/* ---- refusals ---- */

static void refuse_open(const char *path, ingle_status code, const char *saying) {
    struct snapshot_store *opened = store;
    ingle_error err = {0};
    uint64_t live = mem_live();
    int n_files = process_n_files();
    expect_refusal(snapshot_store_open(&opened, path, key, 1, &err), code, &err, saying);
    assert_null(opened);
    assert_int_equal(mem_live(), live);
    assert_int_equal(process_n_files(), n_files);
}

static void a_folder_that_cannot_be_used_is_refused(void **state) {
    (void)state;
    char long_path[PATH_MAX + 10];
    memset(long_path, 'x', sizeof long_path);
    long_path[sizeof long_path - 1] = '\0';
    file_write(folder_file("file"), "x", 1);
    refuse_open(folder_file("file"), INGLE_NOT_FOUND, "Not a directory");
    refuse_open(long_path, INGLE_FAILED, "File name too long");
    assert_int_equal(chmod(folder, 0755), 0);
    refuse_open(folder, INGLE_REFUSED, "open to other users");
    assert_int_equal(chmod(folder, 0700), 0);
    char lock[256];
    snprintf(lock, sizeof lock, "%s/lock", folder);
    assert_int_equal(unlink(lock), 0);
    assert_int_equal(symlink("../../precious", lock), 0);
    refuse_open(folder, INGLE_FAILED, "lock the folder");
    assert_int_equal(access(folder_file("precious"), F_OK), -1);
    assert_int_equal(unlink(lock), 0);
}

/* ---- many processes ---- */

#define N_WORKERS 6
#define N_STEPS 60
#define N_NAMES 20

/* Writes and reads names at random; whatever is read is right or not there. */
static int work(int number) {
    struct rng r;
    rng_init(&r, (uint64_t)number);
    store = open_store(key, (uint64_t)10 * FILE_SIZE);
    for (int i = 0; i < N_STEPS; i++) {
        char name[16];
        snprintf(name, sizeof name, "%u", rng_below(&r, N_NAMES));
        if (rng_below(&r, 2) == 0) {
            if (try_put(name, DATA, NULL) != INGLE_OK) return 1;
        } else {
            ingle_status status = get(name, DATA);
            if (status != INGLE_OK && status != INGLE_NOT_FOUND) return 2;
        }
        if (i % 20 == 19) {
            snapshot_store_close(store);
            store = open_store(key, (uint64_t)10 * FILE_SIZE);
        }
        uint64_t total;
        if (count(&total) > 10 || total > (uint64_t)10 * FILE_SIZE) return 3;
    }
    snapshot_store_close(store);
    return 0;
}

static void processes_share_a_folder_and_its_limit(void **state) {
    (void)state;
    pid_t children[N_WORKERS];
    for (int i = 0; i < N_WORKERS; i++) {
        children[i] = fork();
        if (children[i] == 0) _exit(work(i));
    }
    for (int i = 0; i < N_WORKERS; i++) {
        int status;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    uint64_t total;
    assert_int_equal(count(&total), 10);
    assert_int_equal(folder_count(folder, ".new-"), 0);
}

int main(void) {
    (void)signal(SIGXFSZ, SIG_IGN);
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(what_was_put_in_comes_back),
        TEST(kind_and_fingerprint_make_the_name),
        TEST(names_are_hexadecimal_and_those_of_another_key_differ),
        TEST(a_snapshot_under_the_name_of_another_is_refused),
        TEST(a_snapshot_of_an_erased_key_is_of_no_use),
        TEST(one_or_all_can_be_deleted_and_nothing_else_is_touched),
        TEST(an_empty_list_is_null),
        TEST(those_unused_for_longest_make_room),
        TEST(a_snapshot_takes_the_room_of_the_one_it_replaces),
        TEST(a_larger_one_needs_the_room_of_others_too),
        TEST(one_that_is_larger_than_all_may_be_is_refused_and_costs_no_other),
        TEST(a_full_disk_leaves_what_was_there),
        TEST(what_a_killed_process_left_is_swept),
        TEST(what_is_being_written_is_not_swept),
        TEST(a_folder_that_cannot_be_used_is_refused),
        TEST(processes_share_a_folder_and_its_limit),
    };
    return cmocka_run_group_tests(tests, make_key, close_key);
}
