/* One answer of the OpenAI dialect: its choices, each a turn of its own (turn.h), streamed as they
 * come or gathered until all have ended. What chat/completions and completions do differently is a
 * struct openai_shape. */
#ifndef INGLE_DAEMON_OPENAI_OPENAI_ANSWER_H
#define INGLE_DAEMON_OPENAI_OPENAI_ANSWER_H

#include "daemon/openai/openai.h"

#define OPENAI_MAX_CHOICES 64 /* of one answer, all prompts together */

struct openai_answer;

struct openai_choice {
    struct openai_answer *answer;
    struct turn *turn; /* NULL once it has ended */
    size_t index;
    bool has_begun;        /* something of it was sent */
    bool in_text;          /* its last piece was text */
    size_t n_told;         /* tokens of the turn that were told or left out */
    size_t n_chars;        /* characters before the next token, as completions count them */
    struct wire_text head; /* of every chunk: that of the answer, and the index */
    struct buf json;       /* of whole answers: the choice once its turn has ended */
};

struct openai_shape {
    const char *id_prefix, *object, *chunk_object;
    const char *input_name; /* the field with what the model is given */
    const char *empty;      /* what a chunk without a piece has instead */
    /* Asks for the choice: turn_ask(). */
    ingle_status (*ask)(struct openai_choice *c, ingle_error *err);
    /* What stands before a choice's first piece; false: nothing. */
    bool (*put_begin)(const struct openai_choice *c, struct buf *to);
    /* Of a chunk: the member with this piece; false: it needs no chunk. */
    bool (*put_piece)(const struct openai_choice *c, const ingle_chat_event *e, struct buf *to);
    /* Of a whole choice: the members with what the turn has gathered. */
    void (*put_whole)(const struct openai_choice *c, struct json *j);
    /* The value of "logprobs": tokens from..n of the turn, without those that are NULL. */
    void (*put_logprobs)(struct openai_choice *c, size_t from, struct json *j);
};

struct openai_answer {
    struct api_call call;
    const struct openai_shape *shape;
    const void *request; /* the dialect's; in the exchange's arena */
    bool streams, wants_usage;
    int n_logprobs;          /* -1: none are asked for */
    size_t n_per_prompt;     /* choices that share one */
    const char *fingerprint; /* system_fingerprint */
    const char *id;
    struct openai_choice *choices; /* [n] */
    size_t n, n_asked, n_ended;
    struct turn_usage usage; /* of all that have ended */
    struct wire_text head;   /* of every chunk, up to its choices */
    struct buf chunk;
};

/* An answer of n choices; NULL: it could not be, which has been answered. The caller fills in the
 * request's part before openai_answer_start(). */
struct openai_answer *openai_answer_new(struct api_call *c, const struct openai_shape *shape,
                                        const char *model, size_t n);
/* Asks for the choices, a few at once; from now on it sees to its own end. */
void openai_answer_start(struct openai_answer *a);

/* The turn's text with the tokens that it is made of, for put_logprobs(): openai_logprobs.c */
void openai_take_tokens(struct openai_choice *c, const ingle_chat_event *e);
void openai_put_chat_logprobs(struct openai_choice *c, size_t from, struct json *j);
void openai_put_old_logprobs(struct openai_choice *c, size_t from, struct json *j);

#endif
