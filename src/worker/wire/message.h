/* The kinds of messages between front and worker, and what all of them share. A visitor (wire.h) a
 * message; those of one thing that a worker can do stand together in a msg_<thing>.h.
 *
 * The front sends requests, each with an id of its own, at least 1; the worker answers each with
 * any number of messages about it and then MSG_DONE, which says how it ended. The first request is
 * MSG_START. Up to RING_REQUESTS may be open at once, each with an id of another place (ring.h);
 * the bodies of all but MSG_START begin with who asks (msg_asker). To cancel one the front puts its
 * id into its ring page and rings. */
#ifndef INGLE_WORKER_WIRE_MESSAGE_H
#define INGLE_WORKER_WIRE_MESSAGE_H

#include "ingle/constraint.h"
#include "ingle/sampling.h"
#include "ingle/session.h"
#include "ingle/tasks.h"
#include "ingle/tokenizer.h"
#include "worker/wire/wire.h"

/* Front and worker are one program, yet a running worker may be of an older one. */
#define MESSAGE_VERSION 3

enum msg_type {
    /* requests */
    MSG_START = 1,  /* msg_start.h */
    MSG_GENERATE,   /* msg_generate.h */
    MSG_CHAT,       /* msg_chat.h: an answer to messages */
    MSG_CHAT_COUNT, /* their tokens */
    MSG_RESTORE,    /* msg_remember.h: a snapshot into the prefix cache */
    MSG_REMEMBER,   /* and out of it */
    MSG_TOKENIZE,   /* msg_tokens.h */
    MSG_DETOKENIZE,
    MSG_TEMPLATE,  /* msg_template.h */
    MSG_DOCUMENT,  /* msg_document.h */
    MSG_SUMMARIZE, /* msg_summarize.h, and so on */
    MSG_REWRITE,
    MSG_DRAFT,
    MSG_COMPLETE,
    MSG_INTENT,
    MSG_DIGEST,
    MSG_REDACT,
    MSG_LOGITS,   /* msg_logits.h */
    MSG_JUDGE,    /* msg_judge.h */
    MSG_DESCRIBE, /* msg_describe.h */
    MSG_FILL,     /* msg_fill.h: what belongs between two texts */
    MSG_STATUS,   /* msg_status.h */
    MSG_EMBED,    /* msg_embed.h */

    /* answers */
    MSG_STARTED = 64, /* msg_start.h */
    MSG_TEXT,         /* the body is bytes of the answer's text */
    MSG_TOKEN,        /* msg_generate.h */
    MSG_EVENT,        /* msg_chat.h: of an answer */
    MSG_MESSAGE,      /* msg_chat.h: of a conversation */
    MSG_TOKENS,       /* msg_tokens.h */
    MSG_SNAPSHOT,     /* the body is the next bytes of a snapshot */
    MSG_PROGRESS,     /* an ingle_progress */
    MSG_BLOCK,        /* msg_rewrite.h */
    MSG_FOUND,        /* msg_digest.h */
    MSG_GROUP,
    MSG_SPANS, /* msg_redact.h */
    MSG_ROWS,  /* msg_logits.h */
    MSG_TOP,
    MSG_VERDICTS, /* msg_judge.h */
    MSG_VECTOR,   /* msg_embed.h */
    MSG_PROMPT,   /* msg_chat.h: what an answer is to */

    MSG_DONE = 127 /* a struct msg_done, then what the request's own result visitor reads */
};

/* A request may carry a long document, an answer only pieces. */
#define MESSAGE_MAX_REQUEST ((size_t)1 << 30)
#define MESSAGE_MAX_ANSWER ((size_t)64 << 20)

/* Who asks, and how much the answer is waited for. */
enum urgency {
    URGENCY_INTERACTIVE, /* somebody looks at it */
    URGENCY_TASK,
    URGENCY_BACKGROUND
};
struct msg_asker {
    uint64_t client; /* what was remembered of one client's words is used for no other's */
    enum urgency urgency;
};
#define MSG_ASKER_SIZE ((size_t)12)
void msg_asker(struct wire *w, void *message);

struct msg_done {
    ingle_error error;    /* code OK: it succeeded */
    uint64_t peak_memory; /* bytes that the worker ever held */
    struct wire_text result;
};
void msg_done(struct wire *w, void *message);

/* Of a request, or a result, that says nothing. */
void msg_empty(struct wire *w, void *message);

/* ---- parts of several messages ---- */

#define WIRE_MAX_TEXT MESSAGE_MAX_REQUEST
#define WIRE_MAX_NAME ((size_t)4096)
#define WIRE_MAX_LIST ((size_t)1 << 16)
#define WIRE_MAX_TOKENS (1 << 26) /* of one text: what is added up stays a number */

void wire_error(struct wire *w, ingle_error *error);
void wire_sampling(struct wire *w, ingle_sampling_options *options);

/* Token ids that a request names, [*n]. */
void wire_tokens(struct wire *w, const ingle_token **ids, size_t *n);

/* What a text must be, as it was given. */
struct msg_constraint {
    enum constraint_kind {
        CONSTRAINT_NONE,
        CONSTRAINT_SCHEMA,
        CONSTRAINT_GRAMMAR,
        CONSTRAINT_REGEX,
        CONSTRAINT_CHOICES
    } kind;
    struct wire_text text;      /* of the first three */
    const char *const *choices; /* [n_choices] */
    size_t n_choices;
};
void wire_constraint(struct wire *w, struct msg_constraint *constraint);

void wire_generate_result(struct wire *w, ingle_generate_result *result);

/* Where a task is: an ingle_progress. */
void msg_progress(struct wire *w, void *message);

#endif
