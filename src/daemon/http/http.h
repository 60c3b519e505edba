/* The HTTP side of the local service: connections, requests that have passed the gate, answers.
 * It knows no dialect, no model and no page; daemon/ gives it what to do with a request.
 *
 *   bytes -> head (strict) -> gate -> body -> on_request() -> http_reply()
 *                 |            |        |                    http_begin() http_write()
 * http_finish() 400          403 ..   413
 *
 * One thread: every call here is made in the thread that runs the event_base. No function of this
 * header calls back: on_request, on_gone and on_drained come from the loop alone. */
#ifndef INGLE_DAEMON_HTTP_HTTP_H
#define INGLE_DAEMON_HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"

struct event_base;
struct ssl_ctx_st;

#define HTTP_LISTENERS_MAX 16

struct http_text {
    const char *data; /* a NUL behind it */
    size_t len;
};

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_DELETE, HTTP_OPTIONS };

struct http_header {
    const char *name;  /* in lower case */
    const char *value; /* without the blanks around it; no control character but the tab */
};

/* Who is at the other end. */
struct http_peer {
    bool is_unix, is_tls, is_loopback;
    pid_t pid;    /* of a Unix socket */
    int listener; /* its tag in http_listener_options */
};

struct http_request {
    enum http_method method;
    struct http_text path;     /* decoded once: UTF-8 without control characters */
    struct http_text raw_path; /* as it came */
    struct http_text query;    /* as it came, without the '?' */
    const struct http_header *headers;
    size_t n_headers;
    struct http_text body;
    struct http_peer peer;
    uint64_t client; /* what authorize() said; 0 on a public path */
};

/* The value of the first header of this name (in lower case), or NULL. Those whose repetition would
 * be ambiguous occur once. */
const char *http_request_header(const struct http_request *r, const char *name);

/* One request and its answer. It ends with http_reply(), http_finish(), http_break(), or when
 * on_gone returns; a handler that watches for nothing ends it in one of the first three ways even
 * if its client is gone. */
struct http_exchange;

const struct http_request *http_exchange_request(struct http_exchange *x);
/* Lives as long as the exchange; wiped at its end. */
struct arena *http_exchange_arena(struct http_exchange *x);
/* on_gone is called once if the client goes away, or is cut, before the answer has ended. It may
 * end x itself; if it does not, x ends when it returns. NULL: no longer. To be set in on_request():
 * of a client that has gone before, http_write() alone tells. */
void http_exchange_watch(struct http_exchange *x,
                         void (*on_gone)(struct http_exchange *x, void *user), void *user);

/* The client has left: who has not begun to work for it need not. */
bool http_is_gone(const struct http_exchange *x);

/* For the head of the answer, before it begins. False if it cannot stand in a head: a name or a
 * value with a character that may not be there, or more than HTTP_ANSWER_HEADERS_MAX bytes. What
 * the core says itself (Content-Length, Date ...) is not for the caller, Cache-Control excepted. */
#define HTTP_ANSWER_HEADERS_MAX ((size_t)8 << 10)
bool http_add_header(struct http_exchange *x, const char *name, const char *value);

/* The whole answer; x is over. type NULL if there is no body. */
void http_reply(struct http_exchange *x, int status, const char *type, const void *body,
                size_t size);
/* An error as the core makes them (make_error of the options); x is over. */
void http_reply_error(struct http_exchange *x, int status, const char *message);

/* The answer will be a stream, that http_begin() begins with 200 when there is something to send.
 * If there was nothing for keep_alive_ms, the beginning is sent, so that no client takes silence
 * for an end; one that closes its half gets it at once, since nothing else shows whether it is
 * there. http_begin() then does nothing, and a failure can only be told in the stream. */
void http_expect_stream(struct http_exchange *x, const char *type, const char *keep_alive);
bool http_has_begun(const struct http_exchange *x);

/* A streamed answer. keep_alive is sent whenever nothing was for keep_alive_ms, and when it has to
 * be found out whether the client is still there; NULL: never, and a client that has closed its
 * half counts as gone. It must stay valid. */
void http_begin(struct http_exchange *x, int status, const char *type, const char *keep_alive);
/* All that is written in one turn of the loop goes out in one piece. False: the client is gone or
 * was cut, nothing more is wanted (on_gone follows). */
bool http_write(struct http_exchange *x, const void *data, size_t size);
/* Bytes that the client has not taken yet. Who can wait does so beyond limits.send_buffer; the
 * client is cut at limits.send_max. */
