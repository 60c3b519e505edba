/* MSG_LOGITS, `ingle logits`: what the model makes of a row of tokens, as numbers. */
#ifndef INGLE_WORKER_WIRE_MSG_LOGITS_H
#define INGLE_WORKER_WIRE_MSG_LOGITS_H

#include "ingle/tokenizer.h"
#include "worker/wire/message.h"

/* Answers are MSG_ROWS, bytes of rows of n_vocab float32 in the order of memory, or with `top` a
 * MSG_TOP for every row. Nothing is answered before all of the request is known to be in order. */
struct msg_logits {
    const ingle_token *ids; /* [n] */
    size_t n;
    bool all; /* a row for every position, not only the last */
    int top;  /* so many of each row, the likeliest first; 0 = raw rows */
};
void msg_logits(struct wire *w, void *message);

/* The next of a row's likeliest tokens: a row may take several messages. */
#define MSG_TOP_MAX ((size_t)2048)
struct msg_top_item {
    ingle_token token;
    float logit;
    double logprob;
    struct wire_text bytes;
};
struct msg_top {
    size_t position;
    bool is_last;                     /* of its row */
    const struct msg_top_item *items; /* [n] */
    size_t n;
};
void msg_top(struct wire *w, void *message);

#endif
