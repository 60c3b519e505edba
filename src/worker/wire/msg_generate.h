/* Continuing a text: `ingle run`. Answers are MSG_TEXT, and with n_logprobs >= 0 a MSG_TOKEN for
 * every token, before the text that it completes. */
#ifndef INGLE_WORKER_WIRE_MSG_GENERATE_H
#define INGLE_WORKER_WIRE_MSG_GENERATE_H

#include "worker/wire/message.h"

struct msg_generate {
    struct wire_text prompt;
    bool no_bos, parse_special;
    const ingle_token *ids; /* [n_ids] the prompt as tokens, in place of the text, which is empty */
    size_t n_ids;
    bool warm; /* the prompt is computed and remembered, and that is all: no text comes */
    ingle_sampling_options sampling;
    struct msg_constraint constraint;
    int max_tokens; /* -1 = until the context is full */
    const char *const *stops;
    size_t n_stops;
    bool ignore_end, stop_loops;
    int n_logprobs; /* -1 = no MSG_TOKEN */
    int max_ms;     /* of generating, not of the prompt; 0 = however long it takes */
};
void msg_generate(struct wire *w, void *message);

struct msg_token_choice {
    ingle_token token;
    float logprob;
    struct wire_text bytes;
};

struct msg_token {
    struct msg_token_choice chosen;
    struct msg_token_choice *top; /* [n_top] */
    size_t n_top;
    bool is_shown; /* its bytes come as text */
};
void msg_token(struct wire *w, void *message);

/* The result, also of a request that failed after it had begun. */
struct msg_generated {
    bool began;      /* the model was set to work */
    size_t n_prompt; /* tokens of the prompt; of these, */
    int n_read;      /* those the session holds, */
    size_t n_reused; /* and those that were remembered */
    double prefill_ms;
    ingle_generate_result result;
};
void msg_generated(struct wire *w, void *message);

#endif
