/* What a text asks for: of labels that the request brings, or of those of the worker's classifier.
 */
#ifndef INGLE_WORKER_WIRE_MSG_INTENT_H
#define INGLE_WORKER_WIRE_MSG_INTENT_H

#include "ingle/intent.h"
#include "worker/wire/message.h"

#define MSG_INTENT_MAX_TOP 1024

struct msg_intent {
    struct wire_text text;
    const ingle_label *labels; /* [n_labels]; none: the classifier's */
    size_t n_labels;
    bool same_labels; /* those of the last request that brought some; this one brings none */
    int n_top;        /* 1 or more */
};
void msg_intent(struct wire *w, void *message);

struct msg_intent_guess {
    const char *label;
    float confidence;
};

/* The result. */
struct msg_intended {
    bool is_none;     /* none of the labels */
    float confidence; /* that the answer is right */
    struct msg_intent_guess *top;
    size_t n_top; /* 1 or more */
};
void msg_intended(struct wire *w, void *message);

#endif
