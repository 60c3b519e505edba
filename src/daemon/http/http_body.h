/* A body in chunks (RFC 9112, 7.1), read strictly: no extensions, no trailers. */
#ifndef INGLE_DAEMON_HTTP_HTTP_BODY_H
#define INGLE_DAEMON_HTTP_HTTP_BODY_H

#include "base/buf.h"
#include "daemon/http/http_head.h"

/* Zeroed at the start of a body. */
struct http_chunks {
    int state;
    unsigned n_digits;
    size_t left; /* of the chunk */
};

enum http_chunks_result { HTTP_CHUNKS_MORE, HTTP_CHUNKS_DONE, HTTP_CHUNKS_BAD };

/* Takes data, *used bytes of it, and adds what is the body to out, whose maximum is the body's. Of
 * DONE the rest of data is what follows the body. BAD: *why says what is wrong. */
enum http_chunks_result http_chunks_take(struct http_chunks *c, const char *data, size_t size,
                                         size_t *used, struct buf *out, struct http_refusal *why);

#endif
