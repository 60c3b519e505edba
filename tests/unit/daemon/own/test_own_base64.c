/* daemon/own/own_base64: documents that come inside of JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/own/own_task.h"

static bool read(struct buf *out, const char *text) {
    buf_init(out, 1000);
    return own_base64(out, text, strlen(text));
}

static void what_the_standard_writes_is_read(void **state) {
    static const char *const pairs[][2] = {
        {"", ""},
        {"Zg==", "f"},
        {"Zm8=", "fo"},
        {"Zm9v", "foo"},
        {"Zm9vYg==", "foob"},
        {"Zm9vYmE=", "fooba"},
        {"Zm9v\r\nYmFy\n", "foobar"},
        {"+/+/", "\xfb\xff\xbf"},
    };
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(pairs); i++) {
        struct buf out;
        assert_true(read(&out, pairs[i][0]));
        assert_int_equal(out.size, strlen(pairs[i][1]));
        if (out.size > 0) assert_memory_equal(out.data, pairs[i][1], out.size);
        buf_clear(&out);
    }
}

static void anything_else_is_refused(void **state) {
    static const char *const texts[] = {"Z",    "Zg",    "Zg=",      "Z===", "====",
                                        "=",    "Zm9v=", "Zg==Zg==", "Zm=v", "Zm9v Zm9v",
                                        "Zm-v", "Zm_v",  "Zm9\xc3"};
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(texts); i++) {
        struct buf out;
        assert_false(read(&out, texts[i]));
        buf_clear(&out);
    }
}

static void what_does_not_fit_is_refused(void **state) {
    struct buf out;
    (void)state;
    buf_init(&out, 3);
    assert_false(own_base64(&out, "Zm9vYmFy", 8));
    buf_clear(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_standard_writes_is_read),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
