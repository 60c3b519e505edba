/* Filling the middle between two texts, as editors ask for it that choose themselves what is shown.
 * Answers are those of MSG_GENERATE. */
#ifndef INGLE_WORKER_WIRE_MSG_FILL_H
#define INGLE_WORKER_WIRE_MSG_FILL_H

#include "ingle/complete.h"
#include "worker/wire/msg_generate.h"

/* MSG_FILL: REFUSED by a model that has no tokens for it. What does not fit the context is left
 * out: files first, then lines far from the place between the texts. */
struct msg_fill {
    struct msg_generate rest; /* its prompt is how the middle begins; it has no ids */
    struct wire_text prefix, suffix;
    const char *name, *repository;    /* of the file, of the project; NULL = not said */
    const ingle_complete_file *files; /* [n_files] others, the most telling last */
    size_t n_files;
};
void msg_fill(struct wire *w, void *message);

/* The result, also of a request that failed after it had begun. */
struct msg_filled {
    struct msg_generated made;
    size_t n_dropped; /* tokens of all texts that were left out */
    size_t n_files;   /* those that are in the prompt */
};
void msg_filled(struct wire *w, void *message);

#endif
