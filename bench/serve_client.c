/* A client of a service's streams that costs little itself, for bench/serve: it asks as many at
 * once as it is told, notes when the pieces of the answers come, and answers every line on its
 * input with one.
 *
 *   PATH <tab> BODY [<tab> BODY ...]     POSTs each body on a connection of its own, made before
 *
 * -> JSON: the microseconds from the first byte sent to each answer's first and last piece of text
 * and to its end, the number of pieces, the text (as the JSON string it came in) and the usage that
 * was told; and the processor time that this client took for all of it.
 *
 *   serve_client PORT     of 127.0.0.1 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/compiler.h"

#define MAX_ASKED 64
#define MAX_ANSWER ((size_t)64 << 20)

struct asked {
    int fd;
    struct buf in;           /* the whole answer, head and framing included */
    size_t scanned;          /* events before this were looked at */
    double first, last, end; /* us */
    int n_pieces;
    struct buf text;
};

static struct asked all[MAX_ASKED];

static void die(const char *what) {
    fprintf(stderr, "serve_client: %s\n", what);
    exit(1);
}

static double now_us(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return 1e6 * (double)t.tv_sec + 1e-3 * (double)t.tv_nsec;
}

static int connect_to(int port) {
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0) die("nobody listens there");
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) die("no TCP_NODELAY");
    return fd;
}

static void send_all(int fd, const struct buf *request) {
    for (size_t at = 0; at < request->size;) {
        ssize_t n = send(fd, request->data + at, request->size - at, MSG_NOSIGNAL);
        if (n <= 0) die("the service took no request");
        at += (size_t)n;
    }
}

static void ask(const struct asked *a, int port, const char *path, const char *body) {
    struct buf request;
    buf_init(&request, MAX_ANSWER);
    buf_addf(&request,
             "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: application/json\r\n"
             "Content-Length: %zu\r\n\r\n",
             path, port, strlen(body));
    buf_add_str(&request, body);
    if (request.failed) die("there is no memory for a request");
    send_all(a->fd, &request);
    buf_clear(&request);
}

/* ---- what comes ---- */

/* The inside of the JSON string of an event's delta, or NULL. */
static const char *find_text(const char *event, size_t size, size_t *len) {
    static const char key[] = "\"content\":\"";
    const char *text = memmem(event, size, key, sizeof key - 1);
    if (!text) return NULL;
    text += sizeof key - 1;
    const char *at = text, *end = event + size;
    while (at < end && *at != '"') at += *at == '\\' ? 2 : 1;
    *len = (size_t)(at - text);
    return at<end && * len> 0 ? text : NULL;
}

static void take_event(struct asked *a, const char *event, size_t size, double now) {
    size_t len;
    const char *text = find_text(event, size, &len);
    if (!text) return;
    if (a->n_pieces++ == 0) a->first = now;
    a->last = now;
    buf_add(&a->text, text, len);
}

static bool has_ended(const struct asked *a) {
    static const char done[] = "data: [DONE]\n\n";
    return a->in.size > sizeof done && memmem(a->in.data + a->in.size - sizeof done - 8,
                                              sizeof done + 8, done, sizeof done - 1) != NULL;
}

/* Every event that is whole. False once the answer has ended. */
static bool take(struct asked *a, double now) {
    const char *from;
    while ((from = a->in.data + a->scanned)) {
        const char *end = memmem(from, a->in.size - a->scanned, "\n\n", 2);
        if (!end) break;
        take_event(a, from, (size_t)(end - from), now);
        a->scanned += (size_t)(end - from) + 2;
    }
    a->end = now;
    return !has_ended(a);
}

static bool hear(struct asked *a) {
    char bytes[64 << 10];
    ssize_t n = recv(a->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    double now = now_us(CLOCK_MONOTONIC);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    if (n <= 0) return false;
    if (!buf_add(&a->in, bytes, (size_t)n)) die("an answer is too large");
    return take(a, now);
}

static void hear_all(int n) {
    struct pollfd p[MAX_ASKED];
    for (int i = 0; i < n; i++) p[i] = (struct pollfd){.fd = all[i].fd, .events = POLLIN};
    for (int left = n; left > 0;) {
        if (poll(p, (nfds_t)n, 60000) <= 0) die("nothing came for a minute");
        for (int i = 0; i < n; i++) {
            if (p[i].fd < 0 || p[i].revents == 0 || hear(&all[i])) continue;
            p[i].fd = -1;
            left--;
        }
    }
}

/* ---- what is told ---- */

/* {...}, which has no braces in strings; "null" if there is none. */
static void print_usage(const struct asked *a) {
    static const char key[] = "\"usage\":{";
    const char *usage = a->in.data, *found = NULL, *end = a->in.data + a->in.size;
    while (usage && (usage = memmem(usage, (size_t)(end - usage), key, sizeof key - 1))) {
        found = usage += sizeof key - 1;
    }
    if (!found) {
        fputs("null", stdout);
        return;
    }
    const char *at = found;
    for (int depth = 1; at < end && depth > 0; at++) depth += (*at == '{') - (*at == '}');
    printf("{%.*s", (int)(at - found), found);
}

static void need_text(const struct asked *a) {
    if (a->n_pieces > 0) return;
    fprintf(stderr, "serve_client: no text came: %.600s\n", a->in.data ? a->in.data : "");
    exit(1);
}

static void print_answer(const struct asked *a, double start, const char *before) {
    printf("%s{\"first\":%.1f,\"last\":%.1f,\"end\":%.1f,\"pieces\":%d,\"text\":\"%s\",\"usage\":",
           before, a->first - start, a->last - start, a->end - start, a->n_pieces,
           a->text.data ? a->text.data : "");
    print_usage(a);
    putchar('}');
}

static void serve_line(char *line, int port) {
    char *path = strtok(line, "\t"), *bodies[MAX_ASKED], *body;
    int n = 0;
    while (n < MAX_ASKED && (body = strtok(NULL, "\t"))) bodies[n++] = body;
    if (n == 0) die("nothing to ask");
    for (int i = 0; i < n; i++) {
        all[i] = (struct asked){.fd = connect_to(port)};
        buf_init(&all[i].in, MAX_ANSWER);
        buf_init(&all[i].text, MAX_ANSWER);
    }
    double cpu = now_us(CLOCK_PROCESS_CPUTIME_ID), start = now_us(CLOCK_MONOTONIC);
    for (int i = 0; i < n; i++) ask(&all[i], port, path, bodies[i]);
    hear_all(n);
    cpu = now_us(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    printf("{\"cpu\":%.1f,\"answers\":[", cpu);
    for (int i = 0; i < n; i++) {
        need_text(&all[i]);
        print_answer(&all[i], start, i ? "," : "");
        close(all[i].fd);
        buf_clear(&all[i].in);
        buf_clear(&all[i].text);
    }
    puts("]}");
}

int main(int argc, char **argv) {
    char *line = NULL;
    size_t cap = 0;
    if (argc != 2) {
        fputs("usage: serve_client PORT\n", stderr);
        return 2;
    }
    int port = (int)strtol(argv[1], NULL, 10);
    setvbuf(stdout, NULL, _IOLBF, 0);
    puts("ready 0");
    for (ssize_t n; (n = getline(&line, &cap, stdin)) > 0;) {
        if (line[n - 1] == '\n') line[n - 1] = '\0';
        serve_line(line, port);
    }
    free(line);
    return 0;
}
