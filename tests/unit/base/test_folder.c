/* base/folder: all that is missing of a path is made. */
#include "base/folder.h"

#include <fcntl.h>
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
#include "support/folder.h"

static mode_t mode_of(const char *path) {
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_true(S_ISDIR(st.st_mode));
    return st.st_mode & 0777;
}

static void missing_folders_are_made_for_this_user_alone(void **state) {
    (void)state;
    assert_int_equal(folder_create(folder_file("a/b//c/"), NULL), INGLE_OK);
    assert_int_equal(mode_of(folder_file("a")), 0700);
    assert_int_equal(mode_of(folder_file("a/b/c")), 0700);
}

static void folders_that_are_there_are_left_as_they_are(void **state) {
    (void)state;
    assert_int_equal(mkdir(folder_file("there"), 0755), 0);
    assert_int_equal(folder_create(folder_file("there"), NULL), INGLE_OK);
    assert_int_equal(folder_create(folder_file("there/below"), NULL), INGLE_OK);
    assert_int_equal(mode_of(folder_file("there")), 0755);
    assert_int_equal(folder_create("/", NULL), INGLE_OK);
    assert_int_equal(folder_create("", NULL), INGLE_OK);
}

static void a_file_in_the_way_is_named(void **state) {
    (void)state;
    int fd = open(folder_file("file"), O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    ingle_error err = {0};
    assert_int_equal(folder_create(folder_file("file/x"), &err), INGLE_NOT_FOUND);
    assert_non_null(strstr(err.msg, "Cannot create '"));
    assert_non_null(strstr(err.msg, "file/x'"));
}

static void no_memory_is_said(void **state) {
    (void)state;
    mem_fail_at(1, 0);
    ingle_status status = folder_create("/x", NULL);
    mem_fail_at(0, 0);
    assert_int_equal(status, INGLE_NO_MEMORY);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_folders_are_made_for_this_user_alone),
        cmocka_unit_test(folders_that_are_there_are_left_as_they_are),
        cmocka_unit_test(a_file_in_the_way_is_named),
        cmocka_unit_test(no_memory_is_said),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
