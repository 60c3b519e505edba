/* daemon/http as a whole, in one process with its client: what handlers may count on, and what
 * becomes of a request when memory runs out at any moment. */
#include "daemon/http/http.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "support/process.h"
#include "support/refusal.h"

#define ANSWER_MAX (1 << 16)

struct world {
    struct event_base *base;
    struct http_server *server;
    struct sockaddr_un address;
    socklen_t address_size;
    struct http_exchange *held; /* by the handler of /hold and /stream */
    int n_gone, n_drained, n_requests;
    bool ends_when_gone, has_own_errors;
};

static void on_gone(struct http_exchange *x, void *user) {
    struct world *w = user;
    w->n_gone++;
    assert_ptr_equal(x, w->held);
    assert_false(http_write(x, "late", 4)); /* nobody reads that any more */
    if (w->ends_when_gone) http_break(x);
    w->held = NULL;
}

static void reply_with_headers(struct http_exchange *x) {
    assert_true(http_add_header(x, "X-Good", "a\tb"));
    assert_true(http_add_header(x, "Cache-Control", "max-age=60"));
    assert_false(http_add_header(x, "X-Bad", "a\r\nX-Evil: b"));
    assert_false(http_add_header(x, "X-Bad", "a\nb"));
    assert_false(http_add_header(x, "X-Bad", "\x7f"));
    assert_false(http_add_header(x, "X Bad", "a"));
    assert_false(http_add_header(x, "X-Bad:", "a"));
    assert_false(http_add_header(x, "", "a"));
    char large[HTTP_ANSWER_HEADERS_MAX] = "";
    memset(large, 'a', sizeof large - 1);
    assert_false(http_add_header(x, "X-Large", large));
    http_reply(x, 200, "text/plain", "headers", 7);
}

static void on_request(struct http_exchange *x, void *user) {
    struct world *w = user;
    const struct http_request *r = http_exchange_request(x);
    w->n_requests++;
    if (strcmp(r->path.data, "/hold") == 0 || strcmp(r->path.data, "/stream") == 0) {
        w->held = x;
        http_exchange_watch(x, on_gone, w);
        if (r->path.data[1] == 's') {
            http_begin(x, 200, "text/event-stream", ": \n\n");
            (void)http_write(x, "first", 5);
        }
    } else if (strcmp(r->path.data, "/unwatched") == 0) {
        w->held = x;
    } else if (strcmp(r->path.data, "/headers") == 0) {
        reply_with_headers(x);
    } else if (strcmp(r->path.data, "/whole-stream") == 0) {
        http_begin(x, 200, "text/event-stream", NULL);
        for (int i = 0; i < 100 && http_write(x, "0123456789", 10); i++) continue;
        http_finish(x);
    } else {
        char *copy = arena_copy(http_exchange_arena(x), r->body.data, r->body.len);
        if (copy)
            http_reply(x, 200, "text/plain", copy, r->body.len);
        else
            http_reply_error(x, 500, "There is not enough memory.");
    }
}

static void make_error(const struct http_request *r, int status, const char *message,
                       struct buf *out, void *user) {
    (void)user;
    buf_addf(out, "{\"own\":%d,\"path\":\"%s\",\"text\":\"%s\"}", status, r ? r->path.data : "",
             message);
}

static int listening(struct world *w) {
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    w->address = (struct sockaddr_un){.sun_family = AF_UNIX}; /* the kernel chooses a name */
    w->address_size = sizeof w->address;
    assert_int_equal(bind(fd, (struct sockaddr *)&w->address, sizeof w->address.sun_family), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&w->address, &w->address_size), 0);
    return fd;
}

static void start(struct world *w) {
    struct http_options options = http_options_default();
    ingle_error err;
    w->base = event_base_new();
    options.base = w->base;
    options.on_request = on_request;
    options.make_error = w->has_own_errors ? make_error : NULL;
    options.user = w;
    assert_int_equal(http_server_new(&w->server, &options, &err), INGLE_OK);
    assert_int_equal(http_server_listen(w->server, listening(w), NULL, &err), INGLE_OK);
}

static void stop(struct world *w) {
    http_server_free(w->server);
    event_base_free(w->base);
}

static int join(const struct world *w) {
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&w->address, w->address_size), 0);
    return fd;
}

static void turn(struct world *w) {
    for (int i = 0; i < 4; i++) event_base_loop(w->base, EVLOOP_NONBLOCK);
}

