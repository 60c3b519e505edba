/* The file of tuning results: what is kept is found, whatever else is in the file. */
#include "engine/run/tune_file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "support/folder.h"

#define KEY "Some CPU, avx2, 8 processors, 4 cores, 4 fast, quota 0 %"
#define GOOD "1\t1700000000\t4\t1=9000 4=17300 8=15000\t" KEY "\n"

static const struct tune_result candidates = {.n = 3, .counts = {1, 4, 8}};

/* A new folder for each test; overwritten by the next call. */
static const char *new_folder(void) {
    static char path[256];
    static int n;
    char name[32];
    snprintf(name, sizeof name, "cache%d", n++);
    snprintf(path, sizeof path, "%s", folder_file(name));
    return path;
}

static void put(const char *folder, const void *text, size_t size) {
    char path[300];
    (void)mkdir(folder, 0700);
    snprintf(path, sizeof path, "%s/tune", folder);
    (void)unlink(path); /* some file systems write a file at once that replaces its bytes */
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, size, f), size);
    fclose(f);
}

static ingle_status find(struct tune_record *r, const char *folder, ingle_error *err) {
    *r = (struct tune_record){.result = candidates};
    return tune_file_find(r, folder, KEY, err);
}

static ingle_status find_in(struct tune_record *r, const char *text) {
    const char *folder = new_folder();
    put(folder, text, strlen(text));
    return find(r, folder, NULL);
}

static void append(const char *folder, const char *key, int n_threads) {
    struct tune_record r = {
        .when = 1700000000 + n_threads, .n_threads = n_threads, .result = candidates};
    for (int i = 0; i < r.result.n; i++) r.result.speeds[i] = n_threads ? 1.5 * (i + 1) : 0;
    int fd;
    assert_int_equal(tune_file_open(&fd, folder, NULL), INGLE_OK);
    assert_int_equal(tune_file_append(fd, folder, key, &r, NULL), INGLE_OK);
}

