/* Refining a text. Answers are MSG_PROGRESS, MSG_TEXT as the text gets certain, and a MSG_BLOCK for
 * each block after its text. */
#ifndef INGLE_WORKER_WIRE_MSG_REWRITE_H
#define INGLE_WORKER_WIRE_MSG_REWRITE_H

#include "ingle/rewrite.h"
#include "worker/wire/message.h"

struct msg_rewrite {
    struct wire_text text;
    ingle_rewrite_manner manner;
    const char *instruction; /* NULL = none */
    float max_changed;
};
void msg_rewrite(struct wire *w, void *message);

/* An ingle_rewrite_block, from <= to; whether they lie in the text is for the reader to see. */
void msg_block(struct wire *w, void *message);

/* The result, an ingle_rewrite_result. */
void msg_rewritten(struct wire *w, void *message);

#endif
