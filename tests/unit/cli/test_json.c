/* cli/json and cli/out: texts of any bytes, on their way to a terminal or a pipe. */
#include "cli/json.h"

#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* What was written: it stays in the buffer, which no test fills. */
static const char *written(struct out *o) {
    out_bytes(o, "", 1);
    return o->data;
}

static void values_and_commas_stand_where_json_wants_them(void **state) {
    (void)state;
    struct out o;
    struct json j;
    out_init(&o, -1, "nothing");
    json_init(&j, &o);
    json_begin(&j, '{');
    json_put_str(&j, "a", "x");
    json_key(&j, "b");
    json_begin(&j, '[');
    json_begin(&j, '[');
    json_end(&j, ']');
    json_int(&j, INT64_MIN);
    json_uint(&j, UINT64_MAX);
    json_bool(&j, true);
    json_end(&j, ']');
    json_key(&j, "c");
    json_begin(&j, '{');
    json_end(&j, '}');
    json_put_number(&j, "d", 0.1, 3);
    json_put_number(&j, "e", NAN, 3);
    json_put_number(&j, "f", -INFINITY, 3);
    json_end(&j, '}');
    assert_string_equal(written(&o), "{\"a\": \"x\", \"b\": [[], -9223372036854775808, "
                                     "18446744073709551615, true], \"c\": {}, \"d\": 0.1, "
                                     "\"e\": null, \"f\": null}\n");
}

static void a_value_inside_a_line_does_not_end_it(void **state) {
    (void)state;
    struct out o;
    struct json j;
    out_init(&o, -1, "nothing");
    json_init_in_line(&j, &o);
    json_begin(&j, '[');
    json_int(&j, 1);
    json_end(&j, ']');
    assert_string_equal(written(&o), "[1]");
}

static void expect_text(const char *bytes, size_t len, const char *json) {
    struct out o;
    struct json j;
    out_init(&o, -1, "nothing");
    json_init_in_line(&j, &o);
    json_text(&j, bytes, len);
    assert_string_equal(written(&o), json);
}

static void texts_of_any_bytes_are_json(void **state) {
    (void)state;
    expect_text("a\"\\\n\t\r\0\x1b\x7f", 9, "\"a\\\"\\\\\\n\\t\\u000d\\u0000\\u001b\\u007f\"");
    expect_text("\xc2\x9b", 2, "\"\\u009b\""); /* the C1 form of ESC [ */
    expect_text("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9,
                "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
    expect_text("\xff\xc3", 2, "\"\\ufffd\\ufffd\"");
    expect_text("\xed\xa0\x80", 3, "\"\\ufffd\\ufffd\\ufffd\""); /* a surrogate */
    expect_text("\xc0\x80", 2, "\"\\ufffd\\ufffd\"");            /* overlong */
    expect_text("\xf4\x90\x80\x80", 4, "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
    expect_text("\xef\xbf\xbd", 3, "\"\xef\xbf\xbd\"");
}

static void bytes_that_are_no_text_are_numbers(void **state) {
    (void)state;
    struct out o;
    struct json j;
    out_init(&o, -1, "nothing");
    json_init(&j, &o);
    json_begin(&j, '[');
    json_bytes(&j, "ab", 2);
    json_bytes(&j, "\xc3", 1);
    json_bytes(&j, "", 0);
    json_end(&j, ']');
    assert_string_equal(written(&o), "[\"ab\", [195], \"\"]\n");
}

static void a_terminal_gets_no_control_characters(void **state) {
    (void)state;
    static const char text[] = "a\x1b[2J\r\n\tb\xc2\x9b\xff\x7f";
    struct out o;
    out_init(&o, -1, "nothing");
    out_text(&o, text, sizeof text - 1);
    assert_memory_equal(o.data, text, sizeof text - 1);
    out_init(&o, -1, "nothing");
    o.is_terminal = true;
    out_text(&o, text, sizeof text - 1);
    assert_string_equal(written(&o), "a\xef\xbf\xbd[2J\xef\xbf\xbd\n\tb\xef\xbf\xbd\xef\xbf\xbd"
                                     "\xef\xbf\xbd");
    out_init(&o, -1, "nothing");
    out_line_text(&o, text, sizeof text - 1);
    assert_string_equal(written(&o), "a\xef\xbf\xbd[2J\xef\xbf\xbd  b\xef\xbf\xbd\xef\xbf\xbd"
                                     "\xef\xbf\xbd");
}

static void what_is_larger_than_the_buffer_arrives_in_order(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct out o;
    out_init(&o, ends[1], "a pipe");
    static char large[40000];
    for (size_t i = 0; i < sizeof large; i++) large[i] = (char)('a' + i % 26);
    out_bytes(&o, large, 10000);
    out_bytes(&o, large + 10000, 10000);
    out_bytes(&o, large + 20000, 20000);
    ingle_error err;
    assert_int_equal(out_flush(&o, &err), INGLE_OK);
    static char got[sizeof large];
    for (size_t n = 0; n < sizeof got;) {
        ssize_t now = read(ends[0], got + n, sizeof got - n);
        assert_true(now > 0);
        n += (size_t)now;
    }
    assert_memory_equal(got, large, sizeof got);
    close(ends[0]);
    close(ends[1]);
}

/* As the pipes of some event loops are. */
static void a_pipe_that_would_block_is_waited_for(void **state) {
    (void)state;
    static char large[300000];
    memset(large, 'x', sizeof large);
    int ends[2];
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct out o;
        out_init(&o, ends[1], "a pipe");
        out_bytes(&o, large, sizeof large);
        _exit(out_flush(&o, NULL) == INGLE_OK ? 0 : 1);
    }
    close(ends[1]);
    size_t n_got = 0;
    for (;;) {
        poll(&(struct pollfd){.fd = ends[0], .events = POLLIN}, 1, -1);
        ssize_t now = read(ends[0], large, 1000);
        if (now == 0) break;
        if (now > 0) n_got += (size_t)now;
    }
    close(ends[0]);
    int exit_status;
    assert_int_equal(waitpid(child, &exit_status, 0), child);
    assert_int_equal(exit_status, 0);
    assert_int_equal(n_got, sizeof large);
}

static void the_first_failed_write_is_kept_and_said(void **state) {
    (void)state;
    struct out o;
    ingle_error err;
    out_init(&o, -1, "standard output");
    out_str(&o, "x");
    assert_int_equal(out_flush(&o, &err), INGLE_FAILED);
    assert_string_equal(err.msg, "The standard output is not open for writing.");
    out_str(&o, "y");
    assert_int_equal(out_flush(&o, NULL), INGLE_FAILED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_and_commas_stand_where_json_wants_them),
        cmocka_unit_test(a_value_inside_a_line_does_not_end_it),
        cmocka_unit_test(texts_of_any_bytes_are_json),
        cmocka_unit_test(bytes_that_are_no_text_are_numbers),
        cmocka_unit_test(a_terminal_gets_no_control_characters),
        cmocka_unit_test(what_is_larger_than_the_buffer_arrives_in_order),
        cmocka_unit_test(a_pipe_that_would_block_is_waited_for),
        cmocka_unit_test(the_first_failed_write_is_kept_and_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
