/* Texts and token ids: `ingle tokens`. */
#ifndef INGLE_WORKER_WIRE_MSG_TOKENS_H
#define INGLE_WORKER_WIRE_MSG_TOKENS_H

#include "worker/wire/message.h"

/* MSG_TOKENIZE: answers are MSG_TOKENS, all of which are there or none. */
struct msg_tokenize {
    struct wire_text text;
    bool no_bos, parse_special;
    bool wants_bytes; /* of each token */
};
void msg_tokenize(struct wire *w, void *message);

/* The next tokens; ids that a request names have no bytes. */
#define MSG_TOKENS_MAX ((size_t)2048)
struct msg_tokens_item {
    ingle_token id;
    struct wire_text bytes;
};
struct msg_tokens {
    const struct msg_tokens_item *items; /* [n] */
    size_t n;
};
void msg_tokens(struct wire *w, void *message);

/* MSG_DETOKENIZE: answers are MSG_TEXT. */
struct msg_detokenize {
    const ingle_token *ids; /* [n] */
    size_t n;
};
void msg_detokenize(struct wire *w, void *message);

#endif
