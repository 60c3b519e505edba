/* base/json_write: whatever is written can be read back, and means the same. */
#include "base/json_write.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/rng.h"

static struct buf out;
static struct json j;

static void begin(void) {
    buf_init(&out, 1 << 20);
    json_init_buf(&j, &out);
}

static void expect(const char *text) {
    assert_true(buf_add(&out, "", 1));
    assert_string_equal(out.data, text);
    buf_clear(&out);
}

static void commas_and_brackets_are_kept(void **state) {
    (void)state;
    begin();
    json_begin(&j, '{');
    json_put_int(&j, "a", INT64_MIN);
    json_put_uint(&j, "b", UINT64_MAX);
    json_open(&j, "c", '[');
    json_begin(&j, '{');
    json_end(&j, '}');
    json_begin(&j, '[');
    json_end(&j, ']');
    json_bool(&j, true);
    json_null(&j);
    json_end(&j, ']');
    json_put_raw(&j, "d", "[1]", 3);
    json_end(&j, '}');
    expect("{\"a\":-9223372036854775808,\"b\":18446744073709551615,\"c\":[{},[],true,null],"
           "\"d\":[1]}");
}

static void numbers_that_json_has_not_are_null(void **state) {
    (void)state;
    begin();
    json_begin(&j, '[');
    json_number(&j, NAN, 9);
    json_number(&j, -INFINITY, 9);
    json_number(&j, 0.1, 17);
    json_number(&j, -1.7976931348623157e308, 17);
    json_end(&j, ']');
    expect("[null,null,0.10000000000000001,-1.7976931348623157e+308]");
}

static void what_may_not_stand_in_a_string_is_escaped_or_replaced(void **state) {
    (void)state;
    begin();
    static const char text[] = "\"\\\n\t\r\x01\x7f\0\xff\xc3\xa9\xc3";
    json_text(&j, text, sizeof text - 1);
    expect("\"\\\"\\\\\\n\\t\\u000d\\u0001\\u007f\\u0000\\ufffd\xc3\xa9\\ufffd\"");
}

static void bytes_that_are_no_text_are_numbers(void **state) {
    (void)state;
    begin();
    json_begin(&j, '[');
    json_bytes(&j, "\xc3\xa9", 2);
    json_bytes(&j, "\xc3", 1);
    json_bytes(&j, "", 0);
    json_end(&j, ']');
    expect("[\"\xc3\xa9\",[195],\"\"]");
}

static void any_bytes_can_be_read_back(void **state) {
    struct rng rng;
    (void)state;
    rng_init(&rng, 1);
    for (int round = 0; round < 2000; round++) {
        char text[64];
        size_t len = rng_below(&rng, sizeof text);
        for (size_t i = 0; i < len; i++) text[i] = (char)rng_u32(&rng);
        begin();
        json_begin(&j, '{');
        json_key_text(&j, text, len);
        json_text(&j, text, len);
        json_end(&j, '}');
        struct arena arena;
        const struct json_value *v;
        arena_init(&arena, 1 << 20);
        assert_int_equal(json_tree_parse(&v, &arena, out.data, out.size, "it", NULL), INGLE_OK);
        assert_int_equal(v->n, 1);
        assert_int_equal(v->members[0].name.len, v->members[0].value.text.len);
        buf_clear(&out);
        json_init_buf(&j, &out);
        json_value(&j, v); /* and again, the same */
        const struct json_value *again;
        assert_int_equal(json_tree_parse(&again, &arena, out.data, out.size, "it", NULL), INGLE_OK);
        assert_int_equal(again->members[0].value.text.len, v->members[0].value.text.len);
        assert_memory_equal(again->members[0].value.text.data, v->members[0].value.text.data,
                            v->members[0].value.text.len);
        arena_clear(&arena);
        buf_clear(&out);
    }
}

static void a_buffer_that_is_too_small_says_so(void **state) {
    (void)state;
    buf_init(&out, 10);
    json_init_buf(&j, &out);
    json_str(&j, "0123456789");
    assert_true(buf_failed(&out));
    buf_clear(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_and_brackets_are_kept),
        cmocka_unit_test(numbers_that_json_has_not_are_null),
        cmocka_unit_test(what_may_not_stand_in_a_string_is_escaped_or_replaced),
        cmocka_unit_test(bytes_that_are_no_text_are_numbers),
        cmocka_unit_test(any_bytes_can_be_read_back),
        cmocka_unit_test(a_buffer_that_is_too_small_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