static void what_was_kept_is_found(void **state) {
    (void)state;
    const char *folder = new_folder();
    struct tune_record r;
    append(folder, KEY, 4);
    struct stat st;
    char path[300];
    snprintf(path, sizeof path, "%s/tune", folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(find(&r, folder, NULL), INGLE_OK);
    assert_int_equal(r.n_threads, 4);
    assert_int_equal(r.when, 1700000004);
    assert_true(r.result.speeds[0] == 1.5 && r.result.speeds[2] == 4.5);
}

static void the_newest_of_this_machine_counts(void **state) {
    (void)state;
    const char *folder = new_folder();
    struct tune_record r;
    append(folder, KEY, 4);
    append(folder, KEY, 8);
    append(folder, KEY "x", 1);
    append(folder, "Other", 1);
    assert_int_equal(find(&r, folder, NULL), INGLE_OK);
    assert_int_equal(r.n_threads, 8);
    append(folder, KEY, 0);
    assert_int_equal(find(&r, folder, NULL), INGLE_OK);
    assert_int_equal(r.n_threads, 0);
}

static void a_folder_without_results_says_so(void **state) {
    (void)state;
    struct tune_record r;
    ingle_error err = {0};
    assert_int_equal(find(&r, new_folder(), &err), INGLE_NOT_FOUND);
    assert_non_null(strstr(err.msg, "holds no results of tuning yet."));
    const char *folder = new_folder();
    append(folder, "Other", 4);
    assert_int_equal(find(&r, folder, &err), INGLE_NOT_FOUND);
    assert_non_null(strstr(err.msg, "has no result for this machine"));
}

static void a_good_line_is_read(void **state) {
    (void)state;
    struct tune_record r;
    assert_int_equal(find_in(&r, GOOD), INGLE_OK);
    assert_int_equal(r.n_threads, 4);
    assert_int_equal(find_in(&r, "\n\nnonsense\n" GOOD "more nonsense\n2\t\n"), INGLE_OK);
    assert_int_equal(r.n_threads, 4);
}

static void lines_that_are_not_right_in_every_part_are_passed_over(void **state) {
    (void)state;
    static const char *const lines[] = {
        "",
        "1",
        "1\t",
        "1\t1700000000\t4\t1=9000 4=17300 8=15000\t" KEY,      /* no end */
        "2\t1700000000\t4\t1=9000 4=17300 8=15000\t" KEY "\n", /* other version */
        "11\t1700000000\t4\t1=9000 4=17300 8=15000\t" KEY "\n",
        "1\t-5\t4\t1=9000 4=17300 8=15000\t" KEY "\n", /* before time */
        "1\t99999999999999999999\t4\t1=9000 4=17300 8=15000\t" KEY "\n",
        "1\t1700000000\t3\t1=9000 4=17300 8=15000\t" KEY "\n", /* no candidate */
        "1\t1700000000\t-4\t1=9000 4=17300 8=15000\t" KEY "\n",
        "1\t1700000000\t4294967300\t1=9000 4=17300 8=15000\t" KEY "\n",
        "1\t1700000000\t4\t1=9000 4=17300\t" KEY "\n", /* other candidates */
        "1\t1700000000\t4\t1=9000 4=17300 8=15000 16=1\t" KEY "\n",
        "1\t1700000000\t4\t1=9000 2=17300 8=15000\t" KEY "\n",
        "1\t1700000000\t4\t1=9000 4=0 8=15000\t" KEY "\n", /* no speed */
        "1\t1700000000\t4\t1=9000 4=-1 8=15000\t" KEY "\n",
        "1\t1700000000\t4\t1=9000 4= 8=15000\t" KEY "\n",
        "1\t1700000000\t4\t1=9000 4=17300 8=15000\t" KEY " \n", /* other machine */
        "1\t1700000000\t4\t1=9000 4=17300 8=15000\t\n",
        "1 1700000000 4 1=9000 4=17300 8=15000 " KEY "\n", /* no tabs */
    };
    struct tune_record r;
    for (size_t i = 0; i < BASE_COUNT(lines); i++) {
        assert_int_equal(find_in(&r, lines[i]), INGLE_NOT_FOUND);
        assert_int_equal(r.n_threads, 0);
    }
}

static void every_cut_and_every_flipped_bit_is_survived(void **state) {
    (void)state;
    const char *folder = new_folder();
    char text[sizeof GOOD];
    struct tune_record r;
    for (size_t n = 0; n < sizeof GOOD - 1; n++) {
        put(folder, GOOD, n);
        assert_int_equal(find(&r, folder, NULL), INGLE_NOT_FOUND);
    }
    for (size_t at = 0; at < sizeof GOOD - 1; at++) {
        for (int bit = 0; bit < 8; bit++) {
            memcpy(text, GOOD, sizeof GOOD);
            text[at] = (char)(text[at] ^ 1 << bit);
            put(folder, text, sizeof GOOD - 1);
            ingle_status status = find(&r, folder, NULL);
            if (status == INGLE_OK) {
                assert_true(r.n_threads == 4 || r.n_threads == 8 || r.n_threads == 0 ||
                            r.n_threads == 1);
                assert_true(r.when > 0);
            }
        }
    }
}

static void a_line_after_half_a_line_is_whole(void **state) {
    (void)state;
    const char *folder = new_folder();
    struct tune_record r;
    put(folder, GOOD, sizeof GOOD - 20);
    append(folder, KEY, 8);
    assert_int_equal(find(&r, folder, NULL), INGLE_OK);
    assert_int_equal(r.n_threads, 8);
}

static void a_file_that_has_grown_long_is_begun_anew(void **state) {
    (void)state;
    const char *folder = new_folder();
    char path[300];
    struct stat st;
    struct tune_record r;
    static char junk[32700];
    memset(junk, 'x', sizeof junk);
    put(folder, junk, sizeof junk);
    snprintf(path, sizeof path, "%s/tune", folder);
    for (int i = 0; i < 3; i++) {
        append(folder, KEY, i % 2 ? 4 : 8);
        assert_int_equal(find(&r, folder, NULL), INGLE_OK);
        assert_int_equal(r.n_threads, i % 2 ? 4 : 8);
        assert_int_equal(stat(path, &st), 0);
        assert_true(i == 0 ? st.st_size > 32700 : st.st_size < 300);
    }
}

static void what_is_no_file_is_refused(void **state) {
    (void)state;
    struct tune_record r;
    ingle_error err = {0};
    char path[300];
    int fd;
    const char *folder = new_folder();
    assert_int_equal(mkdir(folder, 0700), 0);
    snprintf(path, sizeof path, "%s/tune", folder);
    assert_int_equal(mkfifo(path, 0600), 0); /* would block for ever */
    assert_int_equal(find(&r, folder, &err), INGLE_INVALID);
    assert_non_null(strstr(err.msg, "is no regular file."));
    assert_int_equal(tune_file_open(&fd, folder, &err), INGLE_INVALID);
    assert_int_equal(fd, -1);
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(find(&r, folder, &err), INGLE_INVALID);
    assert_int_equal(tune_file_open(&fd, folder, &err), INGLE_FAILED);
    rmdir(path);
    assert_int_equal(symlink("elsewhere", path), 0);
    assert_int_equal(tune_file_open(&fd, folder, &err), INGLE_FAILED);
    assert_int_equal(tune_file_open(&fd, "/proc/no/such", &err), INGLE_NOT_FOUND);
    assert_non_null(strstr(err.msg, "Cannot create '/proc/no'"));
}

static void a_line_that_does_not_fit_on_the_disk_is_said_and_leaves_nothing(void **state) {
    (void)state;
    const struct tune_record r = {.when = 1, .n_threads = 1, .result = candidates};
    ingle_error err = {0};
    int fd = open("/dev/full", O_RDWR | O_APPEND);
    if (fd < 0) skip();
    assert_int_equal(tune_file_append(fd, "folder", KEY, &r, &err), INGLE_LIMIT);
    assert_non_null(strstr(err.msg, "Cannot write the tuning file in 'folder': "));
}

static void the_key_tells_machines_apart(void **state) {
    (void)state;
    static struct cpu_topology t = {
        .name = "A\tB\nC", .n_slots = 8, .n_physical = 4, .n_fast = 2, .quota = 1.5};
    char key[TUNE_KEY_CAP], other[TUNE_KEY_CAP];
    tune_key(key, &t, CPU_TIER_REF);
    assert_string_equal(key, "A B C, ref, 8 processors, 4 cores, 2 fast, quota 150 %");
    t.quota = 2;
    tune_key(other, &t, CPU_TIER_REF);
    assert_string_not_equal(key, other);
    memset(t.name, 'x', sizeof t.name - 1);
    t.quota = 1e6;
    t.n_slots = t.n_physical = t.n_fast = 1024;
    tune_key(key, &t, CPU_TIER_AVX512BF16);
    assert_non_null(strstr(key, "quota 100000000 %"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_kept_is_found),
        cmocka_unit_test(the_newest_of_this_machine_counts),
        cmocka_unit_test(a_folder_without_results_says_so),
        cmocka_unit_test(a_good_line_is_read),
        cmocka_unit_test(lines_that_are_not_right_in_every_part_are_passed_over),
        cmocka_unit_test(every_cut_and_every_flipped_bit_is_survived),
        cmocka_unit_test(a_line_after_half_a_line_is_whole),
        cmocka_unit_test(a_file_that_has_grown_long_is_begun_anew),
        cmocka_unit_test(what_is_no_file_is_refused),
        cmocka_unit_test(a_line_that_does_not_fit_on_the_disk_is_said_and_leaves_nothing),
        cmocka_unit_test(the_key_tells_machines_apart),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
