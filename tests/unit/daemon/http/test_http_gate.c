/* daemon/http/http_gate: every cell of Host x Origin, for each kind of listener; forms and other
 * pages; bodies. */
#include "daemon/http/http_gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *const origins[] = {"https://app.example", "chrome-extension://abc", NULL};
static const char *const any_type[] = {"/blobs/*", "/audio", NULL};
static const struct http_site tcp = {.port = 8080, .any_type_paths = any_type};
static const struct http_site tcp_80 = {.port = 80};
static const struct http_site tls = {.is_tls = true, .port = 443};
static const struct http_site local = {.is_unix = true};
static const struct http_site named = {.port = 8080, .name = "den.home"};
static const struct http_site with_origins = {.port = 8080, .origins = origins};

/* What the gate says to a head of these lines; 0: pass. */
static int judge(const struct http_site *site, struct http_verdict *v, const char *line,
                 const char *fields) {
    char text[1024];
    int n = snprintf(text, sizeof text, "%s HTTP/1.1\r\n%s\r\n", line, fields);
    struct arena arena;
    struct http_head head;
    struct http_refusal why = {0};
    struct http_scan scan = {0};
    arena_init(&arena, 1 << 20);
    assert_int_equal(http_head_scan(&scan, text, (size_t)n, &why), HTTP_SCAN_DONE);
    int status = 0;
    if (!http_head_parse(&head, &arena, text, (size_t)n, &why)) {
        status = why.status;
    } else {
        http_gate_judge(v, site, &head);
        status = v->refusal.status;
    }
    arena_clear(&arena);
    return status;
}

static void expect(int status, const struct http_site *site, const char *line, const char *fields) {
    struct http_verdict v;
    int got = judge(site, &v, line, fields);
    if (got != status) print_error("%d, not %d: %s | %s\n", got, status, line, fields);
    assert_int_equal(got, status);
}

/* The matrix of tests/daemon/http/browser.js, for a listener of each kind. */
static const struct {
    const char *line, *fields;
    int status; /* without an Origin */
} hosts[] = {
    {"GET /", "Host: localhost:8080\r\n", 0},
    {"GET /", "Host: 127.0.0.1:8080\r\n", 0},
    {"GET /", "Host: [::1]:8080\r\n", 0},
    {"GET /", "Host: evil.com\r\n", 403},
    {"GET /", "Host: evil.com:8080\r\n", 403},
    {"GET /", "Host: 127.0.0.1.nip.io:8080\r\n", 403},
    {"GET /", "Host: LOCALHOST:8080\r\n", 0},
    {"GET /", "Host: localhost.:8080\r\n", 403},
    {"GET /", "Host:\r\n", 403},
    {"GET /", "", 400},
    {"GET /", "Host: localhost:8080\r\nHost: localhost:8080\r\n", 400},
    {"GET http://evil.com/", "Host: localhost:8080\r\n", 400},
};

static const char *const pages[] = {NULL,
                                    "null",
                                    "https://evil.com",
                                    "http://localhost:9",
                                    "chrome-extension://x",
                                    "file://",
                                    "http://localhost:8080\r\nOrigin: http://localhost:8080"};

static void the_matrix(void **state) {
    (void)state;
    for (size_t h = 0; h < BASE_COUNT(hosts); h++) {
        for (size_t o = 0; o < BASE_COUNT(pages); o++) {
            char fields[256];
            snprintf(fields, sizeof fields, "%s%s%s%s", hosts[h].fields, pages[o] ? "Origin: " : "",
                     pages[o] ? pages[o] : "", pages[o] ? "\r\n" : "");
            bool is_refused_anyway = hosts[h].status != 0 || !pages[o];
            expect(is_refused_anyway ? hosts[h].status : 403, &tcp, hosts[h].line, fields);
        }
    }
}

