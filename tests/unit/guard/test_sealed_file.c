/* guard/vault/sealed_writer and sealed_reader: what was written comes back, and a file is whole or
 * not there. (Files that somebody has changed: test_sealed_hostile.c.) */
#include "guard/vault/sealed_file.h"

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
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "guard/vault/sealed_internal.h"
#include "support/files.h"
#include "support/folder.h"
#include "support/process.h"
#include "support/refusal.h"
#include "support/vault.h"

#define MEGABYTES 5

static struct vault_key *key;
static struct sealed_as as;
static uint8_t data[MEGABYTES << 20], back[MEGABYTES << 20];

static int make_key(void **state) {
    if (folder_make(state) != 0) return -1;
    key = vault_key_of(1);
    as = (struct sealed_as){.key = key, .kind = SEALED_SNAPSHOT, .context = "x", .context_size = 1};
    fill(data, sizeof data, 1);
    return 0;
}

static int close_key(void **state) {
    vault_key_close(key);
    return folder_remove(state);
}

static size_t sealed_size(size_t plain) {
    return SEALED_HEADER + plain + (plain + SEALED_CHUNK - 1) / SEALED_CHUNK * CRYPT_STREAM_EXTRA;
}

/* ---- what comes back ---- */

/* The types that a session takes its callbacks in. */
typedef bool (*write_fn)(const void *, size_t, void *);
typedef bool (*read_fn)(void *, size_t, void *);

static void round_trip(size_t size, size_t piece_out, size_t piece_in) {
    const char *path = folder_file("trip");
    const write_fn put = sealed_write;
    const read_fn get = sealed_read;
    struct sealed_writer *w;
    struct sealed_reader *r;
    ingle_error err;
    mark_error(&err);
    memset(back, 0, size);
    assert_int_equal(sealed_writer_open(&w, path, &as, &err), INGLE_OK);
    for (size_t at = 0; at < size; at += piece_out) {
        assert_true(put(data + at, size - at < piece_out ? size - at : piece_out, w));
    }
    assert_int_equal(sealed_writer_commit(w, &err), INGLE_OK);
    assert_int_equal(sealed_reader_open(&r, path, &as, &err), INGLE_OK);
    for (size_t at = 0; at < size; at += piece_in) {
        assert_true(get(back + at, size - at < piece_in ? size - at : piece_in, r));
    }
    assert_int_equal(sealed_reader_finish(r, &err), INGLE_OK);
    expect_marked(&err);
    sealed_reader_close(r);
    assert_memory_equal(back, data, size);
}

/* Whoever does not know how much there is learns it at the end. */
static void read_what_there_is(size_t size, size_t cap) {
    const char *path = folder_file("some");
    struct sealed_reader *r;
    size_t at = 0, n = 0;
    seal(path, &as, data, size);
    memset(back, 0, size);
    assert_int_equal(sealed_reader_open(&r, path, &as, NULL), INGLE_OK);
    do {
        assert_true(sealed_read_some(back + at, cap, &n, r));
        at += n;
        assert_true(n == cap || at == size);
    } while (n > 0);
    assert_int_equal(at, size);
    assert_int_equal(sealed_reader_finish(r, NULL), INGLE_OK);
    sealed_reader_close(r);
    assert_memory_equal(back, data, size);
}

static void data_comes_back_to_who_does_not_know_its_size(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 1020, 65532, 65533, 131064, 200000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        read_what_there_is(sizes[i], 4096);
        read_what_there_is(sizes[i], 262144);
    }
}

static void data_of_every_size_comes_back(void **state) {
    (void)state;
    static const size_t around[] = {0,
                                    1,
                                    2,
                                    1019,
                                    1020,
                                    1021,
                                    1024,
                                    4096,
                                    SEALED_ROOM,
                                    2 * SEALED_ROOM,
                                    3 * SEALED_ROOM,
                                    5 * SEALED_ROOM,
                                    SEALED_CHUNK,
                                    8 * SEALED_ROOM,
                                    9 * SEALED_ROOM,
                                    40 * SEALED_ROOM};
    for (size_t i = 0; i < BASE_COUNT(around); i++) {
        for (size_t d = 0; d < 5; d++) {
            if (around[i] + d < 2) continue;
            round_trip(around[i] + d - 2, SIZE_MAX, SIZE_MAX);
        }
    }
    assert_int_equal(folder_count(folder_file("."), SEALED_UNFINISHED), 0);
}

static void it_does_not_matter_in_which_pieces(void **state) {
    (void)state;
    static const size_t pieces[] = {1, 3, 1000, 65531, 65532, 65533, 1 << 20};
    for (size_t i = 0; i < BASE_COUNT(pieces); i++) {
        for (size_t k = 0; k < BASE_COUNT(pieces); k++) {
            round_trip(200000, pieces[i], pieces[k]);
        }
    }
    round_trip(sizeof data, 12345, 54321);
}

