/* worker/client/quarantine: a model that crashes again and again is not tried once more. */
#include "worker/client/quarantine.h"

#include <dirent.h>
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

#include "support/folder.h"
#include "support/process.h"
#include "support/refusal.h"

static char folder[512];

static int open_model(const char *name, const char *content) {
    const char *path = folder_file(name);
    if (content) {
        FILE *file = fopen(path, "w");
        assert_true(file && fputs(content, file) >= 0);
        fclose(file);
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static struct quarantine check(int fd) {
    struct quarantine q;
    assert_int_equal(quarantine_check(&q, folder, &fd, 1, NULL), INGLE_OK);
    return q;
}

static int n_files_in(const char *path) {
    int n = 0;
    DIR *dir = opendir(path);
    if (!dir) return 0;
    for (const struct dirent *e; (e = readdir(dir));) n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

static void fresh(const char *name) {
    snprintf(folder, sizeof folder, "%s/crashes", folder_file(name));
}

static void three_crashes_in_a_row_are_enough(void **state) {
    (void)state;
    fresh("three");
    int n_files = process_n_files();
    int fd = open_model("model", "some weights");
    for (int i = 0; i < QUARANTINE_CRASHES; i++) {
        struct quarantine q = check(fd); /* another start each */
        assert_int_equal(q.n_crashes, i);
        quarantine_crashed(&q, "Segmentation fault");
        assert_int_equal(q.n_crashes, i + 1);
    }
    struct quarantine q;
    ingle_error err;
    expect_refusal(quarantine_check(&q, folder, &fd, 1, &err), INGLE_REFUSED, &err,
                   "crashed 3 times in a row (Segmentation fault)");
    close(fd);
    assert_int_equal(process_n_files(), n_files);
    struct stat st;
    assert_int_equal(stat(folder, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/%s", q.folder, q.name);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(st.st_size < 100);
    /* What the sentence says helps. */
    fd = open_model("model", NULL);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(check(fd).n_crashes, 0);
    close(fd);
}

static void a_success_begins_anew(void **state) {
    (void)state;
    fresh("success");
    int fd = open_model("model", "weights");
    for (int i = 0; i < 10; i++) {
        struct quarantine q = check(fd);
        quarantine_crashed(&q, "hung");
        q = check(fd);
        quarantine_crashed(&q, "hung");
        q = check(fd);
        quarantine_worked(&q);
        assert_int_equal(check(fd).n_crashes, 0);
        assert_int_equal(n_files_in(folder), 0);
    }
    close(fd);
}

static void a_model_that_was_changed_or_is_another_has_a_clean_name(void **state) {
    (void)state;
    fresh("changed");
    int fds[2] = {open_model("one", "weights"), open_model("two", "weights")};
    for (int i = 0; i < 3; i++) {
        struct quarantine q = check(fds[0]);
        quarantine_crashed(&q, "hung");
    }
    struct quarantine q;
    assert_int_equal(quarantine_check(&q, folder, &fds[0], 1, NULL), INGLE_REFUSED);
    assert_int_equal(check(fds[1]).n_crashes, 0);
    assert_int_equal(quarantine_check(&q, folder, fds, 2, NULL), INGLE_OK); /* with another part */
    close(fds[0]);
    fds[0] = open_model("one", "weights!");
    assert_int_equal(check(fds[0]).n_crashes, 0);
    close(fds[0]);
    close(fds[1]);
}

static void nothing_is_made_before_something_is_counted(void **state) {
    (void)state;
    fresh("nothing");
    int fd = open_model("model", "weights");
    struct quarantine q = check(fd);
    quarantine_worked(&q);
    struct stat st;
    assert_int_equal(stat(folder, &st), -1);
    assert_int_equal(quarantine_check(&q, NULL, &fd, 1, NULL), INGLE_OK);
    quarantine_crashed(&q, "hung");
    quarantine_worked(&q);
    assert_int_equal(stat(folder, &st), -1);
    close(fd);
}

static void files_of_others_and_files_that_say_nothing_count_nothing(void **state) {
    (void)state;
    static const char *const contents[] = {"",  "x",         "0 hung", "-3 hung", "99999999999 x",
                                           " ", "\0 3 hung", "three"};
    fresh("odd");
    int fd = open_model("model", "weights");
    struct quarantine q = check(fd);
    quarantine_crashed(&q, "hung");
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/%s", q.folder, q.name);
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        FILE *file = fopen(path, "w");
        assert_true(file && fputs(contents[i], file) >= 0);
        fclose(file);
        assert_int_equal(check(fd).n_crashes, 0);
    }
    /* What a file says of how is a few plain words, whoever wrote it. */
    FILE *file = fopen(path, "w");
    assert_true(file && fputs("4 a\x1b[31mb", file) >= 0);
    fclose(file);
    ingle_error err;
    expect_refusal(quarantine_check(&q, folder, &fd, 1, &err), INGLE_REFUSED, &err, "(a)");
    assert_null(strchr(err.msg, '\x1b'));
    assert_int_equal(chmod(path, 0666), 0);
    assert_int_equal(check(fd).n_crashes, 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(check(fd).n_crashes, 0);
    assert_int_equal(chmod(folder, 0777), 0);
    assert_int_equal(check(fd).n_crashes, 0);
    assert_int_equal(chmod(folder, 0700), 0);
    close(fd);
}

static void only_so_many_files_are_kept(void **state) {
    (void)state;
    fresh("many");
    for (int i = 0; i < QUARANTINE_MAX_FILES + 20; i++) {
        char content[32];
        snprintf(content, sizeof content, "weights %d", i);
        int fd = open_model("model", content);
        struct quarantine q = check(fd);
        quarantine_crashed(&q, "hung");
        assert_int_equal(check(fd).n_crashes, 1); /* the youngest stays */
        close(fd);
        usleep(1000); /* the time of a change is not exact */
    }
    int n = n_files_in(folder);
    assert_true(n >= QUARANTINE_MAX_FILES && n <= QUARANTINE_MAX_FILES + 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_crashes_in_a_row_are_enough),
        cmocka_unit_test(a_success_begins_anew),
        cmocka_unit_test(a_model_that_was_changed_or_is_another_has_a_clean_name),
        cmocka_unit_test(nothing_is_made_before_something_is_counted),
        cmocka_unit_test(files_of_others_and_files_that_say_nothing_count_nothing),
        cmocka_unit_test(only_so_many_files_are_kept),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
