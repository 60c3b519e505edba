/* guard/vault/private_folder: folders that are made for their owner alone, and those refused. */
#include "guard/vault/private_folder.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/files.h"
#include "support/folder.h"
#include "support/process.h"
#include "support/refusal.h"
#include "support/vault.h"

static void missing_folders_are_made_for_their_owner_alone(void **state) {
    (void)state;
    int fd;
    mode_t before = umask(0);
    assert_int_equal(private_folder_make(&fd, folder_file("a/b//c/"), NULL), INGLE_OK);
    close(fd);
    umask(before);
    assert_int_equal(file_mode(folder_file("a")), 0700);
    assert_int_equal(file_mode(folder_file("a/b")), 0700);
    assert_int_equal(file_mode(folder_file("a/b/c")), 0700);
    assert_int_equal(private_folder_make(&fd, folder_file("a/b/c"), NULL), INGLE_OK);
    close(fd);
    assert_int_equal(private_folder_open(&fd, folder_file("a/b/c"), NULL), INGLE_OK);
    close(fd);
}

static void only_the_last_folder_has_to_be_private(void **state) {
    (void)state;
    int fd;
    assert_int_equal(mkdir(folder_file("open"), 0700), 0);
    assert_int_equal(chmod(folder_file("open"), 0755), 0);
    assert_int_equal(private_folder_make(&fd, folder_file("open/inner"), NULL), INGLE_OK);
    close(fd);
}

static void refuse(const char *path, bool make, ingle_status code, const char *saying) {
    ingle_error err = {0};
    int fd = 0, n_files = process_n_files();
    ingle_status status =
        make ? private_folder_make(&fd, path, &err) : private_folder_open(&fd, path, &err);
    expect_refusal(status, code, &err, saying);
    assert_int_equal(fd, -1);
    assert_int_equal(process_n_files(), n_files);
}

static void a_folder_that_others_may_enter_is_refused(void **state) {
    (void)state;
    static const mode_t modes[] = {0701, 0710, 0740, 0755, 0777, 01777};
    assert_int_equal(mkdir(folder_file("shared"), 0700), 0);
    for (size_t i = 0; i < BASE_COUNT(modes); i++) {
        char saying[64];
        assert_int_equal(chmod(folder_file("shared"), modes[i]), 0);
        snprintf(saying, sizeof saying, "its mode is %03o and should be 700", modes[i] & 0777u);
        refuse(folder_file("shared"), true, INGLE_REFUSED, saying);
        refuse(folder_file("shared"), false, INGLE_REFUSED, "open to other users");
    }
}

static void a_folder_of_another_user_is_refused(void **state) {
    (void)state;
    if (geteuid() != 0) {
        refuse("/", false, INGLE_REFUSED, "'/' belongs to another user");
        return;
    }
    assert_int_equal(mkdir(folder_file("theirs"), 0700), 0);
    assert_int_equal(chown(folder_file("theirs"), NOBODY, (gid_t)-1), 0);
    refuse(folder_file("theirs"), true, INGLE_REFUSED, "belongs to another user");
}

static void where_no_folder_can_be_is_said(void **state) {
    (void)state;
    char long_path[PATH_MAX + 10];
    memset(long_path, 'x', sizeof long_path);
    long_path[sizeof long_path - 1] = '\0';
    file_write(folder_file("file"), "x", 1);
    refuse(folder_file("file"), true, INGLE_NOT_FOUND, "Not a directory");
    refuse(folder_file("file/below"), true, INGLE_NOT_FOUND, "Not a directory");
    refuse(folder_file("file/below/more"), true, INGLE_NOT_FOUND, "Not a directory");
    refuse(folder_file("missing"), false, INGLE_NOT_FOUND, "No such file");
    refuse("", true, INGLE_NOT_FOUND, "No such file");
    refuse(long_path, true, INGLE_FAILED, "File name too long");
}

static void a_folder_that_may_not_be_made_says_why(void **state) {
    (void)state;
    const char *closed = folder_file("closed"), *below = folder_file("closed/a/b");
    assert_int_equal(mkdir(closed, 0700), 0);
    assert_int_equal(chmod(closed, 0555), 0);
    assert_int_equal(chmod(folder_file("."), 0755), 0);
    bool is_root = geteuid() == 0;
    if (is_root) assert_int_equal(seteuid(NOBODY), 0);
    refuse(below, true, INGLE_FAILED, "Permission denied");
    if (is_root) assert_int_equal(seteuid(0), 0);
    assert_int_equal(chmod(closed, 0700), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_folders_are_made_for_their_owner_alone),
        cmocka_unit_test(only_the_last_folder_has_to_be_private),
        cmocka_unit_test(a_folder_that_others_may_enter_is_refused),
        cmocka_unit_test(a_folder_of_another_user_is_refused),
        cmocka_unit_test(where_no_folder_can_be_is_said),
        cmocka_unit_test(a_folder_that_may_not_be_made_says_why),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
