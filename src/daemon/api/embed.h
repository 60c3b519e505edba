/* Texts as vectors, for dialects: asked for at once, answered at once.
 *
 *     embed_start()  ->  on_end(), once, unless the client has gone: it ends the exchange. */
#ifndef INGLE_DAEMON_API_EMBED_H
#define INGLE_DAEMON_API_EMBED_H

#include "daemon/api/api.h"
#include "daemon/api/field.h"
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
    bool is_bad; /* what came are not the vectors of these texts */
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

/* Keeps the first n of n_embd numbers, and makes the vector one of length 1 again. */
void embed_shorten(struct embed *e, struct embed_vector *v, size_t n);

/* An array of numbers, as short as they can be read back; or as base64 of float32s. */
void embed_put_numbers(struct json *j, const struct embed_vector *v, size_t n);
void embed_put_base64(struct json *j, const struct embed_vector *v, size_t n);

/* A field that must be there, as inputs in the arena: a string, an array of up to max strings, of
 * tokens, or of arrays of tokens. */
void embed_read_inputs(struct fields *f, const char *name, size_t max, struct arena *arena,
                       const struct msg_embed_input **out, size_t *n);

/* How many numbers of a vector are asked for: `dimensions`, 0 = all. 0: there are fewer, which was
 * answered. */
size_t embed_dimensions(struct embed *e, int dimensions);

#endif