static void a_page_of_ours_may_call(void **state) {
    (void)state;
    expect(0, &tcp, "GET /", "Host: localhost:8080\r\nOrigin: http://localhost:8080\r\n");
    expect(0, &tcp, "GET /", "Host: [::1]:8080\r\nOrigin: http://[::1]:8080\r\n");
    expect(403, &tcp, "GET /", "Host: localhost:8080\r\nOrigin: http://127.0.0.1:8080\r\n");
    expect(403, &tcp, "GET /", "Host: localhost:8080\r\nOrigin: https://localhost:8080\r\n");
    expect(403, &tcp, "GET /", "Host: localhost:8080\r\nOrigin: http://localhost\r\n");
    expect(403, &tcp, "GET /", "Host: localhost:8080\r\nOrigin: http://localhost:8080/\r\n");
    expect(403, &tcp, "GET /", "Host: localhost:8080\r\nOrigin: http://localhost:80800\r\n");
    expect(403, &tcp, "GET /", "Host: localhost:8080\r\nOrigin:\r\n");
    expect(0, &tls, "GET /", "Host: localhost\r\nOrigin: https://localhost\r\n");
    expect(403, &tls, "GET /", "Host: localhost\r\nOrigin: http://localhost\r\n");
    expect(0, &local, "GET /", "Host: localhost\r\nOrigin: http://localhost\r\n");
}

static void ports_are_ours(void **state) {
    (void)state;
    expect(403, &tcp, "GET /", "Host: localhost\r\n");
    expect(403, &tcp, "GET /", "Host: localhost:80\r\n");
    expect(403, &tcp, "GET /", "Host: localhost:08080\r\n");
    expect(403, &tcp, "GET /", "Host: localhost:\r\n");
    expect(400, &tcp, "GET /", "Host: localhost:8080:8080\r\n");
    expect(400, &tcp, "GET /", "Host: [::1\r\n");
    expect(400, &tcp, "GET /", "Host: ::1:8080\r\n");
    expect(400, &tcp, "GET /", "Host: [::1]x:8080\r\n");
    expect(0, &tcp_80, "GET /", "Host: localhost\r\n");
    expect(0, &tcp_80, "GET /", "Host: localhost:80\r\n");
    expect(403, &tcp_80, "GET /", "Host: localhost:443\r\n");
    expect(0, &tls, "GET /", "Host: localhost\r\n");
    expect(0, &local, "GET /", "Host: localhost\r\n");
    expect(0, &local, "GET /", "Host: [::1]\r\n");
    expect(403, &local, "GET /", "Host: localhost:8080\r\n");
    expect(403, &local, "GET /", "Host: evil.com\r\n");
}

static void a_configured_name_is_ours(void **state) {
    (void)state;
    expect(0, &named, "GET /", "Host: den.home:8080\r\n");
    expect(0, &named, "GET /", "Host: DEN.home:8080\r\nOrigin: http://den.home:8080\r\n");
    expect(403, &named, "GET /", "Host: den.home\r\n");
    expect(403, &named, "GET /", "Host: x.den.home:8080\r\n");
    expect(403, &tcp, "GET /", "Host: den.home:8080\r\n");
}

static void absolute_targets_say_the_same(void **state) {
    (void)state;
    expect(0, &tcp, "GET http://localhost:8080/", "Host: localhost:8080\r\n");
    expect(0, &tcp, "GET http://LOCALHOST:8080/", "Host: localhost:8080\r\n");
    expect(400, &tcp, "GET https://localhost:8080/", "Host: localhost:8080\r\n");
    expect(400, &tcp, "GET http://localhost/", "Host: localhost:8080\r\n");
    expect(400, &tcp, "GET http://u@localhost:8080/", "Host: localhost:8080\r\n");
    expect(403, &tcp, "GET http://evil.com/", "Host: evil.com\r\n");
}

#define HERE "Host: localhost:8080\r\n"

static void other_sites_are_told_apart(void **state) {
    (void)state;
    expect(0, &tcp, "GET /", HERE "Sec-Fetch-Site: none\r\n");
    expect(0, &tcp, "GET /", HERE "Sec-Fetch-Site: same-origin\r\n");
    expect(403, &tcp, "GET /", HERE "Sec-Fetch-Site: cross-site\r\n");
    expect(403, &tcp, "GET /", HERE "Sec-Fetch-Site: same-site\r\n");
    expect(403, &tcp, "GET /", HERE "Sec-Fetch-Site: Same-Origin\r\n");
    expect(403, &tcp, "GET /", HERE "Sec-Fetch-Site:\r\n");
}

