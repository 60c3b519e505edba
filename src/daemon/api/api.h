/* The dialects of the local service: each file speaks one part of one API, in a table of routes.
 * api_serve() finds the route, reads the body, and calls it; all of them ask the service for the
 * work (service/service.h) and answer through the exchange (http/http.h). */
#ifndef INGLE_DAEMON_API_API_H
#define INGLE_DAEMON_API_API_H

#include "base/json_tree.h"
#include "base/json_write.h"
#include "daemon/api/response_store.h"
#include "daemon/http/http.h"
#include "daemon/service/service.h"

#define API_MAX_ANSWER ((size_t)64 << 20) /* bytes of one */
#define API_MAX_DEPTH 64                  /* of a request's JSON */
#define API_MAX_VALUES ((size_t)1 << 18)  /* in it: others wait while it is read */

/* What models did, of answers that came to their end; added up since the start. */
struct api_meter {
    uint64_t n_prompt, n_cached, n_generated; /* tokens; n_prompt: that were computed */
    uint64_t n_longest;                       /* of one prompt with its answer */
    double prompt_ms, generate_ms;
};

/* What the kernel leaves to this process itself, as it is told; see guard/seal/seal_confine.h. */
struct api_front {
    const char *files; /* "its own root", "rules", "all"; NULL = nothing is known */
    uint64_t n_places, n_writable;
    int landlock;
    bool has_network, keeps_signals, hides_memory;
};

struct api_dialect;

struct api {
    /* [n_dialects]; the first answers where no other is meant */
    const struct api_dialect *const *dialects;
    size_t n_dialects;
    struct service *service;
    struct http_server *server;
    struct access *access; /* api/access.h */
    struct event_base *base;
    int64_t started_s; /* since 1970 */
    struct api_meter meter;
    struct api_front front;
    struct response_store responses; /* cleared by whoever ends the service */
};

/* A request that failed before its answer began, as every dialect must be able to tell it. */
struct api_failure {
    int http_status;
    ingle_status status;
    const char *message;
    const char *param; /* the field that is wrong; NULL */
    const char *code;  /* "model_not_found", "context_length_exceeded" ...; NULL */
};

struct api_call;
typedef void (*api_fn)(struct api_call *c);

struct api_route {
    enum http_method method;
    const char *path; /* one that ends in "*" stands for all that begin so */
    api_fn serve;
};

struct api_dialect {
    const struct api_route *routes; /* [n_routes] */
    size_t n_routes;
    /* Answers with the dialect's form of an error. */
    void (*fail)(struct http_exchange *x, const struct api_failure *f);
    /* The same as JSON, for what the HTTP core answers itself. NULL: OpenAI's form. */
    void (*put_error)(struct json *j, const struct api_failure *f);
    /* What is not served below this is refused in its form, too; NULL */
    const char *root;
    /* The header by which every answer has an id of its own; NULL = none */
    const char *id_header;
};

/* One request on its way through a dialect; borrowed during serve(), its parts for as long as the
 * exchange. */
struct api_call {
    struct api *api;
    struct http_exchange *x;
    const struct http_request *request;
    const struct api_dialect *dialect;
    struct arena *arena;           /* of the exchange */
    const struct json_value *body; /* an object; NULL of GET and DELETE without one */
    const char *rest;              /* what stands for the "*" */
};

/* Of http_server: finds the route and serves it; user: the struct api. */
void api_serve(struct http_exchange *x, void *api);

/* Of http_options: what the core refuses, in the form of the dialect whose path it is. */
void api_make_error(const struct http_request *r, int http_status, const char *message,
                    struct buf *out, void *api);

/* What NAME=VALUE of the query says, percent-decoded; NULL if it is not there. */
const char *api_query_value(const struct api_call *c, const char *name);

/* ---- failures ---- */

/* The one table of what a status is in HTTP. */
int api_http_status(ingle_status status);

/* Answers with the failure; the exchange is over. param, code: NULL = none, or what the status says
 * of itself. LIMIT, of the queue, is 429 with Retry-After. */
void api_fail(struct api_call *c, ingle_status status, const ingle_error *err, const char *param);

struct fields;
/* Answers with the first field that is wrong; if none is, there was no memory to read them. */
void api_fail_fields(struct api_call *c, const struct fields *f);

/* What a failure is, for dialects that tell it in the middle of a stream. */
struct api_failure api_failure_of(ingle_status status, const ingle_error *err, const char *param);

/* ---- answers ---- */

/* A whole JSON answer: the buffer is sent and cleared; one that failed (memory) is a 500. */
void api_reply_json(struct http_exchange *x, int http_status, struct buf *json);

/* A failure, as put() writes it. */
void api_reply_error(struct http_exchange *x, const struct api_failure *f,
                     void (*put)(struct json *j, const struct api_failure *f));

/* "event: NAME\ndata: JSON\n\n", the first line only with a name; the buffer is emptied. False if
 * nobody is there any more. */
bool api_send_event(struct http_exchange *x, const char *name, struct buf *json);
/* A failure as the last event, as put() writes it; then the exchange is over. */
void api_end_events(struct http_exchange *x, const char *name, const struct api_failure *f,
                    void (*put)(struct json *j, const struct api_failure *f));
/* "JSON\n" */
bool api_send_line(struct http_exchange *x, struct buf *json);
#define API_EVENT_STREAM "text/event-stream"
#define API_LINES "application/x-ndjson"
#define API_KEEP_ALIVE ": \n\n" /* of event streams */

/* `prefix` and 24 letters and digits that nobody has had before. */
const char *api_new_id(struct arena *arena, const char *prefix);

/* Moves what was gathered to the arena, with a NUL behind it. NULL, which arena->failed remembers,
 * if there is no memory, or was none while it was gathered. */
const char *api_take_text(struct arena *arena, struct buf *b, size_t *len);
/* A value as JSON text, in the arena; the same. */
const char *api_text_of(struct arena *arena, const struct json_value *value, size_t *len);

#endif
