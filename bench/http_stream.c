/* http_stream [N]: what one token of four bytes costs from http_write() to the socket, each in a
 * turn of the loop of its own, as a worker delivers them: processor time of the serving thread, the
 * loop's wait included, over TCP and over a Unix socket; beside it, a bare send() in such a loop.
 */
#include <arpa/inet.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/http/http.h"

static const char token[] = "four";

struct run {
    struct event_base *base;
    struct event *tick;
    struct http_exchange *x; /* or, for the bare send, */
    int fd;
    long n, left;
    double start, ms;
};

static double processor_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void on_tick(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    struct run *run = arg;
    if (run->left-- == 0) {
        run->ms = processor_ms() - run->start;
        if (run->x) http_finish(run->x);
        event_base_loopexit(run->base, &(struct timeval){.tv_usec = 10000});
        return;
    }
    if (run->x) {
        http_write(run->x, token, 4);
    } else if (send(run->fd, token, 4, MSG_NOSIGNAL) < 0) {
        die("send");
    }
    event_add(run->tick, &(struct timeval){0}); /* due in the next turn */
}

static void on_request(struct http_exchange *x, void *user) {
    struct run *run = user;
    run->x = x;
    http_begin(x, 200, "text/event-stream", ": \n\n");
    run->start = processor_ms();
    event_add(run->tick, &(struct timeval){0});
}

static int listen_at(bool is_unix, struct sockaddr_storage *address, socklen_t *size) {
    struct sockaddr_un u = {.sun_family = AF_UNIX}; /* without a name: the kernel chooses */
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = is_unix ? bind(fd, (struct sockaddr *)&u, sizeof u.sun_family) == 0
                      : bind(fd, (struct sockaddr *)&in, sizeof in) == 0;
    *size = sizeof *address;
    if (!ok || listen(fd, 8) != 0 || getsockname(fd, (struct sockaddr *)address, size) != 0) {
        die("listen");
    }
    return fd;
}

/* Reads for as long as something comes. */
static pid_t start_reader(const struct sockaddr_storage *address, socklen_t size, bool is_unix) {
    pid_t child = fork();
    if (child != 0) return child;
    char text[65536];
    int fd = socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in in;
    memcpy(&in, address, sizeof in);
    int port = is_unix ? 0 : ntohs(in.sin_port);
    int n = is_unix
                ? snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                : snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: localhost:%d\r\n\r\n", port);
    if (connect(fd, (const struct sockaddr *)address, size) != 0) _exit(1);
    if (write(fd, text, (size_t)n) != n) _exit(1);
    while (read(fd, text, sizeof text) > 0) continue;
    _exit(0);
}

static double us_of_core(bool is_unix, long n) {
    struct run run = {.base = event_base_new(), .n = n, .left = n};
    struct sockaddr_storage address = {0};
    socklen_t size;
    struct http_options options = http_options_default();
    struct http_server *server;
    ingle_error err;
    options.base = run.base;
    options.on_request = on_request;
    options.user = &run;
    run.tick = event_new(run.base, -1, 0, on_tick, &run);
    int fd = listen_at(is_unix, &address, &size);
    if (http_server_new(&server, &options, &err) != INGLE_OK ||
        http_server_listen(server, fd, NULL, &err) != INGLE_OK) {
        fprintf(stderr, "http_stream: %s\n", err.msg);
        exit(1);
    }
    pid_t child = start_reader(&address, size, is_unix);
    event_base_dispatch(run.base);
    http_server_free(server);
    event_free(run.tick);
    event_base_free(run.base);
    waitpid(child, NULL, 0);
    return run.ms * 1e3 / (double)n;
}

static double us_of_send(bool is_unix, long n) {
    struct run run = {.base = event_base_new(), .n = n, .left = n};
    struct sockaddr_storage address = {0};
    socklen_t size;
    int fd = listen_at(is_unix, &address, &size);
    pid_t child = start_reader(&address, size, is_unix);
    run.fd = accept(fd, NULL, NULL);
    setsockopt(run.fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    run.tick = event_new(run.base, -1, 0, on_tick, &run);
    run.start = processor_ms();
    event_add(run.tick, &(struct timeval){0});
    event_base_dispatch(run.base);
    event_free(run.tick);
    event_base_free(run.base);
    close(run.fd);
    close(fd);
    waitpid(child, NULL, 0);
    return run.ms * 1e3 / (double)n;
}

int main(int argc, char **argv) {
    long n = argc > 1 ? strtol(argv[1], NULL, 10) : 200000;
    if (n < 1) return 2;
    printf("%-8s %10s %12s   us of processor time a token, %ld tokens\n", "socket", "send()",
           "http_write()", n);
    for (int is_unix = 0; is_unix < 2; is_unix++) {
        double bare = us_of_send(is_unix, n), core = us_of_core(is_unix, n);
        printf("%-8s %10.2f %12.2f\n", is_unix ? "unix" : "tcp", bare, core);
    }
    return 0;
}
