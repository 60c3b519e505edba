/* learn/examples: JSON lines and CSV as people write them, and what is wrong with them. */
#include "learn/examples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "support/refusal.h"
#include "support/torture.h"

static ingle_status read_all(struct examples *e, const char *text, ingle_error *err) {
    examples_init(e);
    ingle_status status = examples_read(e, text, strlen(text), "x", err);
    return status == INGLE_OK ? examples_finish(e, err) : status;
}

static void expect_example(const struct examples *e, size_t i, const char *text,
                           const char *label) {
    assert_true(i < e->n);
    assert_int_equal(e->items[i].len, strlen(text));
    assert_string_equal(e->items[i].text, text);
    if (label) {
        assert_string_equal(e->labels[e->items[i].label], label);
    } else {
        assert_int_equal(e->items[i].label, EXAMPLES_NONE);
    }
}

static void json_lines_are_read(void **state) {
    (void)state;
    struct examples e;
    ingle_error err;
    assert_int_equal(read_all(&e,
                              "\xef\xbb\xbf{\"text\": \"a \\\"b\\\"\", \"label\": \"one\"}\r\n"
                              "\n"
                              "{\"label\": \"two\", \"text\": \"c\", \"more\": [1]}\n"
                              "{\"text\": \"d\", \"label\": null}\n"
                              "{\"text\": \"e\", \"label\": \"one\"}\n"
                              "{\"text\": \"f\", \"label\": \"two\"}",
                              &err),
                     INGLE_OK);
    assert_int_equal(e.n, 5);
    assert_int_equal(e.n_labels, 2);
    expect_example(&e, 0, "a \"b\"", "one");
    expect_example(&e, 1, "c", "two");
    expect_example(&e, 2, "d", NULL);
    expect_example(&e, 4, "f", "two");
    examples_clear(&e);
}

static void csv_is_read_as_rfc_4180_has_it(void **state) {
    (void)state;
    struct examples e;
    ingle_error err;
    assert_int_equal(read_all(&e,
                              "text,label\r\n"
                              "\"a, \"\"b\"\"\nc\",one\r\n"
                              "d,two\n"
                              "\n"
                              "\"e\",\"one\"\n"
                              "f,\n"
                              "g,two",
                              &err),
                     INGLE_OK);
    assert_int_equal(e.n, 5);
    expect_example(&e, 0, "a, \"b\"\nc", "one");
    expect_example(&e, 1, "d", "two");
    expect_example(&e, 2, "e", "one");
    expect_example(&e, 3, "f", NULL);
    expect_example(&e, 4, "g", "two");
    assert_int_equal(e.items[1].line, 4); /* the quoted text took two lines */
    examples_clear(&e);
}

static void a_header_is_one_only_at_the_top(void **state) {
    (void)state;
    struct examples e;
    ingle_error err;
    assert_int_equal(read_all(&e, "a,x\nb,x\nc,y\ntext,label\nd,y\ntexts,label\n", &err), INGLE_OK);
    expect_example(&e, 3, "text", "label");
    examples_clear(&e);
}

static void what_is_wrong_is_said_with_its_line(void **state) {
    (void)state;
    static const struct {
        const char *text, *saying;
    } list[] = {
        {"", "'x' is empty"},
        {" \n\r\n", "'x' is empty"},
        {"{\"text\": \"a\", \"label\": \"b\"}\n{\"text\": \"a\"}\n",
         "Line 2 of 'x' has no \"label\""},
        {"{\"text\": 1, \"label\": \"b\"}", "no string \"text\""},
        {"{\"text\": \"a\", \"label\": 3}", "\"label\" that is a string, or null"},
        {"{\"text\": \"a\", \"label\": \"b\"\n", "Line 1 of the examples is not JSON"},
        {"{\"text\": \"a\", \"label\": \"b\"}\n3\n", "Line 2 of 'x' is no JSON object"},
        {"{\"text\": \" \", \"label\": \"b\"}", "empty text"},
        {"{\"text\": \"a\", \"label\": \"\"}", "empty label"},
        {"{\"text\": \"a\", \"label\": \"b\\u0000c\"}", "NUL in its label"},
        {"[{\"text\": \"a\", \"label\": \"b\"}]", "JSON array"},
        {"a,b\nc\n", "Line 2 of 'x' has 1 field instead of 2"},
        {"a,b,c\n", "3 fields instead of 2"},
        {"a,b\n\"c,d\n", "Line 2 of 'x' begins a quoted field that never ends"},
        {"\"a\" ,b\n", "behind a closing quote"},
        {"say \"a\",b\n", "a quote inside an unquoted field"},
        {",b\n", "empty text"},
        {"a,b\nc,\xff\n", "Line 2 of 'x' is no UTF-8 text"},
        {"a,b\nc,b\n", "only one label"},
        {"a,\nc,\n", "no label"},
        {"a,b\nc,b\nd,e\n", "The label 'e' has 1 example"},
        {"a,b\nc,b\na,e\nf,e\ng,e\n", "Line 3 of 'x' has the text of line 1 of 'x' with another"},
    };
    for (size_t i = 0; i < BASE_COUNT(list); i++) {
        struct examples e;
        ingle_error err;
        mark_error(&err);
        expect_refusal(read_all(&e, list[i].text, &err), INGLE_INVALID, &err, list[i].saying);
        examples_clear(&e);
    }
}