static void configured_origins_are_exact(void **state) {
    (void)state;
    struct http_verdict v = {.is_preflight = true};
    assert_int_equal(judge(&with_origins, &v, "GET /",
                           HERE "Origin: https://app.example\r\nSec-Fetch-Site: cross-site\r\n"),
                     0);
    assert_ptr_equal(v.allow_origin, origins[0]);
    assert_false(v.is_preflight);
    assert_int_equal(judge(&with_origins, &v, "OPTIONS /", HERE "Origin: https://app.example\r\n"),
                     0);
    assert_true(v.is_preflight);
    assert_int_equal(judge(&with_origins, &v, "OPTIONS /", HERE), 0);
    assert_true(v.is_preflight);
    assert_null(v.allow_origin);
    expect(403, &with_origins, "OPTIONS /", HERE "Origin: https://evil.com\r\n");
    expect(403, &with_origins, "GET /", HERE "Origin: https://app.example:443\r\n");
    expect(403, &with_origins, "GET /", HERE "Origin: https://APP.example\r\n");
    expect(403, &with_origins, "GET /", HERE "Origin: https://app.example.evil.com\r\n");
    expect(403, &with_origins, "GET /", "Host: evil.com\r\nOrigin: https://app.example\r\n");
    expect(403, &with_origins, "GET /",
           HERE "Origin: https://app.example\r\nOrigin: https://app.example\r\n");
}

static void bodies_are_json(void **state) {
    (void)state;
    static const char *const good[] = {
        "application/json", "Application/JSON", "application/json; charset=utf-8",
        "application/json;charset=\"UTF-8\"", "application/json ; profile=x"};
    static const char *const bad[] = {"text/plain",
                                      "text/plain; application/json",
                                      "multipart/form-data; boundary=application/json",
                                      "application/x-www-form-urlencoded",
                                      "application/jsonx",
                                      "application/json, text/plain",
                                      "application/json x",
                                      "application/json; charset=utf-16",
                                      "application/json; charset=utf-8x",
                                      "application/ld+json",
                                      ""};
    char fields[256];
    for (size_t i = 0; i < BASE_COUNT(good); i++) {
        snprintf(fields, sizeof fields, HERE "Content-Length: 1\r\nContent-Type: %s\r\n", good[i]);
        expect(0, &tcp, "POST /", fields);
    }
    for (size_t i = 0; i < BASE_COUNT(bad); i++) {
        snprintf(fields, sizeof fields, HERE "Content-Length: 1\r\nContent-Type: %s\r\n", bad[i]);
        expect(415, &tcp, "POST /", fields);
        expect(0, &tcp, "POST /blobs/sha256:1", fields);
        expect(0, &tcp, "POST /audio", fields);
        expect(415, &tcp, "POST /audiox", fields);
        snprintf(fields, sizeof fields, HERE "Content-Type: %s\r\n", bad[i]);
        expect(415, &tcp, "POST /", fields);
    }
    expect(415, &tcp, "POST /", HERE "Content-Length: 1\r\n");
    expect(415, &tcp, "DELETE /", HERE "Transfer-Encoding: chunked\r\n");
    expect(0, &tcp, "POST /", HERE "Content-Length: 0\r\n");
    expect(0, &tcp, "DELETE /", HERE);
    expect(0, &tcp, "GET /", HERE "Content-Type: text/plain\r\n");
    expect(415, &tcp, "POST /",
           HERE
           "Content-Length: 1\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n");
}

static void paths_are_named_whole_or_by_their_beginning(void **state) {
    (void)state;
    static const char *const paths[] = {"/", "/a*", "*x", NULL};
    assert_true(http_paths_name(paths, (struct http_text){"/", 1}));
    assert_true(http_paths_name(paths, (struct http_text){"/a", 2}));
    assert_true(http_paths_name(paths, (struct http_text){"/abc", 4}));
    assert_false(http_paths_name(paths, (struct http_text){"/b", 2}));
    assert_false(http_paths_name(paths, (struct http_text){"", 0}));
    assert_false(http_paths_name(NULL, (struct http_text){"/", 1}));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_matrix),
        cmocka_unit_test(a_page_of_ours_may_call),
        cmocka_unit_test(ports_are_ours),
        cmocka_unit_test(a_configured_name_is_ours),
        cmocka_unit_test(absolute_targets_say_the_same),
        cmocka_unit_test(other_sites_are_told_apart),
        cmocka_unit_test(configured_origins_are_exact),
        cmocka_unit_test(bodies_are_json),
        cmocka_unit_test(paths_are_named_whole_or_by_their_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