/* ---- what a file reveals ---- */

static void lengths_are_few(void **state) {
    (void)state;
    static const size_t sizes[][2] = {/* data, file before it is sealed */
                                      {0, 1024},
                                      {1, 1024},
                                      {1020, 1024},
                                      {1021, 1280},
                                      {1276, 1280},
                                      {1277, 1536},
                                      {1788, 1792},
                                      {1789, 2048},
                                      {2045, 2560},
                                      {SEALED_ROOM, 65536},
                                      {SEALED_ROOM + 1, 81920},
                                      {4000000, 4194304},
                                      {4194304, 5242880}};
    for (size_t i = 0; i < BASE_COUNT(sizes); i++) {
        seal(folder_file("length"), &as, data, sizes[i][0]);
        assert_int_equal(file_size(folder_file("length")), sealed_size(sizes[i][1]));
    }
}

static void no_two_files_have_anything_in_common(void **state) {
    (void)state;
    size_t n_one, n_two, n_same = 0;
    memset(back, 0, 1000);
    seal(folder_file("one"), &as, back, 1000);
    seal(folder_file("two"), &as, back, 1000);
    uint8_t *one = file_read(folder_file("one"), &n_one),
            *two = file_read(folder_file("two"), &n_two);
    assert_int_equal(n_one, n_two);
    assert_memory_equal(one, SEALED_MAGIC "\1\0\0\0\1\0\0\0", 16);
    assert_memory_equal(one, two, 16);
    for (size_t i = 16; i < n_one; i++) n_same += one[i] == two[i];
    assert_true(n_same < 30); /* 4 are expected, one in 256 */
    free(one);
    free(two);
}

static void only_the_owner_may_read_it_whatever_the_umask(void **state) {
    (void)state;
    mode_t before = umask(0);
    struct sealed_writer *w;
    assert_int_equal(sealed_writer_open(&w, folder_file("mode"), &as, NULL), INGLE_OK);
    assert_int_equal(file_mode(sealed_writer_unfinished(w)), 0600);
    assert_int_equal(sealed_writer_commit(w, NULL), INGLE_OK);
    assert_int_equal(file_mode(folder_file("mode")), 0600);
    umask(before);
}

/* ---- whole or not there ---- */

static void a_file_has_its_name_only_when_it_is_whole(void **state) {
    (void)state;
    const char *path = folder_file("later");
    struct sealed_writer *w;
    assert_int_equal(sealed_writer_open(&w, path, &as, NULL), INGLE_OK);
    assert_true(sealed_write(data, 200000, w));
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(folder_count(folder_file("."), SEALED_UNFINISHED), 1);
    assert_int_equal(access(sealed_writer_unfinished(w), F_OK), 0);
    sealed_writer_abort(w);
    sealed_writer_abort(NULL);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(folder_count(folder_file("."), SEALED_UNFINISHED), 0);
}

static void the_old_file_stays_until_the_new_one_is_whole(void **state) {
    (void)state;
    const char *path = folder_file("old");
    struct sealed_writer *w;
    seal(path, &as, data, 100);
    assert_int_equal(sealed_writer_open(&w, path, &as, NULL), INGLE_OK);
    assert_true(sealed_write(data + 100, 50, w));
    assert_int_equal(unseal(path, &as, back, 100, NULL), INGLE_OK);
    sealed_writer_abort(w);
    assert_int_equal(unseal(path, &as, back, 100, NULL), INGLE_OK);
    seal(path, &as, data + 100, 50);
    assert_int_equal(unseal(path, &as, back, 50, NULL), INGLE_OK);
    assert_memory_equal(back, data + 100, 50);
}