static void what_is_said_twice_counts_once(void **state) {
    (void)state;
    struct examples e;
    ingle_error err;
    assert_int_equal(read_all(&e, "a,x\nb,x\na,x\nc,y\nd,y\na,x\nz,\nz,\n", &err), INGLE_OK);
    assert_int_equal(e.n, 5);
    assert_int_equal(e.n_repeats, 3);
    assert_int_equal(e.n_contradictory, 0);
    examples_clear(&e);
}

static void few_contradictions_are_left_out(void **state) {
    (void)state;
    struct buf text;
    buf_init(&text, 1 << 20);
    for (int i = 0; i < 800; i++) buf_addf(&text, "t%d,%s\n", i, i % 2 ? "odd" : "even");
    buf_addf(&text, "t7,even\nt7,odd\n");
    struct examples e;
    ingle_error err;
    assert_int_equal(read_all(&e, text.data, &err), INGLE_OK);
    assert_int_equal(e.n, 799);
    assert_true(e.n_contradictory >= 2);
    for (size_t i = 0; i < e.n; i++) assert_string_not_equal(e.items[i].text, "t7");
    examples_clear(&e);
    buf_clear(&text);
}

static void several_files_are_one_set(void **state) {
    (void)state;
    struct examples e;
    ingle_error err;
    examples_init(&e);
    assert_int_equal(examples_read(&e, "a,x\nb,y\n", 8, "one", &err), INGLE_OK);
    const char *more = "{\"text\": \"c\", \"label\": \"x\"}\n{\"text\": \"d\", \"label\": \"y\"}";
    assert_int_equal(examples_read(&e, more, strlen(more), "two", &err), INGLE_OK);
    assert_int_equal(examples_finish(&e, &err), INGLE_OK);
    assert_int_equal(e.n, 4);
    assert_int_equal(e.n_labels, 2);
    assert_string_equal(e.items[2].file, "two");
    examples_clear(&e);
}

static ingle_status read_once(ingle_error *err) {
    struct examples e;
    ingle_status status = read_all(&e, "a,x\n\"b\",x\nc,y\nd,y\na,x\n", err);
    examples_clear(&e);
    if (status != INGLE_OK) return status;
    status = read_all(&e,
                      "{\"text\": \"a\", \"label\": \"x\"}\n{\"text\": \"b\", \"label\": \"y\"}\n"
                      "{\"text\": \"c\", \"label\": \"x\"}\n{\"text\": \"d\", \"label\": \"y\"}\n",
                      err);
    examples_clear(&e);
    return status;
}

static void no_memory_is_said_at_every_allocation(void **state) {
    (void)state;
    assert_true(torture(read_once) > 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_lines_are_read),
        cmocka_unit_test(csv_is_read_as_rfc_4180_has_it),
        cmocka_unit_test(a_header_is_one_only_at_the_top),
        cmocka_unit_test(what_is_wrong_is_said_with_its_line),
        cmocka_unit_test(what_is_said_twice_counts_once),
        cmocka_unit_test(few_contradictions_are_left_out),
        cmocka_unit_test(several_files_are_one_set),
        cmocka_unit_test(no_memory_is_said_at_every_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
