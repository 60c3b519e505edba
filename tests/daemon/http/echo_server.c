/* echo_server [OPTION=VALUE ...]: the HTTP core with handlers that need no model, for the tests of
 * this folder. Prints "port N" (or "path P") and serves until its standard input ends; a line there
 * is a command: "info" prints the counters, "drain" drains. The options are those of struct
 * http_options that are numbers, and files=N (descriptors it may have), unix=PATH, v6=1, tls=1,
 * token=T, name=HOST, origin=ORIGIN.
 *
 *   POST /echo                 the body
 *   POST /size                 its length
 *   GET  /stream?n=3&ms=10&size=4&first=0   n events of so many bytes, every ms, after `first` ms
 *   GET  /late?...           the same, which begins with the first of them
 *   GET  /burst?n=100000       as many events as may be, at once
 *   POST /slow?ms=1000         answers then
 *   GET  /path/...             the path, decoded
 *   GET  /break                half a stream */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/http/http.h"

struct world {
    struct event_base *base;
    struct http_server *server;
    const char *unix_path, *token;
    bool is_tls, is_v6;
    uint64_t n_gone, n_open;
};

/* An answer that takes its time. */
struct job {
    struct world *world;
    struct http_exchange *x;
    struct event *timer;
    long n, ms, size;
    bool is_stream;
};

static long number(const struct http_request *r, const char *name, long otherwise) {
    char key[32];
    snprintf(key, sizeof key, "%s=", name);
    for (const char *p = r->query.data; p && *p; p = strchr(p, '&'), p += p ? 1 : 0) {
        if (strncmp(p, key, strlen(key)) == 0) return strtol(p + strlen(key), NULL, 10);
        if (!strchr(p, '&')) break;
    }
    return otherwise;
}

static bool is_path(const struct http_request *r, const char *path) {
    return strcmp(r->path.data, path) == 0;
}

static void end_job(struct job *job) {
    job->world->n_open--;
    event_free(job->timer);
    free(job);
}

static void on_gone(struct http_exchange *x, void *user) {
    (void)x;
    struct job *job = user;
    job->world->n_gone++;
    end_job(job);
}

static const char events[] = "text/event-stream", silence[] = ": \n\n";

static bool write_event(struct job *job, long i) {
    char text[4096];
    int len = snprintf(text, sizeof text, "data: %ld ", i);
    while (len < job->size && len < (int)sizeof text - 2) text[len++] = 'x';
    text[len++] = '\n';
    text[len++] = '\n';
    return http_write(job->x, text, (size_t)len);
}

static void on_time(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    struct job *job = arg;
    if (!job->is_stream) {
        http_reply(job->x, 200, "text/plain", "late", 4);
        end_job(job);
        return;
    }
    if (job->n == 0) {
        http_finish(job->x);
        end_job(job);
        return;
    }
    http_begin(job->x, 200, events, silence);
    if (!write_event(job, job->n--)) return; /* on_gone ends it */
    struct timeval tv = {.tv_sec = job->ms / 1000, .tv_usec = job->ms % 1000 * 1000};
    event_add(job->timer, &tv);
}

static void start(struct world *world, struct http_exchange *x, bool is_stream) {
    const struct http_request *r = http_exchange_request(x);
    struct job *job = calloc(1, sizeof *job);
    *job = (struct job){.world = world,
                        .x = x,
                        .n = number(r, "n", 3),
                        .ms = number(r, "ms", 10),
                        .size = number(r, "size", 0),
                        .is_stream = is_stream};
    job->timer = evtimer_new(world->base, on_time, job);
    world->n_open++;
    http_exchange_watch(x, on_gone, job);
    long first = is_stream ? number(r, "first", 0) : job->ms;
    if (is_stream && is_path(r, "/late")) {
        http_expect_stream(x, events, silence);
    } else if (is_stream) {
        http_begin(x, 200, events, silence);
    }
    struct timeval tv = {.tv_sec = first / 1000, .tv_usec = first % 1000 * 1000};
    event_add(job->timer, &tv);
}

/* As much as may be written before the client has taken any. */
static void burst(struct http_exchange *x) {
    long n = number(http_exchange_request(x), "n", 100);
    char text[64];
    http_begin(x, 200, "text/event-stream", ": \n\n");
    for (long i = 0; i < n; i++) {
        int len = snprintf(text, sizeof text, "data: %08ld\n\n", i);
        if (!http_write(x, text, (size_t)len)) break;
    }
    http_finish(x);
}

