/* daemon/http/http_head and http_target: what is a head, what is none, and that it does not matter
 * in which pieces it comes. */
#include "daemon/http/http_head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HOST "Host: localhost\r\n"
#define GET "GET / HTTP/1.1\r\n"
#define POST "POST / HTTP/1.1\r\n" HOST

struct parsed {
    int status; /* 0: more is needed, 200: it is a head */
    struct http_head head;
    struct arena arena;
    size_t size;
};

/* In pieces: up to `cut`, and then the rest. */
static struct parsed parse_in_two(const char *text, size_t size, size_t cut) {
    struct parsed p = {0};
    struct http_scan scan = {0};
    struct http_refusal why = {0};
    arena_init_secret(&p.arena, 1 << 20);
    enum http_scan_result result = http_head_scan(&scan, text, cut, &why);
    if (result == HTTP_SCAN_MORE) result = http_head_scan(&scan, text, size, &why);
    if (result == HTTP_SCAN_MORE) return p;
    p.size = scan.pos;
    bool ok = result == HTTP_SCAN_DONE && http_head_parse(&p.head, &p.arena, text, scan.pos, &why);
    p.status = ok ? 200 : why.status;
    assert_true(ok || (why.status >= 400 && why.message[strlen(why.message) - 1] == '.'));
    return p;
}

static int status_of(const char *text, size_t size) {
    struct parsed whole = parse_in_two(text, size, size);
    for (size_t cut = 0; cut < size && size < 512; cut++) {
        struct parsed p = parse_in_two(text, size, cut);
        assert_int_equal(p.status, whole.status);
        assert_int_equal(p.size, whole.size);
        arena_clear(&p.arena);
    }
    arena_clear(&whole.arena);
    return whole.status;
}

static void expect(int status, const char *text) {
    int got = status_of(text, strlen(text));
    if (got != status) print_error("%d, not %d: %s\n", got, status, text);
    assert_int_equal(got, status);
}

static void a_head_is_taken_apart(void **state) {
    (void)state;
    static const char text[] = "POST /v1/a%2Fb%20c?x=%41&y HTTP/1.1\r\n"
                               "HOST:localhost:80\r\n"
                               "Content-Length: \t 12 \r\n"
                               "X-A: one, two\r\n"
                               "X-Empty:\r\n"
                               "Connection: keep-alive, Close\r\n\r\nnext";
    struct parsed p = parse_in_two(text, sizeof text - 1, 40);
    const struct http_request *r = &p.head.request;
    assert_int_equal(p.status, 200);
    assert_int_equal(p.size, sizeof text - 1 - 4);
    assert_int_equal(r->method, HTTP_POST);
    assert_string_equal(r->path.data, "/v1/a/b c");
    assert_int_equal(r->path.len, 9);
    assert_string_equal(r->raw_path.data, "/v1/a%2Fb%20c");
    assert_string_equal(r->query.data, "x=%41&y");
    assert_int_equal(r->n_headers, 5);
    assert_string_equal(r->headers[0].name, "host");
    assert_string_equal(p.head.host, "localhost:80");
    assert_string_equal(http_request_header(r, "x-a"), "one, two");
    assert_string_equal(http_request_header(r, "x-empty"), "");
    assert_null(http_request_header(r, "x-b"));
    assert_true(p.head.has_length && !p.head.is_chunked && p.head.wants_close);
    assert_int_equal(p.head.length, 12);
    arena_clear(&p.arena);
}

