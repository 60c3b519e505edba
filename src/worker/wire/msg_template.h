/* MSG_TEMPLATE, `ingle template`: what a chat template writes. Answers are MSG_TEXT. */
#ifndef INGLE_WORKER_WIRE_MSG_TEMPLATE_H
#define INGLE_WORKER_WIRE_MSG_TEMPLATE_H

#include "ingle/template.h"
#include "worker/wire/message.h"

struct msg_template {
    const char *source;       /* Jinja, or JSON with a "chat_template"; NULL = the model's */
    const char *source_name;  /* for messages */
    const char *messages;     /* these as in ingle_template_render() */
    const char *tools, *vars; /* NULL = none */
    const char *now;          /* NULL = the present */
    bool no_generation_prompt;
};
void msg_template(struct wire *w, void *message);

/* The result. */
struct msg_rendered {
    const ingle_rendering_span *spans; /* [n_spans] */
    size_t n_spans;
};
void msg_rendered(struct wire *w, void *message);

#endif