/* What has come over fd so far, with a NUL; true if the other side has closed. */
static bool receive(struct world *w, int fd, char *text) {
    size_t n = 0;
    ssize_t got = -1;
    for (int i = 0; i < 8 && got != 0; i++) {
        turn(w);
        while ((got = read(fd, text + n, ANSWER_MAX - 1 - n)) > 0) n += (size_t)got;
        if (got < 0 && errno != EAGAIN) got = 0;
    }
    text[n] = '\0';
    return got == 0;
}

static void say(int fd, const char *text) {
    /* Fails if the server has closed already, which its answer tells. */
    (void)send(fd, text, strlen(text), MSG_NOSIGNAL);
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define POST(fields)                                                                               \
    "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" fields "\r\n"

static void headers_cannot_be_smuggled_in(void **state) {
    (void)state;
    struct world w = {0};
    char text[ANSWER_MAX];
    start(&w);
    int fd = join(&w);
    say(fd, GET("/headers"));
    assert_false(receive(&w, fd, text));
    assert_non_null(strstr(text, "X-Good: a\tb\r\n"));
    assert_non_null(strstr(text, "Cache-Control: max-age=60\r\n"));
    assert_null(strstr(text, "no-store"));
    assert_null(strstr(text, "X-Bad"));
    assert_null(strstr(text, "X-Evil"));
    assert_null(strstr(text, "X-Large"));
    close(fd);
    stop(&w);
}

static void errors_have_the_form_that_is_asked_for(void **state) {
    (void)state;
    struct world w = {.has_own_errors = true};
    char text[ANSWER_MAX];
    start(&w);
    int fd = join(&w);
    say(fd, "GET /a HTTP/1.1\r\nHost: evil\r\n\r\n");
    assert_false(receive(&w, fd, text));
    assert_non_null(strstr(text, "{\"own\":403,\"path\":\"/a\",\"text\":\"Host names"));
    say(fd, "GET /a\r\n\r\n");
    assert_true(receive(&w, fd, text));
    assert_non_null(strstr(text, "{\"own\":400,\"path\":\"\",\"text\":\""));
    close(fd);
    stop(&w);
}

static void who_leaves_is_told_of_once(void **state) {
    (void)state;
    static const char *const requests[] = {GET("/hold"), GET("/stream")};
    for (int i = 0; i < 4; i++) {
        struct world w = {.ends_when_gone = i & 1};
        struct http_server_info info;
        start(&w);
        int fd = join(&w);
        say(fd, requests[i >> 1]);
        turn(&w);
        assert_non_null(w.held);
        http_server_info(w.server, &info);
        assert_int_equal(info.running, 1);
        close(fd);
        turn(&w);
        http_server_info(w.server, &info);
        assert_int_equal(w.n_gone, 1);
        assert_int_equal(info.running, 0);
        assert_int_equal(info.connections, 0);
        assert_int_equal(info.gone, 1);
        stop(&w);
    }
}

static void an_exchange_without_a_watcher_waits_for_its_handler(void **state) {
    (void)state;
    struct world w = {0};
    struct http_server_info info;
    start(&w);
    int fd = join(&w);
    say(fd, GET("/unwatched"));
    turn(&w);
    close(fd);
    turn(&w);
    http_server_info(w.server, &info);
    assert_int_equal(info.connections, 0);
    assert_int_equal(info.running, 1);
    assert_string_equal(http_exchange_request(w.held)->path.data, "/unwatched");
    assert_int_equal(http_pending(w.held), 0);
    http_reply(w.held, 200, "text/plain", "late", 4);
    http_server_info(w.server, &info);
    assert_int_equal(info.running, 0);
    stop(&w);
}

static void the_end_of_the_server_is_the_end_of_all(void **state) {
    (void)state;
    struct world w = {0};
    char text[ANSWER_MAX];
    start(&w);
    int fd = join(&w), idle = join(&w);
    say(fd, GET("/stream"));
    turn(&w);
    stop(&w);
    assert_int_equal(w.n_gone, 1);
    assert_true(read(fd, text, sizeof text) > 0);
    assert_int_equal(read(fd, text, sizeof text), 0);
    assert_int_equal(read(idle, text, sizeof text), 0);
    close(fd);
    close(idle);
}

static void on_drained(void *user) {
    struct world *w = user;
    w->n_drained++;
}

static void draining_without_connections_ends_at_once(void **state) {
    (void)state;
    struct world w = {0};
    start(&w);
    http_server_drain(w.server, on_drained, &w);
    assert_int_equal(w.n_drained, 0); /* from the loop alone */
    turn(&w);
    assert_int_equal(w.n_drained, 1);
    stop(&w);
}

static void only_listening_sockets_are_taken(void **state) {
    (void)state;
    struct world w = {0};
    ingle_error err;
    int pair[2], plain = socket(AF_INET, SOCK_STREAM, 0);
    start(&w);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    expect_refusal(http_server_listen(w.server, pair[0], NULL, &err), INGLE_BAD_ARGUMENT, &err,
                   "no listening socket");
    expect_refusal(http_server_listen(w.server, plain, NULL, &err), INGLE_BAD_ARGUMENT, &err,
                   "no listening socket");
    expect_refusal(http_server_listen(w.server, -1, NULL, &err), INGLE_FAILED, &err, "listen");
    for (int i = 1; i < HTTP_LISTENERS_MAX; i++) {
        assert_int_equal(http_server_listen(w.server, listening(&w), NULL, &err), INGLE_OK);
    }
    int fd = listening(&w);
    expect_refusal(http_server_listen(w.server, fd, NULL, &err), INGLE_LIMIT, &err, "listeners");
    assert_int_equal(fcntl(fd, F_GETFD) < 0, 0); /* still the caller's */
    close(fd);
    close(pair[0]);
    close(pair[1]);
    close(plain);
    stop(&w);
}

static const struct {
    const char *request, *answer; /* which holds this if all is well */
} scenarios[] = {
    {GET("/x"), "HTTP/1.1 200 OK"},
    {GET("/whole-stream"), "\r\n0\r\n\r\n"},
    {POST("Content-Length: 5\r\n") "hello", "\r\n\r\nhello"},
    {POST("Transfer-Encoding: chunked\r\n") "5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n",
     "\r\n\r\nhelloyou"},
    {POST("Content-Length: 5\r\nExpect: 100-continue\r\n"), "100 Continue"},
    {"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", "204"},
    {"GET /x HTTP/1.1\r\nHost: evil\r\n\r\n", "403"},
    {"GET /x HTTP/1.1\r\n\r\n", "400"},
    {"\r\n", "400"},
    {GET("/stream"), "first"},
    {GET("/hold"), ""},
};

/* With the n-th allocation failing (0: none), and all after it if for_ever. The request gets its
 * answer, an error, or a closed connection, and nothing stays behind. Returns how many there are.
 */
static uint64_t survive(size_t i, uint64_t n, bool for_ever) {
    struct world w = {0};
    char text[ANSWER_MAX];
    start(&w);
    uint64_t live = mem_live(), count = mem_count();
    int fd = join(&w);
    mem_fail_at(n, for_ever);
    say(fd, scenarios[i].request);
    bool is_closed = receive(&w, fd, text);
    mem_fail_at(0, 0);
    count = mem_count() - count;
    bool is_right = strstr(text, scenarios[i].answer) && (text[0] || !scenarios[i].answer[0]);
    bool is_error = strstr(text, " 503 ") || strstr(text, " 500 ");
    bool is_fine = is_right || (n > 0 && (is_error || is_closed));
    if (!is_fine) print_error("Allocation %d, %s: %s", (int)n, scenarios[i].request, text);
    assert_true(is_fine);
    close(fd);
    turn(&w);
    assert_null(w.held);
    assert_int_equal(mem_live(), live);
    struct http_server_info info;
    http_server_info(w.server, &info);
    assert_int_equal(info.connections, 0);
    assert_int_equal(info.running, 0);
    stop(&w);
    return count;
}

static void memory_may_run_out_at_any_moment(void **state) {
    (void)state;
    uint64_t live = mem_live();
    int n_files = process_n_files();
    for (size_t i = 0; i < BASE_COUNT(scenarios); i++) {
        uint64_t count = survive(i, 0, false);
        assert_true(count > 2);
        for (uint64_t n = 1; n <= count; n++) {
            (void)survive(i, n, false);
            (void)survive(i, n, true);
        }
    }
    assert_int_equal(mem_live(), live);
    assert_int_equal(process_n_files(), n_files);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_cannot_be_smuggled_in),
        cmocka_unit_test(errors_have_the_form_that_is_asked_for),
        cmocka_unit_test(who_leaves_is_told_of_once),
        cmocka_unit_test(an_exchange_without_a_watcher_waits_for_its_handler),
        cmocka_unit_test(the_end_of_the_server_is_the_end_of_all),
        cmocka_unit_test(draining_without_connections_ends_at_once),
        cmocka_unit_test(only_listening_sockets_are_taken),
        cmocka_unit_test(memory_may_run_out_at_any_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