static void methods_are_few(void **state) {
    (void)state;
    static const char *const known[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"};
    static const char *const unknown[] = {"get", "PATCH", "TRACE", "CONNECT", "GETX", "GE", "X!"};
    char text[128];
    for (size_t i = 0; i < BASE_COUNT(known); i++) {
        snprintf(text, sizeof text, "%s / HTTP/1.1\r\n" HOST "\r\n", known[i]);
        expect(200, text);
        assert_string_equal(http_method_name((enum http_method)i), known[i]);
    }
    for (size_t i = 0; i < BASE_COUNT(unknown); i++) {
        snprintf(text, sizeof text, "%s / HTTP/1.1\r\n" HOST "\r\n", unknown[i]);
        expect(501, text);
    }
    expect(400, "G(T / HTTP/1.1\r\n" HOST "\r\n");
    expect(400, "GET: / HTTP/1.1\r\n" HOST "\r\n");
}

static void a_request_line_has_three_words(void **state) {
    (void)state;
    static const char *const bad[] = {"GET /\r\n",
                                      "GET\r\n",
                                      "GET  / HTTP/1.1\r\n",
                                      "GET /  HTTP/1.1\r\n",
                                      "GET / HTTP/1.1 \r\n",
                                      " GET / HTTP/1.1\r\n",
                                      "GET / a HTTP/1.1\r\n",
                                      "GET\t/ HTTP/1.1\r\n",
                                      "GET / http/1.1\r\n",
                                      "GET / HTTP/11\r\n",
                                      "GET / HTTP/1.\r\n",
                                      "GET / HTTP/1.11\r\n",
                                      "GET / HTTP/ 1.1\r\n",
                                      "GET / XTTP/1.1\r\n",
                                      "GET / HTTP/x.1\r\n",
                                      "\r\nGET / HTTP/1.1\r\n",
                                      "GET / HTTP/1.1\n",
                                      "GET / HTTP/1.1\r",
                                      "GET /\xc3\xa9 HTTP/1.1\r\n",
                                      "GET /\x01 HTTP/1.1\r\n",
                                      "GET /\x7f HTTP/1.1\r\n"};
    char text[128];
    for (size_t i = 0; i < BASE_COUNT(bad); i++) {
        snprintf(text, sizeof text, "%s" HOST "\r\n", bad[i]);
        expect(400, text);
    }
}

static void there_is_one_version(void **state) {
    (void)state;
    static const char *const other[] = {"1.0", "1.2", "0.9", "2.0", "3.1"};
    char text[128];
    for (size_t i = 0; i < BASE_COUNT(other); i++) {
        snprintf(text, sizeof text, "GET / HTTP/%s\r\n" HOST "\r\n", other[i]);
        expect(505, text);
    }
    expect(400, "GET / HTTP/1.0\r\n" HOST "Connection: keep-alive\r\n\r\n");
    expect(400, "POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
}

static void targets_are_paths(void **state) {
    (void)state;
    static const char *const good[] = {"/",
                                       "/a/../b",
                                       "//",
                                       "/?",
                                       "/%41",
                                       "/%e2%82%ac",
                                       "/a?b=%zz",
                                       "http://localhost",
                                       "http://localhost/x",
                                       "HTTPS://localhost/"};
    static const char *const bad[] = {"x",
                                      "*",
                                      "localhost:80",
                                      "/#a",
                                      "/a?b#c",
                                      "/%",
                                      "/%4",
                                      "/%4g",
                                      "/%00",
                                      "/%0d%0aX",
                                      "/%7f",
                                      "/%1f",
                                      "/%ff",
                                      "/%c0%80",
                                      "/%ed%a0%80",
                                      "ftp://localhost/",
                                      "http://localhost?x",
                                      "//\\\x80"};
    char text[128];
    for (size_t i = 0; i < BASE_COUNT(good); i++) {
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\n" HOST "\r\n", good[i]);
        expect(200, text);
    }
    for (size_t i = 0; i < BASE_COUNT(bad); i++) {
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\n" HOST "\r\n", bad[i]);
        expect(400, text);
    }
    expect(200, "OPTIONS * HTTP/1.1\r\n" HOST "\r\n");
}

static void a_target_may_name_its_host(void **state) {
    (void)state;
    static const char text[] = "GET http://LocalHost:1/a?b HTTP/1.1\r\n" HOST "\r\n";
    struct parsed p = parse_in_two(text, sizeof text - 1, 0);
    assert_int_equal(p.status, 200);
    assert_string_equal(p.head.authority.data, "LocalHost:1");
    assert_string_equal(p.head.request.path.data, "/a");
    assert_string_equal(p.head.request.query.data, "b");
    assert_false(p.head.target_is_https);
    arena_clear(&p.arena);
}

static void fields_are_strict(void **state) {
    (void)state;
    static const char *const bad[] = {"Host : localhost\r\n",
                                      " Host: localhost\r\n",
                                      "\tHost: localhost\r\n",
                                      HOST "X: a\r\n b\r\n",
                                      HOST "X: a\r\n\tb\r\n",
                                      HOST "X\r\n",
                                      HOST ": a\r\n",
                                      HOST "X Y: a\r\n",
                                      HOST "X\x80: a\r\n",
                                      HOST "X: a\nY: b\r\n",
                                      HOST "X: a\rY: b\r\n",
                                      HOST "X: a\r\r\n",
                                      HOST "X: a\x01\r\n",
                                      HOST "X: a\x7f\r\n",
                                      HOST "X: \x1b[0m\r\n",
                                      HOST "X@: a\r\n",
                                      HOST "(X): a\r\n",
                                      HOST HOST,
                                      "",
                                      "X: a\r\n",
                                      "Host: a b\r\n",
                                      "Host: user@localhost\r\n",
                                      "Host: localhost/\r\n",
                                      "Host: local\xe9\r\n",
                                      "Host: a\\b\r\n",
                                      "Host: a?b\r\n",
                                      "Host: localhost, localhost\r\n"};
    char text[256];
    for (size_t i = 0; i < BASE_COUNT(bad); i++) {
        snprintf(text, sizeof text, GET "%s\r\n", bad[i]);
        expect(400, text);
    }
    expect(200, GET HOST "X: \xc3\xa9\r\n\r\n");
    expect(200, GET HOST "X: a\tb\r\n\r\n");
    expect(200, GET "Host:\r\n\r\n");
    expect(0, GET HOST "\r");
    expect(0, GET HOST);
}

static void a_nul_is_refused_wherever_it_stands(void **state) {
    (void)state;
    static const char text[] = GET HOST "X: a\r\n\r\n";
    char broken[sizeof text];
    for (size_t i = 0; i < sizeof text - 1; i++) {
        memcpy(broken, text, sizeof text);
        broken[i] = '\0';
        assert_int_equal(status_of(broken, sizeof text - 1), 400);
    }
}

static void what_would_be_ambiguous_stands_once(void **state) {
    (void)state;
    static const char *const single[] = {
        "Content-Length: 1",    "Transfer-Encoding: chunked", "Content-Type: application/json",
        "Authorization: a",     "Expect: 100-continue",       "X-Api-Key: a",
        "Sec-Fetch-Site: none", "Content-Encoding: gzip"};
    char text[256];
    for (size_t i = 0; i < BASE_COUNT(single); i++) {
        snprintf(text, sizeof text, POST "%s\r\n\r\n", single[i]);
        expect(200, text);
        snprintf(text, sizeof text, POST "%s\r\nA: b\r\n%s\r\n\r\n", single[i], single[i]);
        expect(400, text);
    }
    expect(200, POST "Accept: a\r\nAccept: b\r\nOrigin: a\r\nOrigin: b\r\n\r\n");
}

static void lengths_are_numbers(void **state) {
    (void)state;
    static const char *const bad[] = {"+4", "-4", "4 4", "4,4",   "4, 4", "0x4",     "4.0",
                                      "",   "a",  "4;",  "\"4\"", "1e3",  "\xd9\xa4"};
    char text[128];
    for (size_t i = 0; i < BASE_COUNT(bad); i++) {
        snprintf(text, sizeof text, POST "Content-Length: %s\r\n\r\n", bad[i]);
        expect(400, text);
    }
    static const struct {
        const char *text;
        uint64_t length;
    } good[] = {{"0", 0},
                {"007", 7},
                {"18446744073709551615", UINT64_MAX},
                {"18446744073709551616", UINT64_MAX},
                {"99999999999999999999999999999", UINT64_MAX}};
    for (size_t i = 0; i < BASE_COUNT(good); i++) {
        snprintf(text, sizeof text, POST "Content-Length: %s\r\n\r\n", good[i].text);
        struct parsed p = parse_in_two(text, strlen(text), 0);
        assert_int_equal(p.status, 200);
        assert_true(p.head.length == good[i].length);
        arena_clear(&p.arena);
    }
}

static void a_body_has_one_frame(void **state) {
    (void)state;
    static const char *const bad[] = {"Content-Length: 4\r\nTransfer-Encoding: chunked",
                                      "Transfer-Encoding: xchunked",
                                      "Transfer-Encoding: chunked, chunked",
                                      "Transfer-Encoding: gzip, chunked",
                                      "Transfer-Encoding: chunked, identity",
                                      "Transfer-Encoding: identity",
                                      "Transfer-Encoding: chunked;q=1",
                                      "Transfer-Encoding: \013chunked",
                                      "Transfer-Encoding:",
                                      "Transfer-Encoding: chunked\x0b",
                                      "Transfer-Encoding : chunked",
                                      "Transfer-Encoding: \"chunked\"",
                                      "Transfer-Encoding: chunked\r\nTrailer: X",
                                      "Transfer_Encoding: x\r\nTransfer-Encoding: y"};
    char text[256];
    for (size_t i = 0; i < BASE_COUNT(bad); i++) {
        snprintf(text, sizeof text, POST "%s\r\n\r\n", bad[i]);
        expect(400, text);
    }
    expect(200, POST "Transfer-Encoding: Chunked\r\n\r\n");
    expect(200, "DELETE / HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\n");
    expect(200, GET HOST "Content-Length: 0\r\n\r\n");
    expect(400, GET HOST "Content-Length: 4\r\n\r\n");
    expect(400, GET HOST "Transfer-Encoding: chunked\r\n\r\n");
    expect(400, "HEAD / HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\n");
    expect(400, "OPTIONS / HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\n");
}

static void other_protocols_are_not_spoken(void **state) {
    (void)state;
    expect(400, GET HOST "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    expect(400, GET HOST "Upgrade: h2c\r\n\r\n");
    expect(400, GET HOST "Connection: keep-alive, upgrade\r\n\r\n");
    expect(417, POST "Content-Length: 1\r\nExpect: 200-ok\r\n\r\n");
    expect(417, POST "Content-Length: 1\r\nExpect:\r\n\r\n");
    expect(200, POST "Content-Length: 1\r\nExpect: 100-Continue\r\n\r\n");
}

/* A head with a request line of so many bytes, and fields of so many. */
static int status_of_sizes(size_t line, size_t fields) {
    static char text[64 << 10];
    size_t n = (size_t)snprintf(text, sizeof text, "GET /");
    while (n < line - 9) text[n++] = 'a';
    n += (size_t)snprintf(text + n, sizeof text - n, " HTTP/1.1\r\n");
    size_t start = n;
    n += (size_t)snprintf(text + n, sizeof text - n, HOST "X: ");
    while (n - start < fields - 2) text[n++] = 'b';
    n += (size_t)snprintf(text + n, sizeof text - n, "\r\n\r\n");
    return status_of(text, n);
}

static void sizes_have_limits(void **state) {
    (void)state;
    assert_int_equal(status_of_sizes(HTTP_LINE_MAX, 100), 200);
    assert_int_equal(status_of_sizes(HTTP_LINE_MAX + 1, 100), 414);
    assert_int_equal(status_of_sizes(HTTP_LINE_MAX + 2, 100), 414);
    assert_int_equal(status_of_sizes(100, HTTP_FIELDS_MAX), 200);
    assert_int_equal(status_of_sizes(100, HTTP_FIELDS_MAX + 1), 431);
    assert_int_equal(status_of_sizes(100, HTTP_FIELDS_MAX + 2), 431);
    char text[4096];
    for (int n = HTTP_N_FIELDS_MAX; n <= HTTP_N_FIELDS_MAX + 1; n++) {
        size_t len = (size_t)snprintf(text, sizeof text, GET HOST);
        for (int i = 1; i < n; i++) {
            len += (size_t)snprintf(text + len, sizeof text - len, "X%d: a\r\n", i);
        }
        snprintf(text + len, sizeof text - len, "\r\n");
        assert_int_equal(status_of(text, len + 2), n == HTTP_N_FIELDS_MAX ? 200 : 431);
    }
}

static void lists_are_read_by_element(void **state) {
    (void)state;
    assert_true(http_list_has("close", "close"));
    assert_true(http_list_has("a ,\tCLOSE , b", "close"));
    assert_true(http_list_has(",,close,", "close"));
    assert_false(http_list_has("closed, not-close, clo se", "close"));
    assert_false(http_list_has("", "close"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_is_taken_apart),
        cmocka_unit_test(methods_are_few),
        cmocka_unit_test(a_request_line_has_three_words),
        cmocka_unit_test(there_is_one_version),
        cmocka_unit_test(targets_are_paths),
        cmocka_unit_test(a_target_may_name_its_host),
        cmocka_unit_test(fields_are_strict),
        cmocka_unit_test(a_nul_is_refused_wherever_it_stands),
        cmocka_unit_test(what_would_be_ambiguous_stands_once),
        cmocka_unit_test(lengths_are_numbers),
        cmocka_unit_test(a_body_has_one_frame),
        cmocka_unit_test(other_protocols_are_not_spoken),
        cmocka_unit_test(sizes_have_limits),
        cmocka_unit_test(lists_are_read_by_element),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
