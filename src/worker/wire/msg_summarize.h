/* Summarising a text. Answers are MSG_PROGRESS, and MSG_TEXT once the summary is certain. */
#ifndef INGLE_WORKER_WIRE_MSG_SUMMARIZE_H
#define INGLE_WORKER_WIRE_MSG_SUMMARIZE_H

#include "ingle/summarize.h"
#include "worker/wire/message.h"

struct msg_summarize {
    struct wire_text text;
    const char *title; /* NULL = not known */
    ingle_summary_style style;
    ingle_summary_length length;
    bool extractive;
};
void msg_summarize(struct wire *w, void *message);

/* The result, an ingle_summary_result. */
void msg_summarized(struct wire *w, void *message);

#endif
