/* MSG_DESCRIBE: what a model's file says of itself, and what ingle can do with it. The request says
 * nothing; a worker that has only the vocabulary answers it as well. */
#ifndef INGLE_WORKER_WIRE_MSG_DESCRIBE_H
#define INGLE_WORKER_WIRE_MSG_DESCRIBE_H

#include "ingle/file.h"
#include "worker/wire/message.h"

#define MSG_FACT_TEXT ((size_t)1 << 20) /* bytes of a text that is told; others are as arrays */

/* One key of the file's metadata. */
struct msg_fact {
    struct wire_text key;
    bool is_array; /* or a text too long to tell: it has no value here */
    uint64_t count;
    ingle_value_kind kind;
    uint64_t number; /* UINT, BOOL; INT in two's complement */
    double real;     /* FLOAT */
    struct wire_text text;
};

/* The result. Strings are "" where there is nothing. */
struct msg_described {
    const char *architecture, *name;
    const char *quantization;     /* "Q4_K_M": as the file calls it, or the type of most weights */
    uint64_t n_params, file_size; /* of all parts */
    int n_ctx_train;              /* tokens that the model was made for; 0 = it does not say */
    bool fills_middle;            /* the model has tokens for it */
    bool has_template;            /* of its own; else one that suits its control tokens */
    const char *template_from, *tool_format; /* ingle_chat_info; "" if it cannot chat */
    bool can_think, thinks, has_system;
    const struct msg_fact *facts; /* [n_facts] in the file's order */
    size_t n_facts;
};
void msg_described(struct wire *w, void *message);

/* NULL = there is none. */
const struct msg_fact *msg_fact_find(const struct msg_described *m, const char *key);

#endif
