/* Finding personal data in a text. Answers are MSG_SPANS: together all spans, in order and without
 * overlaps. */
#ifndef INGLE_WORKER_WIRE_MSG_REDACT_H
#define INGLE_WORKER_WIRE_MSG_REDACT_H

#include "worker/wire/message.h"

#define MSG_SPANS_MAX 4096       /* spans of one message */
#define MSG_REDACT_MAX_KINDS 256 /* also of what a tagger may tell apart */
#define MSG_REDACT_MAX_KIND 32   /* bytes of a kind's name */

struct msg_redact {
    struct wire_text text;
    const char *only, *keep; /* kinds with commas between; NULL = all, none */
};
void msg_redact(struct wire *w, void *message);

struct msg_span {
    size_t from, to; /* from < to; whether they lie in the text is for the reader to see */
    size_t kind;     /* of the kinds of its message */
    float confidence;
    int by; /* as enum redact_by has it: 0 to 2 */
};

struct msg_spans {
    const char *const *kinds; /* names: capitals, digits and _, the first a capital */
    size_t n_kinds;
    struct msg_span *spans;
    size_t n_spans;
};
void msg_spans(struct wire *w, void *message);

#endif
