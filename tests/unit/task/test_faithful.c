/* task/faithful: what must pass and what must be caught, case by case. */
#include "task/faithful.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "unit/task/faithful_cases.h"

static void check(const char *source, const char *output, struct faithful_report *report) {
    ingle_error err;
    assert_int_equal(
        faithful_check(source, strlen(source), output, strlen(output), NULL, report, &err),
        INGLE_OK);
}

static void what_the_source_says_passes(void **state) {
    (void)state;
    size_t n_wrong = 0;
    for (size_t i = 0; i < faithful_n_true; i++) {
        const struct faithful_case *c = &faithful_true[i];
        struct faithful_report report;
        check(c->source, c->output, &report);
        if (report.n_all == 0) continue;
        struct buf said = {.max = 1000};
        faithful_describe(&report, c->output, 4, &said);
        print_error("%zu: '%s' / '%s': %s\n", i, c->source, c->output, said.data);
        buf_clear(&said);
        n_wrong++;
    }
    assert_true(faithful_n_true >= 100);
    assert_int_equal(n_wrong, 0);
}

static void what_the_source_does_not_say_is_caught(void **state) {
    (void)state;
    size_t n_wrong = 0;
    for (size_t i = 0; i < faithful_n_false; i++) {
        const struct faithful_case *c = &faithful_false[i];
        struct faithful_report report;
        check(c->source, c->output, &report);
        bool found = false;
        for (size_t k = 0; k < report.n; k++) {
            found = found || report.problems[k].kind == c->kind;
            assert_true(report.problems[k].from < report.problems[k].to);
            assert_true(report.problems[k].to <= strlen(c->output));
        }
        if (found) continue;
        struct buf said = {.max = 1000};
        faithful_describe(&report, c->output, 4, &said);
        print_error("%zu: '%s' / '%s': no %s%s%s\n", i, c->source, c->output,
                    faithful_kind_name(c->kind), said.size ? " but " : "",
                    said.size ? said.data : "");
        buf_clear(&said);
        n_wrong++;
    }
    assert_true(faithful_n_false >= 100);
    assert_int_equal(n_wrong, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_source_says_passes),
        cmocka_unit_test(what_the_source_does_not_say_is_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
