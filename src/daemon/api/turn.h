/* One answer that a model makes, whatever the dialect it was asked for in: the request goes to the
 * service, what comes back is gathered and shown to the dialect piece by piece.
 *
 *     turn_new()  ->  fill t->ask's request (msg_chat, msg_generate ...)  ->  turn_start()
 *         -> view->event(), view->token() ... as they come (for streams)
 *         -> view->end(): the whole of it; after it the turn is gone.
 *
 * A turn whose client is gone ends without a word (turn_abandon()). */
#ifndef INGLE_DAEMON_API_TURN_H
#define INGLE_DAEMON_API_TURN_H

#include "daemon/api/api.h"
#include "worker/wire/msg_chat.h"
#include "worker/wire/msg_fill.h"
#include "worker/wire/msg_generate.h"

#define TURN_MAX_CALLS 64

struct turn;

struct turn_view {
    /* The next piece. Text of MSG_GENERATE comes as INGLE_CHAT_TEXT. May be NULL. False: nobody
     * listens, which ends the turn by and by. */
    bool (*event)(struct turn *t, const ingle_chat_event *event);
    /* A token, before what it completes; may be NULL. */
    bool (*token)(struct turn *t, const struct msg_token *token);
    /* The end. status OK: t->answer is whole and t->usage says how it ended; else err says why, and
     * what came before is in t->answer. Must end the exchange (or count it, if it has several
     * turns). */
    void (*end)(struct turn *t, ingle_status status, const ingle_error *err);
};

struct turn_call_made {
    const char *id, *name;
    struct buf arguments;
};

/* What became of it, the same for all kinds of requests. */
struct turn_usage {
    ingle_stop_reason reason; /* TOOL: calls; LENGTH also where the context is full */
    bool context_full;
    int n_prompt, n_cached; /* tokens; those not computed */
    int n_answer, n_thinking;
    double prompt_ms, first_ms, decode_ms;
};

struct turn {
    struct api_call call; /* copied; lives as long as the exchange */
    const struct turn_view *view;
    void *user;          /* the dialect's */
    bool streams;        /* the dialect's: whether it was asked for a stream */
    bool has_begun;      /* and its answer has begun */
    bool keeps_tokens;   /* gathers tokens, for log-probabilities of whole answers */
    const char *id;      /* of the answer */
    int64_t created_s;   /* since 1970 */
    double created_ms;   /* base/clock.h */
    const char *model;   /* as the model is called; in the exchange's arena */
    double keep_alive_s; /* of the model, as in service_ask; the dialect's */
    bool unloads;        /* the same */
    enum msg_type type;  /* MSG_CHAT or MSG_GENERATE (or any whose answers are like theirs) */
    struct job *job;

    ingle_error why; /* it was ended for this; code OK = for nothing that is our affair */

    struct arena arena; /* of what is gathered */
    struct buf text, thinking;
    struct turn_call_made calls[TURN_MAX_CALLS];
    size_t n_calls;
    const struct msg_token **tokens; /* [n_tokens] */
    size_t n_tokens, tokens_cap;
    struct msg_chatted chatted;     /* of MSG_CHAT, during end() */
    struct msg_generated generated; /* of MSG_GENERATE and MSG_FILL, during end() */
    size_t n_dropped;               /* MSG_FILL: tokens of its texts that were left out */
    struct turn_usage usage;        /* during end(); of the prompt sooner, with tells_prompt */
};

/* A turn for this call; NULL: there is no memory, which has been answered. The model is looked up:
 * NULL, answered with 404, if there is none of this name. */
struct turn *turn_new(struct api_call *c, const char *model, const struct turn_view *view);

/* Asks. m: a msg_chat or msg_generate (by type), needed during the call only. On failure nothing
 * was started, the turn is freed, and the failure answered. watch: the exchange has this one turn:
 * when its client goes away, the turn is abandoned. */
bool turn_start(struct turn *t, enum msg_type type, const void *m, enum urgency urgency,
                bool watch);
/* The same for other messages whose answers are MSG_TEXT and MSG_TOKEN and whose result is
 * msg_generated, or that of MSG_FILL. */
bool turn_start_as(struct turn *t, enum msg_type type, wire_fn visit, const void *m,
                   enum urgency urgency, bool watch);

/* The same, but nothing is answered and nobody watches: for exchanges with several turns. On
 * failure nothing was started, and the turn is still there. */
BASE_NODISCARD ingle_status turn_ask(struct turn *t, enum msg_type type, wire_fn visit,
                                     const void *m, enum urgency urgency, ingle_error *err);

/* Its client is gone, or it was never started. Frees it. */
void turn_abandon(struct turn *t);

/* Sends the stream's head before its first piece (once). */
void turn_begin_stream(struct turn *t, const char *type, const char *keep_alive);

/* Calls that have ended. One that was cut, by max_tokens or the context, is no call: no dialect
 * tells it in a whole answer as if it were; in a stream it has begun, and stays unfinished. */
size_t turn_n_whole_calls(const struct turn *t);

/* A request for a chat that says nothing. */
struct msg_chat turn_chat_default(void);

/* "token", "logprob" and "bytes" of an object: a token that was, or might have been, chosen. */
void turn_put_choice(struct json *j, const struct msg_token_choice *c);
#define TURN_RULED_OUT (-9999.0) /* what stands for minus infinity, which JSON has not */
double turn_logprob(const struct msg_token_choice *c);

/* A sampler that does what the field does where a request says nothing. */
ingle_sampling_options turn_sampling_default(void);

#endif
