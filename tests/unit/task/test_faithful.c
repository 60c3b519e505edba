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

static void problems_stand_in_order_and_none_is_lost_in_silence(void **state) {
    (void)state;
    struct buf output = {.max = 1 << 16}, said = {.max = 1 << 16};
    struct faithful_report report;
    for (int i = 0; i < 100; i++) buf_addf(&output, "In %d they sold %d.\n", 1900 + i, 5000 + i);
    check("Nothing was sold.", output.data, &report);
    assert_int_equal(report.n, FAITHFUL_MAX_PROBLEMS);
    assert_int_equal(report.n_all, 200);
    for (size_t i = 1; i < report.n; i++) {
        assert_true(report.problems[i - 1].from < report.problems[i].from);
    }
    faithful_describe(&report, output.data, 2, &said);
    assert_string_equal(said.data, "the number \"1900\", the number \"5000\" and 198 more");
    buf_clear(&output);
    buf_clear(&said);
}

static void problems_have_a_normal_form(void **state) {
    (void)state;
    static const struct {
        const char *output, *normal;
    } cases[] = {
        {"It cost twelve hundred.", "1200"},  {"It cost $1.2k.", "1200 USD"},
        {"It grew by 5 per cent.", "5%"},     {"It is due on March 5th, 2024.", "2024-03-05"},
        {"It is due on 5 March.", "--03-05"}, {"It is due on Friday.", "Friday"},
        {"It begins at 3 pm.", "15:00"},      {"It belongs to Silva's heirs.", "Silva"},
        {"It took 1.5 hours.", "5400 s"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct faithful_report report;
        check("Nothing.", cases[i].output, &report);
        assert_int_equal(report.n, 1);
        assert_string_equal(report.problems[0].normal, cases[i].normal);
    }
}

static void a_source_may_have_several_parts_and_outputs(void **state) {
    (void)state;
    struct faithful_source *s;
    struct faithful_report report;
    static const char first[] = "Maria paid 20 euros.", second[] = "It was on 5 March.";
    static const char output[] = "On 5 March Maria paid 20 euros.";
    assert_int_equal(faithful_source_new(&s, first, strlen(first), NULL, NULL), INGLE_OK);
    assert_int_equal(faithful_source_check(s, output, strlen(output), &report, NULL), INGLE_OK);
    assert_int_equal(report.n_all, 1);
    assert_int_equal(faithful_source_add(s, second, strlen(second), NULL), INGLE_OK);
    assert_int_equal(faithful_source_check(s, output, strlen(output), &report, NULL), INGLE_OK);
    assert_int_equal(report.n_all, 0);
    assert_true(report.n_checked >= 3);
    assert_int_equal(faithful_source_check(s, "", 0, &report, NULL), INGLE_OK);
    assert_int_equal(report.n_all, 0);
    faithful_source_free(s);
    faithful_source_free(NULL);
}

static void bytes_that_are_no_text_do_no_harm(void **state) {
    (void)state;
    struct faithful_report report;
    ingle_error err;
    char bytes[4096];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)(i * 7919 >> 3);
    uint64_t live = mem_live();
    assert_int_equal(faithful_check(bytes, sizeof bytes, bytes, sizeof bytes, NULL, &report, &err),
                     INGLE_OK);
    assert_int_equal(mem_live(), live);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_source_says_passes),
        cmocka_unit_test(what_the_source_does_not_say_is_caught),
        cmocka_unit_test(problems_stand_in_order_and_none_is_lost_in_silence),
        cmocka_unit_test(problems_have_a_normal_form),
        cmocka_unit_test(a_source_may_have_several_parts_and_outputs),
        cmocka_unit_test(bytes_that_are_no_text_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
