/* Patterns of .gitignore files: what git says of the same (gitignore(5)). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "cli/ignore_file.h"
#include "support/cpu_time.h"
#include "support/files.h"
#include "support/folder.h"

static void patterns_match_as_in_git(void **state) {
    (void)state;
    static const struct {
        const char *pattern, *path;
        bool matches;
    } rows[] = {
        {"a.c", "a.c", true},        {"a.c", "x/a.c", true},    {"a.c", "a.cc", false},
        {"*.o", "x/y.o", true},      {"*.o", "x.o/y", false},   {"/a.c", "a.c", true},
        {"/a.c", "x/a.c", false},    {"x/a.c", "x/a.c", true},  {"x/a.c", "y/x/a.c", false},
        {"x/*", "x/a", true},        {"x/*", "x/a/b", false},   {"**/a", "a", true},
        {"**/a", "x/y/a", true},     {"x/**", "x/y/z", true},   {"x/**/z", "x/z", true},
        {"x/**/z", "x/y/w/z", true}, {"x/**/z", "x/yz", false}, {"?.c", "a.c", true},
        {"?.c", "ab.c", false},      {"[ab].c", "b.c", true},   {"[!ab].c", "b.c", false},
        {"[a-f]1", "d1", true},      {"[a-f]1", "g1", false},   {"[]]", "]", true},
        {"[a", "[a", true},          {"\\*", "*", true},        {"\\*", "a", false},
        {"x*y*z", "xaayaaz", true},  {"x*y*z", "xaaz", false},  {"*", "anything", true},
    };
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        if (ignore_pattern_matches(rows[i].pattern, strlen(rows[i].pattern), rows[i].path) !=
            rows[i].matches) {
            fail_msg("'%s' and '%s'", rows[i].pattern, rows[i].path);
        }
    }
}

static void no_pattern_takes_long(void **state) {
    (void)state;
    char path[200];
    memset(path, 'a', sizeof path);
    path[199] = '\0';
    double start = cpu_time_ms();
    (void)ignore_pattern_matches("*a*a*a*a*a*a*a*a*a*a*b", 22, path);
    (void)ignore_pattern_matches("**/*a**a**a**a**a**a**b", 23, path);
    assert_true(cpu_time_within(start, 200));
}

static void files_of_all_folders_count_and_later_lines_win(void **state) {
    (void)state;
    char root[512];
    static const char own[] = "# no\n*.o\r\nbuild/\n!keep.o\n/top.c  \n";
    (void)strncpy(root, folder_file(""), sizeof root - 1);
    root[strlen(root) - 1] = '\0';
    assert_int_equal(mkdir(folder_file("sub"), 0700), 0);
    file_write(folder_file(".gitignore"), own, sizeof own - 1);
    file_write(folder_file("sub/.gitignore"), "!b.o\n/c.c\n", 10);
    static const struct {
        const char *path;
        bool ignored;
    } rows[] = {
        {"a.o", true},        {"a.c", false},    {"keep.o", false},     {"top.c", true},
        {"sub/top.c", false}, {"sub/a.o", true}, {"sub/b.o", false},    {"sub/c.c", true},
        {"build/x.c", true},  {"build", false},  {"sub/build/x", true}, {".x", true},
        {"sub/.x/y", true},
    };
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        if (ignore_file_says(root, rows[i].path) != rows[i].ignored) fail_msg("%s", rows[i].path);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_match_as_in_git),
        cmocka_unit_test(no_pattern_takes_long),
        cmocka_unit_test(files_of_all_folders_count_and_later_lines_win),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
