/* Lines out of a pipe, however they come. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "cli/reader.h"
#include "support/refusal.h"

/* A reader of a pipe that holds this text and is closed. */
static int open_pipe(const void *text, size_t len) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], text, len), len);
    assert_int_equal(close(ends[1]), 0);
    return ends[0];
}

static void expect_lines(const char *text, size_t len, const char *const *lines, size_t n_lines) {
    static struct reader r;
    int fd = open_pipe(text, len);
    reader_init(&r, fd, "the pipe");
    struct buf line;
    buf_init(&line, 1 << 16);
    bool has_line;
    for (size_t i = 0; i < n_lines; i++) {
        buf_reset(&line);
        assert_int_equal(reader_line(&r, &line, &has_line, NULL), INGLE_OK);
        assert_true(has_line);
        assert_int_equal(line.size, strlen(lines[i]));
        if (line.size) assert_memory_equal(line.data, lines[i], line.size);
    }
    for (int again = 0; again < 2; again++) {
        buf_reset(&line);
        assert_int_equal(reader_line(&r, &line, &has_line, NULL), INGLE_OK);
        assert_false(has_line);
        assert_int_equal(line.size, 0);
    }
    buf_clear(&line);
    close(fd);
}

static void lines_come_one_by_one_and_the_last_may_lack_its_end(void **state) {
    (void)state;
    expect_lines("", 0, NULL, 0);
    expect_lines("\n", 1, (const char *const[]){""}, 1);
    expect_lines("one", 3, (const char *const[]){"one"}, 1);
    expect_lines("one\n", 4, (const char *const[]){"one"}, 1);
    expect_lines("one\n\n two \nthree", 16, (const char *const[]){"one", "", " two ", "three"}, 4);
}

static void any_bytes_are_a_line(void **state) {
    (void)state;
    static struct reader r;
    int fd = open_pipe("a\0b\xff\nc", 6);
    reader_init(&r, fd, "the pipe");
    struct buf line;
    buf_init(&line, 100);
    bool has_line;
    assert_int_equal(reader_line(&r, &line, &has_line, NULL), INGLE_OK);
    assert_true(has_line);
    assert_int_equal(line.size, 4);
    assert_memory_equal(line.data, "a\0b\xff", 4);
    buf_clear(&line);
    close(fd);
}

static void a_line_longer_than_a_block_is_one_line(void **state) {
    (void)state;
    static char text[40000];
    memset(text, 'x', sizeof text);
    text[39998] = '\n';
    static struct reader r;
    int fd = open_pipe(text, sizeof text);
    reader_init(&r, fd, "the pipe");
    struct buf line;
    buf_init(&line, sizeof text);
    bool has_line;
    assert_int_equal(reader_line(&r, &line, &has_line, NULL), INGLE_OK);
    assert_int_equal(line.size, 39998);
    buf_reset(&line);
    assert_int_equal(reader_line(&r, &line, &has_line, NULL), INGLE_OK);
    assert_int_equal(line.size, 1);
    buf_clear(&line);
    close(fd);
}

static void a_line_past_the_maximum_is_refused(void **state) {
    (void)state;
    static struct reader r;
    int fd = open_pipe("12345678901", 11);
    reader_init(&r, fd, "the pipe");
    struct buf line;
    buf_init(&line, 10);
    bool has_line;
    ingle_error err = {0};
    expect_refusal(reader_line(&r, &line, &has_line, &err), INGLE_LIMIT, &err,
                   "A line of the pipe is longer");
    buf_clear(&line);
    close(fd);
}

static void lack_of_memory_and_a_closed_file_are_said(void **state) {
    (void)state;
    static struct reader r;
    int fd = open_pipe("text\n", 5);
    reader_init(&r, fd, "the pipe");
    struct buf line;
    buf_init(&line, 100);
    bool has_line;
    ingle_error err = {0};
    mem_fail_at(1, 0);
    expect_refusal(reader_line(&r, &line, &has_line, &err), INGLE_NO_MEMORY, &err, "the line");
    mem_fail_at(0, 0);
    close(fd);
    buf_clear(&line);
    reader_init(&r, fd, "the pipe");
    expect_refusal(reader_line(&r, &line, &has_line, &err), INGLE_FAILED, &err, "the pipe");
    buf_clear(&line);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_come_one_by_one_and_the_last_may_lack_its_end),
        cmocka_unit_test(any_bytes_are_a_line),
        cmocka_unit_test(a_line_longer_than_a_block_is_one_line),
        cmocka_unit_test(a_line_past_the_maximum_is_refused),
        cmocka_unit_test(lack_of_memory_and_a_closed_file_are_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
