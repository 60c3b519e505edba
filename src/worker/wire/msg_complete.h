/* Completing a text at a place. Answers are MSG_TEXT, what will stay. */
#ifndef INGLE_WORKER_WIRE_MSG_COMPLETE_H
#define INGLE_WORKER_WIRE_MSG_COMPLETE_H

#include "ingle/complete.h"
#include "worker/wire/message.h"

#define MSG_COMPLETE_MAX_OTHERS 4096

void wire_file(struct wire *w, void *file); /* an ingle_complete_file */

struct msg_complete {
    ingle_complete_file file;
    size_t at; /* a byte of it */
    ingle_complete_extent extent;
    int max_tokens;
    const char *repository;            /* NULL = none */
    const ingle_complete_file *others; /* [n_others] */
    size_t n_others;
};
void msg_complete(struct wire *w, void *message);

/* The result, an ingle_complete_result, also of a request that failed. The pieces' numbers of files
 * are for the reader to check. */
void msg_completed(struct wire *w, void *message);

#endif
