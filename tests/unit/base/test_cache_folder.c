/* base/cache_folder: what is trusted, how a file comes to be there, what is swept out. */
#include "base/cache_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "support/folder.h"

#define NOBODY 65534

static char path[128]; /* a folder two levels below that of the test */
static struct cache_folder folder;

static int open_folder(void **state) {
    (void)state;
    snprintf(path, sizeof path, "%s", folder_file("above/cache"));
    ingle_error err = {0};
    if (cache_folder_open(&folder, path, &err) == INGLE_OK) return 0;
    print_error("%s\n", err.msg);
    return -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[256];
    cache_folder_close(&folder);
    snprintf(command, sizeof command, "rm -rf '%s'", folder_file("above"));
    return system(command); /* NOLINT(cert-env33-c): a path of ours */
}

static const char *in_folder(const char *name) {
    static char full[256];
    snprintf(full, sizeof full, "%s/%s", path, name);
    return full;
}

static bool is_there(const char *name) {
    return access(in_folder(name), F_OK) == 0;
}

static void write_file(const char *name, const char *text) {
    int fd = open(in_folder(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static int n_entries(void) {
    char command[256], line[32] = "";
    snprintf(command, sizeof command, "ls -A '%s' | wc -l", path);
    FILE *f = popen(command, "r"); /* NOLINT(cert-env33-c) */
    assert_true(f && fgets(line, sizeof line, f));
    pclose(f);
    return (int)strtol(line, NULL, 10);
}

static void expect_note(ingle_status status, ingle_status code, const ingle_error *err,
                        const char *saying) {
    if (status != code) fail_msg("%s: %s", ingle_status_name(status), err->msg);
    if (!strstr(err->msg, saying)) fail_msg("'%s' does not say '%s'", err->msg, saying);
    assert_int_equal(err->msg[strlen(err->msg) - 1], '.');
}

/* ---- the folder ---- */

static unsigned mode_of(const char *name) {
    struct stat st;
    assert_int_equal(stat(name, &st), 0);
    return st.st_mode & 07777;
}

static void missing_folders_are_made_for_the_user_alone(void **state) {
    (void)state;
    assert_int_equal(mode_of(path), 0700);
    assert_int_equal(mode_of(folder_file("above")), 0700);
    struct cache_folder again;
    assert_int_equal(cache_folder_open(&again, path, NULL), INGLE_OK);
    cache_folder_close(&again);
    assert_int_equal(again.fd, -1);
    cache_folder_close(&again);
}

static void refuses_folder(const char *name, ingle_status code, const char *saying) {
    struct cache_folder f;
    ingle_error err = {0};
    expect_note(cache_folder_open(&f, name, &err), code, &err, saying);
    assert_int_equal(f.fd, -1);
}

static void a_folder_that_others_may_write_to_is_not_trusted(void **state) {
    (void)state;
    static const mode_t modes[] = {0770, 0707, 0777, 01777, 0720, 0702};
    for (size_t i = 0; i < BASE_COUNT(modes); i++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        refuses_folder(path, INGLE_FAILED, "may be written to by others");
    }
    assert_int_equal(chmod(path, 0755), 0);
    struct cache_folder f;
    assert_int_equal(cache_folder_open(&f, path, NULL), INGLE_OK);
    cache_folder_close(&f);
}

static void a_folder_of_another_user_is_not_trusted(void **state) {
    (void)state;
    if (geteuid() == 0) {
        assert_int_equal(chown(path, NOBODY, NOBODY), 0);
        refuses_folder(path, INGLE_FAILED, "belongs to another user");
    } else {
        refuses_folder("/usr", INGLE_FAILED, "belongs to another user");
    }
}

static void what_is_no_folder_or_cannot_be_made_says_so(void **state) {
    (void)state;
    write_file("plain", "x");
    refuses_folder(in_folder("plain"), INGLE_NOT_FOUND, "Not a directory");
    refuses_folder(in_folder("plain/below"), INGLE_NOT_FOUND, "Not a directory");
    refuses_folder("/proc/ingle/packed", INGLE_NOT_FOUND, "Cannot create '/proc/ingle'");
    refuses_folder("", INGLE_NOT_FOUND, "Cannot open ''");
    mem_fail_at(1, 0);
    refuses_folder(in_folder("new/one"), INGLE_NO_MEMORY, "Out of memory");
    mem_fail_at(0, 0);
}

/* ---- finding ---- */

static void refuses_file(const char *name, ingle_status code, const char *saying) {
    int fd;
    ingle_error err = {0};
    expect_note(cache_folder_find(&fd, &folder, name, &err), code, &err, saying);
    assert_int_equal(fd, -1);
}

static void a_file_of_ours_is_found(void **state) {
    (void)state;
    int fd;
    char text[8] = "";
    refuses_file("file", INGLE_NOT_FOUND, "No such file");
    write_file("file", "abc");
    assert_int_equal(cache_folder_find(&fd, &folder, "file", NULL), INGLE_OK);
    assert_int_equal(read(fd, text, sizeof text), 3);
    close(fd);
}

static void what_is_not_ours_alone_is_not_trusted(void **state) {
    (void)state;
    static const char saying[] = "not a file of this user that only this user may write";
    write_file("file", "abc");
    assert_int_equal(chmod(in_folder("file"), 0620), 0);
    refuses_file("file", INGLE_INVALID, saying);
    assert_int_equal(chmod(in_folder("file"), 0602), 0);
    refuses_file("file", INGLE_INVALID, saying);
    assert_int_equal(chmod(in_folder("file"), 0644), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(in_folder("file"), NOBODY, NOBODY), 0);
        refuses_file("file", INGLE_INVALID, saying);
    }
    assert_int_equal(symlink("file", in_folder("link")), 0);
    refuses_file("link", INGLE_INVALID, saying);
    assert_int_equal(mkdir(in_folder("folder"), 0700), 0);
    refuses_file("folder", INGLE_INVALID, saying);
    assert_int_equal(mkfifo(in_folder("pipe"), 0600), 0);
    refuses_file("pipe", INGLE_INVALID, saying);
}

static void a_patch_is_for_the_file_that_was_read(void **state) {
    (void)state;
    struct stat st;
    char text[8] = "";
    ingle_error err = {0};
    write_file("file", "abcdef");
    assert_int_equal(stat(in_folder("file"), &st), 0);
    assert_int_equal(cache_folder_patch(&folder, "file", st.st_ino, "XY", 2, 2, &err), INGLE_OK);
    assert_int_equal(cache_folder_patch(&folder, "file", st.st_ino + 1, "ZZ", 2, 0, &err),
                     INGLE_OK);
    int fd = open(in_folder("file"), O_RDONLY);
    assert_int_equal(read(fd, text, sizeof text), 6);
    close(fd);
    assert_string_equal(text, "abXYef");
    expect_note(cache_folder_patch(&folder, "none", 1, "X", 1, 0, &err), INGLE_NOT_FOUND, &err,
                "Cannot update 'none'");
}

/* ---- writing ---- */

static void a_new_file_is_there_whole_or_not_at_all(void **state) {
    (void)state;
    struct cache_temp t;
    write_file("file", "old");
    assert_int_equal(cache_temp_open(&t, &folder, 100, NULL), INGLE_OK);
    assert_int_equal(n_entries(), 2);
    assert_int_equal(write(t.fd, "newer", 5), 5);
    int fd;
    char text[8] = "";
    assert_int_equal(cache_temp_commit(&t, &folder, "file", NULL), INGLE_OK);
    assert_int_equal(n_entries(), 1);
    assert_int_equal(mode_of(in_folder("file")), 0600);
    assert_int_equal(cache_folder_find(&fd, &folder, "file", NULL), INGLE_OK);
    assert_int_equal(read(fd, text, sizeof text), 5);
    close(fd);
    close(t.fd);
    assert_int_equal(cache_temp_open(&t, &folder, 100, NULL), INGLE_OK);
    cache_temp_abandon(&t, &folder);
    cache_temp_abandon(&t, &folder);
    assert_int_equal(n_entries(), 1);
}

static void refuses_size(uint64_t size, const char *saying) {
    struct cache_temp t;
    ingle_error err = {0};
    expect_note(cache_temp_open(&t, &folder, size, &err), INGLE_LIMIT, &err, saying);
    assert_int_equal(t.fd, -1);
    assert_int_equal(n_entries(), 0);
}

static void what_does_not_fit_is_not_begun(void **state) {
    (void)state;
    refuses_size((uint64_t)1 << 60, "MiB left");
    struct rlimit before, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 100000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    refuses_size(100000, "File too large");
    struct cache_temp t;
    assert_int_equal(cache_temp_open(&t, &folder, 80000, NULL), INGLE_OK);
    cache_temp_abandon(&t, &folder);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
}

/* ---- sweeping ---- */

static void only_what_a_dead_writer_left_is_swept_out(void **state) {
    (void)state;
    struct cache_temp alive;
    assert_int_equal(cache_temp_open(&alive, &folder, 1, NULL), INGLE_OK);
    write_file("other", "x");
    pid_t child = fork();
    if (child == 0) {
        struct cache_temp t;
        _exit(cache_temp_open(&t, &folder, 1, NULL) == INGLE_OK && write(t.fd, "x", 1) == 1);
    }
    int ended;
    assert_int_equal(waitpid(child, &ended, 0), child);
    assert_int_equal(WEXITSTATUS(ended), 1);
    assert_int_equal(n_entries(), 3);
    cache_folder_sweep(&folder);
    assert_int_equal(n_entries(), 2);
    assert_true(is_there("other"));
    assert_true(is_there(alive.name));
    close(alive.fd);
    cache_folder_sweep(&folder);
    assert_int_equal(n_entries(), 1);
}

static bool has_x(int fd, const char *name, const void *arg) {
    assert_memory_equal(name, arg, strlen(arg));
    char c = 0;
    return pread(fd, &c, 1, 0) == 1 && c == 'x';
}

static void what_is_outdated_is_removed_by_its_prefix(void **state) {
    (void)state;
    write_file("aa-1", "x");
    write_file("aa-2", "y");
    write_file("ab-1", "x");
    cache_folder_remove(&folder, "aa-", has_x, "aa-");
    assert_false(is_there("aa-1"));
    assert_true(is_there("aa-2"));
    assert_true(is_there("ab-1"));
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, open_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_FOLDER(missing_folders_are_made_for_the_user_alone),
        IN_FOLDER(a_folder_that_others_may_write_to_is_not_trusted),
        IN_FOLDER(a_folder_of_another_user_is_not_trusted),
        IN_FOLDER(what_is_no_folder_or_cannot_be_made_says_so),
        IN_FOLDER(a_file_of_ours_is_found),
        IN_FOLDER(what_is_not_ours_alone_is_not_trusted),
        IN_FOLDER(a_patch_is_for_the_file_that_was_read),
        IN_FOLDER(a_new_file_is_there_whole_or_not_at_all),
        IN_FOLDER(what_does_not_fit_is_not_begun),
        IN_FOLDER(only_what_a_dead_writer_left_is_swept_out),
        IN_FOLDER(what_is_outdated_is_removed_by_its_prefix),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
