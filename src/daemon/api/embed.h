/* Texts as vectors, for dialects: asked for at once, answered at once.
 *
 *     embed_start()  ->  on_end(), once, unless the client has gone: it ends the exchange. */
#ifndef INGLE_DAEMON_API_EMBED_H
#define INGLE_DAEMON_API_EMBED_H

#include "daemon/api/api.h"
#include "worker/wire/msg_embed.h"

#define EMBED_MAX_INPUTS ((size_t)2048)

struct embed_vector {
    float *values; /* [n_embd] */
    size_t n_tokens;
    bool was_cut;
};

struct embed {
    struct api_call call; /* copied */
    const char *model;    /* as it is called; in the exchange's arena */
    void *user;           /* the dialect's */
    double created_ms;    /* base/clock.h */
    struct job *job;
    size_t n; /* inputs */

    /* during on_end(), if it succeeded */
    struct arena arena;
    struct embed_vector *vectors; /* [n] */
    size_t n_vectors, n_embd;
    struct msg_embedded told;
    void (*on_end)(struct embed *e, ingle_status status, const ingle_error *err);
};

struct embed_ask {
    const char *model; /* NULL = the default */
    struct msg_embed request;
    enum urgency urgency;
    double keep_alive_s; /* of struct service_ask */
    bool unloads;
    void (*on_end)(struct embed *e, ingle_status status, const ingle_error *err);
    void *user;
};

/* The request is needed only during the call. What cannot be started is answered. */
void embed_start(struct api_call *c, const struct embed_ask *ask);

/* Keeps the first n numbers, and makes the vector one of length 1 again. */
void embed_shorten(struct embed_vector *v, size_t n);

/* An array of numbers, as short as they can be read back; or as base64 of float32s. */
void embed_put_numbers(struct json *j, const struct embed_vector *v, size_t n);
void embed_put_base64(struct json *j, const struct embed_vector *v, size_t n);

/* A JSON value as inputs, in the arena: a string, an array of strings, of tokens, or of arrays of
 * tokens. BAD_ARGUMENT with a sentence that calls it `name`. */
BASE_NODISCARD ingle_status embed_read_inputs(const struct msg_embed_input **out, size_t *n,
                                              const struct json_value *value, const char *name,
                                              size_t max, struct arena *arena, ingle_error *err);

#endif