static void links_are_replaced_not_followed(void **state) {
    (void)state;
    const char *path = folder_file("link"), *target = folder_file("precious");
    struct stat st;
    file_write(target, "precious", 8);
    assert_int_equal(symlink("precious", path), 0);
    seal(path, &as, data, 100);
    assert_int_equal(lstat(path, &st), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_int_equal(file_size(target), 8);
    /* To read, a link is as good as its file. */
    assert_int_equal(symlink("link", folder_file("to-link")), 0);
    assert_int_equal(unseal(folder_file("to-link"), &as, back, 100, NULL), INGLE_OK);
}

static void refuse_writing(const char *path, ingle_status code, const char *saying) {
    struct sealed_writer *w = (struct sealed_writer *)(uintptr_t)path;
    ingle_error err = {0};
    uint64_t live = mem_live();
    int n_files = process_n_files();
    ingle_status status = sealed_writer_open(&w, path, &as, &err);
    if (status == INGLE_OK) {
        (void)!sealed_write(data, 100000, w);
        status = sealed_writer_commit(w, &err);
    } else {
        assert_null(w);
    }
    expect_refusal(status, code, &err, saying);
    assert_int_equal(mem_live(), live);
    assert_int_equal(process_n_files(), n_files);
}

static void places_for_no_file_are_refused(void **state) {
    (void)state;
    char long_path[PATH_MAX + 10];
    memset(long_path, 'x', sizeof long_path);
    long_path[sizeof long_path - 1] = '\0';
    assert_int_equal(mkdir(folder_file("dir"), 0700), 0);
    refuse_writing("", INGLE_NOT_FOUND, "Cannot write '': No such file");
    refuse_writing(folder_file("dir/"), INGLE_FAILED, "Is a directory");
    refuse_writing(folder_file("dir"), INGLE_FAILED, "Is a directory");
    refuse_writing(folder_file("none/x"), INGLE_NOT_FOUND, "No such file");
    refuse_writing(folder_file("precious/x"), INGLE_NOT_FOUND, "Not a directory");
    refuse_writing(long_path, INGLE_FAILED, "File name too long");
    assert_int_equal(folder_count(folder_file("."), SEALED_UNFINISHED), 0);
}

static void a_folder_that_cannot_be_written_to_is_refused(void **state) {
    (void)state;
    assert_int_equal(mkdir(folder_file("closed"), 0700), 0);
    assert_int_equal(chmod(folder_file("closed"), 0555), 0);
    assert_int_equal(chmod(folder_file("."), 0755), 0);
    bool is_root = geteuid() == 0;
    if (is_root) assert_int_equal(seteuid(NOBODY), 0);
    refuse_writing(folder_file("closed/x"), INGLE_FAILED, "closed/x': Permission denied");
    if (is_root) assert_int_equal(seteuid(0), 0);
}

/* At whatever byte the disk is full: one sentence, and the folder as it was. */
static void a_full_disk_leaves_the_old_file_and_nothing_else(void **state) {
    (void)state;
    char path[128];
    struct rlimit before;
    snprintf(path, sizeof path, "%s", folder_file("full"));
    seal(path, &as, data, 100);
    const size_t size = sealed_size(114688); /* of what refuse_writing() writes */
    getrlimit(RLIMIT_FSIZE, &before);
    for (size_t limit = 0; limit < size; limit += limit < 70 ? 1 : 4099) {
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){.rlim_cur = limit, .rlim_max = before.rlim_max});
        refuse_writing(path, INGLE_LIMIT, "full': File too large");
        setrlimit(RLIMIT_FSIZE, &before);
        assert_int_equal(folder_count(folder_file("."), SEALED_UNFINISHED), 0);
        assert_int_equal(unseal(path, &as, back, 100, NULL), INGLE_OK);
    }
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){.rlim_cur = size, .rlim_max = before.rlim_max});
    seal(path, &as, data, 100000);
    setrlimit(RLIMIT_FSIZE, &before);
}

static void what_is_missing_or_no_file_cannot_be_read(void **state) {
    (void)state;
    ingle_error err = {0};
    expect_refusal(unseal(folder_file("nothing"), &as, back, 1, &err), INGLE_NOT_FOUND, &err,
                   "nothing': No such file");
    expect_refusal(unseal(folder_file("."), &as, back, 1, &err), INGLE_INVALID, &err,
                   "not a regular file");
    assert_int_equal(mkfifo(folder_file("pipe"), 0600), 0);
    expect_refusal(unseal(folder_file("pipe"), &as, back, 1, &err), INGLE_INVALID, &err,
                   "not a regular file");
    char long_path[PATH_MAX + 10];
    memset(long_path, 'x', sizeof long_path);
    long_path[sizeof long_path - 1] = '\0';
    expect_refusal(unseal(long_path, &as, back, 1, &err), INGLE_NOT_FOUND, &err, "name too long");
    sealed_reader_close(NULL);
}

int main(void) {
    (void)signal(SIGXFSZ, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_of_every_size_comes_back),
        cmocka_unit_test(data_comes_back_to_who_does_not_know_its_size),
        cmocka_unit_test(it_does_not_matter_in_which_pieces),
        cmocka_unit_test(lengths_are_few),
        cmocka_unit_test(no_two_files_have_anything_in_common),
        cmocka_unit_test(only_the_owner_may_read_it_whatever_the_umask),
        cmocka_unit_test(a_file_has_its_name_only_when_it_is_whole),
        cmocka_unit_test(the_old_file_stays_until_the_new_one_is_whole),
        cmocka_unit_test(links_are_replaced_not_followed),
        cmocka_unit_test(places_for_no_file_are_refused),
        cmocka_unit_test(a_folder_that_cannot_be_written_to_is_refused),
        cmocka_unit_test(a_full_disk_leaves_the_old_file_and_nothing_else),
        cmocka_unit_test(what_is_missing_or_no_file_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, make_key, close_key);
}
