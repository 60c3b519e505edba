/* daemon/http/http_body: chunks, in whatever pieces they come. */
#include "daemon/http/http_body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MAX 64

struct taken {
    enum http_chunks_result result;
    int status;
    size_t used;
    struct buf body;
};

/* In pieces of `piece` bytes. */
static struct taken take(const char *text, size_t size, size_t piece) {
    struct taken t = {.result = HTTP_CHUNKS_MORE};
    struct http_chunks chunks = {0};
    struct http_refusal why = {0};
    buf_init(&t.body, MAX);
    while (t.used < size && t.result == HTTP_CHUNKS_MORE) {
        size_t n = size - t.used < piece ? size - t.used : piece, used;
        t.result = http_chunks_take(&chunks, text + t.used, n, &used, &t.body, &why);
        assert_true(used <= n);
        assert_true(t.result != HTTP_CHUNKS_MORE || used == n);
        t.used += used;
    }
    t.status = why.status;
    return t;
}

static void expect(int status, const char *body, const char *text) {
    for (size_t piece = 1; piece <= strlen(text); piece++) {
        struct taken t = take(text, strlen(text), piece);
        if (t.status != status) print_error("%d, not %d: %s\n", t.status, status, text);
        assert_int_equal(t.status, status);
        assert_int_equal(t.result,
                         status ? HTTP_CHUNKS_BAD : (body ? HTTP_CHUNKS_DONE : HTTP_CHUNKS_MORE));
        if (body) assert_string_equal(t.body.data ? t.body.data : "", body);
        buf_clear(&t.body);
    }
}

static void chunks_become_a_body(void **state) {
    (void)state;
    expect(0, "", "0\r\n\r\n");
    expect(0, "hello", "5\r\nhello\r\n0\r\n\r\n");
    expect(0, "hello, you", "5\r\nhello\r\n005\r\n, you\r\n000\r\n\r\n");
    expect(0, "0123456789abcdef", "a\r\n0123456789\r\n6\r\nabcdef\r\n0\r\n\r\n");
    expect(0, "\r\n0\r\n\r\n", "7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n");
    expect(0, NULL, "5\r\nhel");
    expect(0, NULL, "5\r\nhello\r\n0\r\n\r");
}

static void what_follows_is_left(void **state) {
    (void)state;
    static const char text[] = "1\r\na\r\n0\r\n\r\nGET /";
    struct taken t = take(text, sizeof text - 1, sizeof text);
    assert_int_equal(t.result, HTTP_CHUNKS_DONE);
    assert_int_equal(t.used, sizeof text - 1 - 5);
    buf_clear(&t.body);
}

static void anything_else_is_refused(void **state) {
    (void)state;
    static const char *const bad[] = {
        "\r\n",         "x\r\n",         "-1\r\n",        "+1\r\na\r\n",
        "0x1\r\na\r\n", " 1\r\na\r\n",   "1 \r\na\r\n",   "1;a=b\r\na\r\n",
        "1\n",          "1\r\r",         "1\r\nab\r\n",   "1\r\na\n",
        "1\r\na\r\r",   "000000001\r\n", "fffffffff\r\n", "0\r\nX: a\r\n\r\n",
        "0\r\n\n",      "0\r\n\rx",      "0;x\r\n\r\n",   "2\r\na\r\nb\r\n",
        "\n",           "1\t\r\n",       "1,1\r\n",       "\xb2\r\n",
        ";\r\n"};
    for (size_t i = 0; i < BASE_COUNT(bad); i++) expect(400, NULL, bad[i]);
}

static void a_body_has_a_maximum(void **state) {
    (void)state;
    char text[512];
    snprintf(text, sizeof text, "%x\r\n%0*d\r\n0\r\n\r\n", MAX, MAX, 0);
    struct taken t = take(text, strlen(text), 7);
    assert_int_equal(t.result, HTTP_CHUNKS_DONE);
    assert_int_equal(t.body.size, MAX);
    buf_clear(&t.body);
    expect(413, NULL, "41\r\n"); /* before one byte of it is there */
    expect(413, NULL, "ffffffff\r\n");
    expect(413, NULL, "20\r\n0123456789abcdef0123456789abcdef\r\n21\r\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_become_a_body),
        cmocka_unit_test(what_follows_is_left),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(a_body_has_a_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
