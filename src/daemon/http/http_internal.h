/* What the files of daemon/http share: servers, connections, exchanges.
 *
 * A connection and its exchange each outlive the other for a while: the exchange of a client that
 * has gone has no connection (x->c NULL), and a connection has none between two requests. Nothing
 * that a handler calls ends a connection: it is marked, and ends in its next turn. */
#ifndef INGLE_DAEMON_HTTP_HTTP_INTERNAL_H
#define INGLE_DAEMON_HTTP_HTTP_INTERNAL_H

#include <event2/event.h>
#include <event2/listener.h>
#include <sys/queue.h>

#include "daemon/http/http.h"
#include "daemon/http/http_body.h"
#include "daemon/http/http_gate.h"
#include "daemon/http/http_head.h"

#define HTTP_NEVER UINT64_MAX
#define HTTP_READ_SIZE ((size_t)64 << 10)

struct http_listener {
    struct http_server *server;
    struct evconnlistener *events; /* owns the descriptor */
    struct ssl_ctx_st *tls;
    struct http_site site;
    int tag;
};

enum http_state {
    HTTP_HANDSHAKE, /* of TLS */
    HTTP_READ_HEAD,
    HTTP_READ_BODY,
    HTTP_ANSWER, /* x is the handler's */
    HTTP_FLUSH,  /* the answer has ended, and is on its way */
    HTTP_LINGER, /* our half is closed; what still comes is thrown away */
};

/* Bytes to be sent: data[sent..size). */
struct http_output {
    struct buf bytes;
    size_t sent;
};

struct http_connection {
    TAILQ_ENTRY(http_connection) link;  /* in server->connections */
    TAILQ_ENTRY(http_connection) dirty; /* in server->dirty, if is_dirty */
    struct http_server *server;
    const struct http_listener *listener;
    struct ssl_st *tls; /* or NULL */
    int fd;
    struct event *event; /* edge-triggered, both ways, for as long as the connection is */
    struct event *timer;
    uint64_t timer_at; /* ms; when the timer goes off, HTTP_NEVER if it is off */
    struct http_peer peer;
    uint64_t peer_key; /* what per_peer counts */
    enum http_state state;
    uint64_t since;       /* ms; of the state, or of the first byte of a head */
    bool is_dirty;        /* waits for its turn at the end of this turn of the loop */
    bool is_idle;         /* READ_HEAD after an answer, and nothing has come */
    bool has_closed_half; /* the other side: no more will come */
    bool has_news;        /* the kernel told of something since http_probe() looked */
    bool must_close;      /* after the answer */
    bool is_broken;       /* it ends in its next turn */
    uint64_t *cut;        /* the counter of the limit that cuts it in its next turn, or NULL */
    uint64_t probe_at;    /* ms; when one that has closed its half is probed again; HTTP_NEVER */
    struct buf in;        /* what has come and has not been understood yet */
    struct http_scan scan;
    struct http_chunks chunks;
    uint64_t body_came; /* bytes of it, framing included */
    struct http_output out;
    bool is_full;      /* the kernel takes no more of it until the next event */
    size_t counted;    /* bytes for it that are part of server->unsent */
    uint64_t moved_at; /* ms; when the client last took something, or sending began */
    struct http_exchange *x;
};

struct http_exchange {
    TAILQ_ENTRY(http_exchange) link;
    struct http_server *server;
    struct http_connection *c; /* NULL: the client is gone */
    struct arena arena;
    struct http_head head;
    struct http_verdict verdict;
    struct buf body;
    struct buf headers;      /* what the handler adds */
    bool says_cache;         /* among them */
    bool is_handed;          /* to on_request */
    bool has_begun;          /* a stream */
    const char *stream_type; /* what the handler expects; NULL: no stream, that is known of */
    const char *keep_alive;
    void (*on_gone)(struct http_exchange *x, void *user);
    void *user;
};

TAILQ_HEAD(http_connections, http_connection);
TAILQ_HEAD(http_exchanges, http_exchange);

struct http_server {
    struct http_options options;
    struct http_listener listeners[HTTP_LISTENERS_MAX];
    size_t n_listeners;
    struct http_connections connections, dirty;
    struct http_exchanges exchanges;
    struct event *flush;  /* made active when something is dirty */
    struct event *resume; /* accepts again after descriptors ran out */
    struct http_server_info info;
    size_t bodies; /* bytes of all */
    size_t unsent; /* bytes of all streams */
    time_t date_at;
    char date[32];
    bool is_draining;
    void (*on_drained)(void *user);
    void *drained_user;
    char scratch[HTTP_READ_SIZE]; /* what is read, for a moment */
};

/* http_io.c: plain or TLS. */
enum http_io { HTTP_IO_DONE, HTTP_IO_AGAIN, HTTP_IO_END, HTTP_IO_LOST };
enum http_io http_io_read(struct http_connection *c, void *data, size_t size, size_t *n);
enum http_io http_io_write(struct http_connection *c, const void *data, size_t size, size_t *n);
enum http_io http_io_handshake(struct http_connection *c);
bool http_io_open(struct http_connection *c);
void http_io_close(struct http_connection *c); /* our half */
void http_io_free(struct http_connection *c);
/* What the kernel knows of the other side: it has closed its half; it is gone altogether. */
void http_io_look(const struct http_connection *c, bool *has_closed_half, bool *is_gone);

/* http_connection.c */
uint64_t http_now_ms(void);
struct http_connection *http_connection_new(struct http_server *server,
                                            const struct http_listener *listener, int fd,
                                            const struct http_peer *peer, uint64_t peer_key);
/* Ends it now; never from within a handler's call. */
void http_connection_end(struct http_connection *c);
void http_connection_turn(struct http_connection *c);
void http_connection_mark(struct http_connection *c); /* it has its turn before the loop waits */
void http_connection_enter(struct http_connection *c, enum http_state state);

/* http_request.c: from bytes to an exchange. Each true if it could go on, false if it has to wait
 * for more, or has changed the state. */
bool http_take_head(struct http_connection *c);
bool http_take_body(struct http_connection *c);

/* http_server.c: that the last connection is gone, if somebody waits for it. */
void http_server_tell_drained(struct http_server *server);

/* http_deadline.c */
void http_deadline_arm(struct http_connection *c);

/* http_output.c */
bool http_output_send(struct http_connection *c); /* false: the connection is lost */
size_t http_output_pending(const struct http_output *out);
bool http_output_add(struct http_connection *c, const void *data, size_t size);
/* The memory for what of a stream is unsent counts for all streams; too much of it costs the one
 * with most. */
void http_output_count(struct http_connection *c);
void http_output_limit(struct http_server *server);
void http_probe(struct http_connection *c);
/* It had closed its half, and waited. */
void http_probe_again(struct http_connection *c);
void http_fill_silence(struct http_connection *c);

/* http_answer.c */
struct http_exchange *http_exchange_new(struct http_connection *c);
void http_exchange_free(struct http_exchange *x);
void http_exchange_gone(struct http_exchange *x);
/* The core's own answers; the connection closes after it if must_close. r may be NULL. */
void http_answer_refusal(struct http_connection *c, struct http_exchange *x,
                         struct http_refusal why);
void http_answer_preflight(struct http_connection *c, struct http_exchange *x);

/* http_fields.c: the head of an answer. size SIZE_MAX: in chunks. type NULL: no body. x may be
 * NULL. */
void http_fields_write(struct buf *out, struct http_connection *c, const struct http_exchange *x,
                       int status, const char *type, size_t size);

#endif
