/* Texts as vectors: what the model itself makes of them (packs have encoders of their own). */
#ifndef INGLE_WORKER_WIRE_MSG_EMBED_H
#define INGLE_WORKER_WIRE_MSG_EMBED_H

#include "worker/wire/message.h"

struct msg_embed_input {
    struct wire_text text;
    const ingle_token *ids; /* [n_ids] in place of the text, which is empty */
    size_t n_ids;
};

/* MSG_EMBED: answers are a MSG_VECTOR for every input, in order. */
struct msg_embed {
    const struct msg_embed_input *inputs; /* [n] */
    size_t n;
    bool cuts; /* what is longer than the context loses its end; else it is refused */
};
void msg_embed(struct wire *w, void *message);

/* MSG_VECTOR */
struct msg_vector {
    size_t n_tokens;         /* that it stands for */
    bool was_cut;            /* there were more */
    struct wire_text values; /* float32s in the order of memory, at no special address */
};
void msg_vector(struct wire *w, void *message);

/* The result, also of a request that failed on its way. */
struct msg_embedded {
    size_t n_vectors, n_tokens;
    double ms;
};
void msg_embedded(struct wire *w, void *message);

#endif