static void on_request(struct http_exchange *x, void *user) {
    struct world *world = user;
    const struct http_request *r = http_exchange_request(x);
    if (is_path(r, "/echo")) {
        const char *type = http_request_header(r, "content-type");
        http_reply(x, 200, type ? type : "text/plain", r->body.data, r->body.len);
    } else if (is_path(r, "/size")) {
        char text[32];
        int len = snprintf(text, sizeof text, "%zu", r->body.len);
        http_reply(x, 200, "text/plain", text, (size_t)len);
    } else if (is_path(r, "/stream") || is_path(r, "/late")) {
        start(world, x, true);
    } else if (is_path(r, "/slow")) {
        start(world, x, false);
    } else if (is_path(r, "/burst")) {
        burst(x);
    } else if (is_path(r, "/break")) {
        http_begin(x, 200, "text/event-stream", NULL);
        http_write(x, "data: half\n\n", 12);
        http_break(x);
    } else if (strncmp(r->path.data, "/path/", 6) == 0) {
        http_reply(x, 200, "text/plain", r->path.data, r->path.len);
    } else {
        http_reply_error(x, 404, "There is nothing here.");
    }
}

static bool authorize(const struct http_request *r, uint64_t *client, void *user) {
    const struct world *world = user;
    const char *token = http_request_header(r, "authorization");
    *client = 7;
    return token && strncmp(token, "Bearer ", 7) == 0 && strcmp(token + 7, world->token) == 0;
}

static void print_info(const struct world *world) {
    struct http_server_info i;
    http_server_info(world->server, &i);
    printf("info {\"connections\":%u,\"running\":%u,\"accepted\":%llu,\"requests\":%llu,"
           "\"refused\":%llu,\"refused_peer\":%llu,\"cut_head\":%llu,\"cut_body\":%llu,"
           "\"cut_idle\":%llu,\"cut_stall\":%llu,\"cut_size\":%llu,\"gone\":%llu,"
           "\"open\":%llu,\"gone_seen\":%llu}\n",
           i.connections, i.running, (unsigned long long)i.accepted, (unsigned long long)i.requests,
           (unsigned long long)i.refused, (unsigned long long)i.refused_peer,
           (unsigned long long)i.cut_head, (unsigned long long)i.cut_body,
           (unsigned long long)i.cut_idle, (unsigned long long)i.cut_stall,
           (unsigned long long)i.cut_size, (unsigned long long)i.gone,
           (unsigned long long)world->n_open, (unsigned long long)world->n_gone);
    fflush(stdout);
}

static void on_drained(void *user) {
    struct world *world = user;
    printf("drained\n");
    fflush(stdout);
    event_base_loopbreak(world->base);
}

static void on_input(evutil_socket_t fd, short what, void *arg) {
    (void)what;
    struct world *world = arg;
    char line[256];
    ssize_t n = read((int)fd, line, sizeof line - 1);
    if (n <= 0) {
        event_base_loopbreak(world->base);
        return;
    }
    line[n] = '\0';
    if (strstr(line, "info")) print_info(world);
    if (strstr(line, "drain")) http_server_drain(world->server, on_drained, world);
}

static int listen_tcp(int family) {
    int fd = socket(family, SOCK_STREAM, 0);
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    bool ok = family == AF_INET ? bind(fd, (struct sockaddr *)&v4, sizeof v4) == 0
                                : bind(fd, (struct sockaddr *)&v6, sizeof v6) == 0;
    if (!ok || listen(fd, 1024) != 0) {
        perror("echo_server: listen");
        exit(1);
    }
    socklen_t size = sizeof v6;
    getsockname(fd, (struct sockaddr *)&v6, &size);
    printf("port %d\n", ntohs(v6.sin6_port));
    return fd;
}

static int listen_unix(const char *path) {
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    (void)unlink(path);
    if (bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 1024) != 0) {
        perror("echo_server: listen");
        exit(1);
    }
    printf("path %s\n", path);
    return fd;
}

