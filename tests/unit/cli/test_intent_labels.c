/* The file of labels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "cli/intent_labels.h"

static struct intent_labels parse(const char *text) {
    struct intent_labels l;
    ingle_error err;
    if (intent_labels_parse(&l, text, strlen(text), "f", &err)) fail_msg("%s", err.msg);
    return l;
}

static void labels_have_descriptions_and_examples(void **state) {
    (void)state;
    struct intent_labels l = parse("\xef\xbb\xbfpay_bill: pay a bill \r\n"
                                   "   my rent is due\n\tto: the plumber\r\n\n"
                                   "weather\tthe sky: now or later\n"
                                   "small talk\n  hi\n"
                                   "urn:x:y:\n"
                                   "a:b  c");
    assert_int_equal(l.n, 5);
    assert_string_equal(l.labels[0].name, "pay_bill");
    assert_string_equal(l.labels[0].description, "pay a bill");
    assert_int_equal(l.labels[0].n_examples, 2);
    assert_string_equal(l.labels[0].examples[0], "my rent is due");
    assert_string_equal(l.labels[0].examples[1], "to: the plumber");
    assert_string_equal(l.labels[1].name, "weather");
    assert_string_equal(l.labels[1].description, "the sky: now or later");
    assert_int_equal(l.labels[1].n_examples, 0);
    assert_string_equal(l.labels[2].name, "small talk");
    assert_string_equal(l.labels[2].description, "");
    assert_string_equal(l.labels[2].examples[0], "hi");
    assert_string_equal(l.labels[3].name, "urn:x:y");
    assert_string_equal(l.labels[4].name, "a:b  c");
    intent_labels_clear(&l);
}

static void a_label_may_have_many_examples(void **state) {
    (void)state;
    static char text[64000];
    size_t n = (size_t)snprintf(text, sizeof text, "a\n");
    for (int i = 0; i < 1000; i++) n += (size_t)snprintf(text + n, sizeof text - n, " abc\n");
    (void)snprintf(text + n, sizeof text - n, "b\n");
    struct intent_labels l = parse(text);
    assert_int_equal(l.labels[0].n_examples, 1000);
    assert_string_equal(l.labels[0].examples[999], "abc");
    intent_labels_clear(&l);
}

static void what_is_wrong_is_named_with_its_line(void **state) {
    (void)state;
    static const struct {
        const char *text, *saying;
    } rows[] = {
        {"", "'f' has no labels"},
        {"\n \n", "'f' has no labels"},
        {"a\n", "'f' has one label"},
        {"a\nb\n\na: again\n", "Line 4 of 'f': the label 'a' is there already, in line 1."},
        {"  x\na\nb\n", "Line 1 of 'f': an example that stands under no label"},
        {"a\nb\xff\n", "Line 2 of 'f': the bytes are no UTF-8"},
        {"a\nb\n  \xc3\n", "Line 3 of 'f': the bytes are no UTF-8"},
        {"a\n: what\n", "Line 2 of 'f': a label is missing"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct intent_labels l;
        ingle_error err = {0};
        uint64_t live = mem_live();
        assert_int_equal(intent_labels_parse(&l, rows[i].text, strlen(rows[i].text), "f", &err),
                         INGLE_INVALID);
        if (!strstr(err.msg, rows[i].saying)) fail_msg("%s", err.msg);
        intent_labels_clear(&l);
        assert_int_equal(mem_live(), live);
    }
    struct intent_labels l;
    ingle_error err;
    assert_int_equal(intent_labels_parse(&l, "a\nb\0c\n", 6, "f", &err), INGLE_INVALID);
    assert_non_null(strstr(err.msg, "NUL byte"));
    intent_labels_clear(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_have_descriptions_and_examples),
        cmocka_unit_test(a_label_may_have_many_examples),
        cmocka_unit_test(what_is_wrong_is_named_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
