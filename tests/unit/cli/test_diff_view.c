/* cli/diff_view: what changed, with colours and without. */
#include "cli/diff_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void expect_shown(bool colours, const char *old_text, const char *new_text,
                         const char *shown) {
    int ends[2];
    char got[512] = {0};
    struct out o;
    assert_int_equal(pipe(ends), 0);
    out_init(&o, ends[1], "a pipe");
    assert_int_equal(
        diff_view(&o, colours, old_text, strlen(old_text), new_text, strlen(new_text), NULL),
        INGLE_OK);
    assert_int_equal(out_flush(&o, NULL), INGLE_OK);
    close(ends[1]);
    assert_true(read(ends[0], got, sizeof got - 1) >= 0);
    close(ends[0]);
    assert_string_equal(got, shown);
}

static void without_colours_brackets_show_what_changed(void **state) {
    (void)state;
    expect_shown(false, "I has gone.", "I have gone.", "I [-has-]{+have+} gone.");
    expect_shown(false, "The same.", "The same.", "The same.");
}

static void with_colours_red_is_gone_and_green_is_new(void **state) {
    (void)state;
    expect_shown(true, "I has gone.", "I have gone.",
                 "I \033[31;9mhas\033[0m\033[32mhave\033[0m gone.");
}

static void a_pipe_has_no_colours(void **state) {
    (void)state;
    struct out o = {.is_terminal = false};
    assert_false(out_has_colours(&o));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_colours_brackets_show_what_changed),
        cmocka_unit_test(with_colours_red_is_gone_and_green_is_new),
        cmocka_unit_test(a_pipe_has_no_colours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