size_t http_pending(const struct http_exchange *x);
void http_finish(struct http_exchange *x); /* the end of a streamed answer; x is over */
/* A streamed answer that failed: the connection closes without a proper end; x is over. */
void http_break(struct http_exchange *x);

struct http_limits {
    size_t body;           /* of a request: 8 MiB */
    size_t bodies;         /* of all requests together: 128 MiB; 503 beyond */
    size_t send_buffer;    /* 256 KiB, see http_pending() */
    size_t send_max;       /* 8 MiB unsent of a streamed answer */
    size_t unsent;         /* 32 MiB unsent of all streams; beyond, the one with most is cut */
    size_t reply_max;      /* of a whole answer: 64 MiB */
    unsigned connections;  /* 1,024; 503 beyond */
    unsigned per_peer;     /* 64 of a process (Unix socket) or an address of another machine */
    unsigned per_loopback; /* 512 of an address of this machine, which all its users share */
};

/* Wall-clock times, none of which a client can put off by sending a little. */
struct http_deadlines {
    unsigned head_ms;   /* 10,000 from the connection, or the first byte, to the end of a head */
    unsigned body_ms;   /* 30,000; longer while body_rate is kept on average */
    unsigned body_rate; /* 1,024 bytes a second */
    unsigned idle_ms;   /* 60,000 between requests */
    unsigned keep_alive_ms; /* 15,000 of silence in a stream */
    unsigned stall_ms;      /* 30,000 without taking one byte of what waits to be sent */
    unsigned probe_ms;      /* 50 between probes of a client that has closed its half */
    unsigned linger_ms; /* 1,000 between the last answer and the close, for what is on its way */
};

struct http_options {
    struct event_base *base; /* outlives the server */
    struct http_limits limits;
    struct http_deadlines deadlines;
    const char *name;                  /* a host we are known as besides localhost, or NULL */
    const char *const *origins;        /* other origins that may call us, "https://x.org"; NULL at
                                          the end, or NULL */
    const char *const *public_paths;   /* GET and HEAD of these need no authorize(); "/x*" means
                                          whatever begins with "/x"; NULL at the end, or NULL */
    const char *const *any_type_paths; /* bodies here need not be application/json; the same */
    /* May this request be answered? Called with its head, before its body is read. NULL: yes. */
    bool (*authorize)(const struct http_request *r, uint64_t *client, void *user);
    /* Must end the exchange, now or later. */
    void (*on_request)(struct http_exchange *x, void *user);
    /* The body of an error, in JSON; r is NULL if the head made no sense. NULL: in the form of
     * OpenAI. */
    void (*make_error)(const struct http_request *r, int status, const char *message,
                       struct buf *out, void *user);
    void *user;
};

struct http_options http_options_default(void);

struct http_server;

/* The strings and lists of the options are borrowed until http_server_free(). */
BASE_NODISCARD ingle_status http_server_new(struct http_server **out,
                                            const struct http_options *options, ingle_error *err);

struct http_listener_options {
    struct ssl_ctx_st *tls; /* an SSL_CTX, or NULL for plain HTTP; referenced */
    int tag;                /* for http_peer.listener */
};

/* Takes over a bound and listening stream socket, of Unix or TCP (whose port it asks for): closed
 * by drain and free. On failure it stays the caller's. options may be NULL. */
BASE_NODISCARD ingle_status http_server_listen(struct http_server *server, int fd,
                                               const struct http_listener_options *options,
                                               ingle_error *err);

/* Accepts no more; idle connections close, running answers may end. on_drained (or NULL) is called
 * when the last connection is gone. */
void http_server_drain(struct http_server *server, void (*on_drained)(void *user), void *user);

/* Cuts what there is (on_gone is called) and frees all. Not from within a callback. */
void http_server_free(struct http_server *server);

struct http_server_info {
    unsigned connections, running; /* running: exchanges that have not ended */
    uint64_t accepted, requests;   /* requests: that reached on_request */
    uint64_t refused;              /* answered by the core: bad heads, the gate, limits */
    uint64_t refused_peer;         /* connections of another user, or over a limit */
    uint64_t cut_head, cut_body, cut_idle, cut_stall, cut_size; /* by which deadline or limit */
    uint64_t gone; /* clients that left before their answer had ended */
};
void http_server_info(const struct http_server *server, struct http_server_info *info);

#endif