static bool set_number(struct http_options *o, const char *name, unsigned value) {
    struct {
        const char *name;
        unsigned *where;
    } const numbers[] = {{"head_ms", &o->deadlines.head_ms},
                         {"body_ms", &o->deadlines.body_ms},
                         {"body_rate", &o->deadlines.body_rate},
                         {"idle_ms", &o->deadlines.idle_ms},
                         {"keep_alive_ms", &o->deadlines.keep_alive_ms},
                         {"stall_ms", &o->deadlines.stall_ms},
                         {"probe_ms", &o->deadlines.probe_ms},
                         {"linger_ms", &o->deadlines.linger_ms},
                         {"connections", &o->limits.connections},
                         {"per_peer", &o->limits.per_peer},
                         {"per_loopback", &o->limits.per_loopback}};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (strcmp(name, numbers[i].name) != 0) continue;
        *numbers[i].where = value;
        return true;
    }
    if (strcmp(name, "body") == 0) o->limits.body = value;
    if (strcmp(name, "bodies") == 0) o->limits.bodies = value;
    return strncmp(name, "bod", 3) == 0;
}

static void limit_files(rlim_t n) {
    if (setrlimit(RLIMIT_NOFILE, &(struct rlimit){n, n}) != 0) exit(1);
}

static void parse_arguments(struct world *world, struct http_options *o, char **argv) {
    static const char *origins[2];
    for (int i = 1; argv[i]; i++) {
        char *value = strchr(argv[i], '=');
        if (!value) exit(2);
        *value++ = '\0';
        if (strcmp(argv[i], "unix") == 0)
            world->unix_path = value;
        else if (strcmp(argv[i], "token") == 0)
            world->token = value;
        else if (strcmp(argv[i], "name") == 0)
            o->name = value;
        else if (strcmp(argv[i], "files") == 0)
            limit_files((rlim_t)strtoul(value, NULL, 10));
        else if (strcmp(argv[i], "v6") == 0)
            world->is_v6 = true;
        else if (strcmp(argv[i], "tls") == 0)
            world->is_tls = true;
        else if (strcmp(argv[i], "origin") == 0)
            origins[0] = value;
        else if (!set_number(o, argv[i], (unsigned)strtoul(value, NULL, 10)))
            exit(2);
    }
    o->origins = origins;
    if (world->token) o->authorize = authorize;
}

/* A certificate that nobody has signed but its own key. */
static SSL_CTX *make_tls(void) {
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    X509_NAME *name = X509_get_subject_name(cert);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), 0);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1,
                               0);
    bool ok = X509_set_issuer_name(cert, name) && X509_set_pubkey(cert, key) &&
              X509_sign(cert, key, EVP_sha256()) && SSL_CTX_use_certificate(tls, cert) == 1 &&
              SSL_CTX_use_PrivateKey(tls, key) == 1;
    X509_free(cert);
    EVP_PKEY_free(key);
    if (!ok) {
        fprintf(stderr, "echo_server: no certificate.\n");
        exit(1);
    }
    return tls;
}

static void start_listening(struct world *world) {
    SSL_CTX *tls = world->is_tls ? make_tls() : NULL;
    struct http_listener_options lo = {.tls = tls};
    ingle_error err;
    int fd = world->unix_path ? listen_unix(world->unix_path)
                              : listen_tcp(world->is_v6 ? AF_INET6 : AF_INET);
    if (http_server_listen(world->server, fd, &lo, &err) != INGLE_OK) {
        fprintf(stderr, "echo_server: %s\n", err.msg);
        exit(1);
    }
    SSL_CTX_free(tls);
    fflush(stdout);
}

int main(int argc, char **argv) {
    (void)argc;
    static const char *const public_paths[] = {"/path/public*", NULL};
    static const char *const any_type_paths[] = {"/size", NULL};
    struct world world = {.base = event_base_new()};
    struct http_options o = http_options_default();
    o.base = world.base;
    o.public_paths = public_paths;
    o.any_type_paths = any_type_paths;
    o.on_request = on_request;
    o.user = &world;
    parse_arguments(&world, &o, argv);
    ingle_error err;
    if (http_server_new(&world.server, &o, &err) != INGLE_OK) {
        fprintf(stderr, "echo_server: %s\n", err.msg);
        return 1;
    }
    start_listening(&world);
    struct event *input = event_new(world.base, 0, EV_READ | EV_PERSIST, on_input, &world);
    event_add(input, NULL);
    event_base_dispatch(world.base);
    event_free(input);
    http_server_free(world.server);
    event_base_free(world.base);
    return 0;
}
