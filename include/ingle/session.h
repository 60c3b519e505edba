/* Sessions: a conversation's tokens and what the model remembers of them (the KV cache).
 * A session belongs to one thread at a time, but ingle_session_cancel(), which may be called from
 * any thread and from a signal handler. Several threads, each with a session, may run side by side;
 * those of one group (ingle/group.h) are computed together. All memory is taken at
 * ingle_session_new(). */
#ifndef INGLE_SESSION_H
#define INGLE_SESSION_H

#include "ingle/sampling.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ingle_session ingle_session;
typedef struct ingle_prefix_cache ingle_prefix_cache; /* ingle/prefix_cache.h */
typedef struct ingle_constraint ingle_constraint;     /* ingle/constraint.h */
typedef struct ingle_group ingle_group;               /* ingle/group.h */

typedef enum ingle_kv_type { INGLE_KV_F16, INGLE_KV_BF16, INGLE_KV_INT8 } ingle_kv_type;

typedef struct ingle_session_options {
    size_t size;
    int n_ctx;     /* tokens the session can hold; 0 = min(4096, what the model was made for) */
    int n_batch;   /* tokens computed in one pass; 0 = 512 */
    int n_threads; /* 0 = those of ingle_cpu_info; ingle_cpu_tune() may know better */
    ingle_kv_type kv_type;            /* default F16 */
    ingle_prefix_cache *prefix_cache; /* of the same model and kv_type, outlives the session; NULL =
                                         none */
    ingle_group *group; /* computes for the session, of the same model, outlives it: n_batch and
                           n_threads are the group's and stay 0. NULL = none */
} ingle_session_options;

INGLE_API ingle_session_options ingle_session_options_default(void);

/* opt may be NULL. The model must outlive the session. */
INGLE_API INGLE_NODISCARD ingle_status ingle_session_new(ingle_session **out,
                                                         const ingle_model *model,
                                                         const ingle_session_options *opt,
                                                         ingle_error *err);
INGLE_API void ingle_session_free(ingle_session *session);

INGLE_API int ingle_session_n_ctx(const ingle_session *session);
INGLE_API int ingle_session_n_tokens(const ingle_session *session); /* tokens held now */
INGLE_API int ingle_session_n_threads(const ingle_session *session);

/* Appends n tokens and computes them. all_logits: NULL, or room for n rows of n_vocab floats.
 * CONTEXT_FULL, naming both counts and changing nothing, if they do not fit. CANCELLED leaves the
 * session at a whole number of its tokens (ingle_session_n_tokens()). Same bits for any n_threads
 * and any division of the tokens into calls. */
INGLE_API INGLE_NODISCARD ingle_status ingle_session_eval(ingle_session *session,
                                                          const ingle_token *tokens, size_t n,
                                                          float *all_logits, ingle_error *err);

/* Sessions of one model that are computed together, so that its weights are read once for all. */
typedef struct ingle_batch_item {
    ingle_session *session; /* in one item only */
    const ingle_token *tokens;
    size_t n; /* 1 or more */
} ingle_batch_item;

/* Appends to every session its tokens, in one pass; the same results to the last bit as one
 * ingle_session_eval() each. The first session's threads (or group) compute; LIMIT if there are
 * more tokens than its n_batch. On failure nothing is changed but the sessions' logits, which are
 * then gone. CANCELLED: err->where is the item that ingle_session_cancel() was called for; leave it
 * out and call again for the others. */
INGLE_API INGLE_NODISCARD ingle_status ingle_session_eval_batch(const ingle_batch_item *items,
                                                                size_t n_items, ingle_error *err);

/* From now on only the logits of these tokens are computed, which is quick for a few; all others
 * are -INFINITY. In any order; n = 0 allows every token again. The present logits become invalid.
 */
INGLE_API INGLE_NODISCARD ingle_status ingle_session_allow(ingle_session *session,
                                                           const ingle_token *ids, size_t n,
                                                           ingle_error *err);

/* Logits [n_vocab] after the last token; valid until the next eval, truncate or allow; NULL
 * before the first. */
INGLE_API const float *ingle_session_logits(const ingle_session *session);

/* How the rows of a text's tokens become one vector. */
typedef enum ingle_pooling {
    INGLE_POOLING_MODEL, /* as the model's file says; if it does not, the mean */
    INGLE_POOLING_MEAN,  /* of all */
    INGLE_POOLING_FIRST, /* that of the first token */
    INGLE_POOLING_LAST
} ingle_pooling;

/* Makes the session hold exactly tokens[0..n), n >= 1, and writes what the text means as a vector:
 * out [n_embd], of length 1 (zeros stay zeros). The rows are those after the model's last norm, of
 * which each has seen the tokens up to its own. The session has no logits afterwards. CONTEXT_FULL
 * and CANCELLED as of ingle_session_prompt(); REFUSED for a model that ranks instead. */
INGLE_API INGLE_NODISCARD ingle_status ingle_session_embed(ingle_session *session,
                                                           const ingle_token *tokens, size_t n,
                                                           ingle_pooling pooling, float *out,
                                                           ingle_error *err);

/* Forgets all but the first n_keep tokens. The logits become invalid. */
INGLE_API INGLE_NODISCARD ingle_status ingle_session_truncate(ingle_session *session, int n_keep,
                                                              ingle_error *err);

enum ingle_prompt_flags {
    /* More will follow: no logits are needed yet. For text that is still being typed (whole words
     * of it, whose tokens will stay) and for the common beginning of many prompts. */
    INGLE_PROMPT_MORE = 1
};

/* Makes the session hold exactly tokens[0..n) and computes the logits after the last, as if they
 * had been evaluated from the start, to the last bit; but what the session holds of their beginning
 * stays, and what its prefix cache holds beyond that is taken from there. *n_reused (may be NULL)
 * receives how many tokens were not computed; without MORE at least one is. Then the prompt's whole
 * pages of 64 tokens are entered into the prefix cache, with MORE its last, unfinished page too.
 * BAD_ARGUMENT and CONTEXT_FULL (more than n_ctx) change nothing. CANCELLED leaves the session at a
 * whole number of tokens, a beginning of the prompt. */
INGLE_API INGLE_NODISCARD ingle_status ingle_session_prompt(ingle_session *session,
                                                            const ingle_token *tokens, size_t n,
                                                            unsigned flags, size_t *n_reused,
                                                            ingle_error *err);

/* Enters all tokens that the session holds, prompt and answer, into its prefix cache: for another
 * session that goes on with them. BAD_ARGUMENT if it has none. A cache whose pages are all in use
 * takes nothing, which is no error. */
INGLE_API INGLE_NODISCARD ingle_status ingle_session_remember(ingle_session *session,
                                                              ingle_error *err);

/* Makes the eval, prompt or generate in progress (or the next one) return CANCELLED within one
 * token. */
INGLE_API void ingle_session_cancel(ingle_session *session);

typedef enum ingle_stop_reason {
    INGLE_STOP_END,    /* the model ended its answer */
    INGLE_STOP_STRING, /* a stop string appeared; it is not part of the text */
    INGLE_STOP_LENGTH, /* max_tokens reached */
    INGLE_STOP_CANCEL, /* cancelled, or on_text asked to stop */
    INGLE_STOP_LOOP,   /* the same words went round and round */
    INGLE_STOP_TOOL    /* of ingle_chat_reply(): the answer ended in calls of tools */
} ingle_stop_reason;

/* Receives text as it becomes certain: whole UTF-8 characters (a byte that can never become one
 * arrives as U+FFFD), never part of a stop string. Returns false to stop. */
typedef bool (*ingle_text_fn)(const char *text, size_t len, void *user);

typedef struct ingle_token_logprob {
    ingle_token token;
    float logprob; /* natural logarithm of its probability */
} ingle_token_logprob;

#define INGLE_TOP_MAX 100

/* A token that was chosen. The probabilities are the model's own: the softmax of the logits at
 * temperature 1, before anything that the sampling options do to them. Where tokens were ruled out
 * (ingle_session_allow(), a constraint) it is that of the tokens left. */
typedef struct ingle_token_report {
    ingle_token token;
    float logprob;                  /* -INFINITY if it was ruled out */
    const ingle_token_logprob *top; /* [n_top] the likeliest tokens, the likeliest first, whether */
    size_t n_top;                   /* or not they could be chosen; valid during the call */
    bool is_shown;                  /* its bytes come as text: no control token, or one of */
                                    /* control_text */
} ingle_token_report;

/* Receives every token as it is chosen, the ending one included, before its text. Returns false to
 * stop. */
typedef bool (*ingle_token_fn)(const ingle_token_report *report, void *user);

typedef struct ingle_generate_options {
    size_t size;
    int max_tokens; /* -1 = until the context is full, which is then an error. Default -1 */
    const char *const *stops; /* stop strings; empty ones are refused */
    size_t n_stops;
    bool ignore_end;       /* go on after end tokens and in loops (benchmarks) */
    ingle_text_fn on_text; /* may be NULL */
    void *user;
    /* Tokens guessed ahead a pass, at most: 0 (never) to 7, the default. Guesses come from what
     * followed the same words before, are tried while they pay in time, and change no answer:
     * every token is chosen from its own logits. */
    int max_draft;
    ingle_token_fn on_token; /* may be NULL */
    int n_top;               /* likeliest tokens that it is told, 0 to INGLE_TOP_MAX. Default 0 */
    /* Ends an answer (INGLE_STOP_LOOP) whose last 512 tokens or more are further copies, three at
     * least, of the block of tokens before them; 1,024 if the block has fewer than 8 different
     * tokens. Blocks of up to 1,024 tokens are found. Default true. */
    bool stop_loops;
    /* What the text must be, of the session's model; NULL = anything. Not with ignore_end. An
     * answer that max_tokens, the context's end or a loop would cut is closed by its shortest
     * ending, so that it is a text of the constraint all the same; REFUSED before the first token
     * if no text fits. Only a stop string, on_text and cancelling end it anywhere. Afterwards the
     * session has no logits: eval a token first. Guesses ahead are not made. */
    ingle_constraint *constraint;
    const ingle_token *never; /* [n_never] tokens that are not chosen, whatever their logits */
    size_t n_never;
    /* [n_control_text] control tokens that are part of the text, as their names; others are not,
     * and end tokens never are. */
    const ingle_token *control_text;
    size_t n_control_text;
    int max_ms; /* the text has to end after so many milliseconds, as after max_tokens; 0, the
                   default = however long it takes */
} ingle_generate_options;

typedef struct ingle_generate_result {
    ingle_stop_reason reason;
    int n_tokens;     /* tokens generated, the ending one included */
    double first_ms;  /* from the call to the first token chosen */
    double decode_ms; /* from the first token chosen to the end */
    ingle_token last; /* the last token chosen; the session does not hold it yet: to go on from
                         it, eval it. INGLE_TOKEN_NONE if none was chosen */
    int n_drafted;    /* tokens guessed ahead, and how many of these were the ones chosen: they */
    int n_accepted;   /* depend on how long passes took, unlike all of the above but the times */
    int n_forced;     /* tokens that the constraint left no choice of */
    bool was_closed;  /* the constraint's shortest ending was put where the text had to end */
    int stop;         /* STRING: which of the stop strings it was; else -1 */
    bool is_late;     /* LENGTH, because of max_ms */
} ingle_generate_result;

INGLE_API ingle_generate_options ingle_generate_options_default(void);

/* Continues the session's tokens (there must be logits). CONTEXT_FULL, naming both counts, when
 * the context fills up before the answer ends: the text so far was delivered, result is set. */
INGLE_API INGLE_NODISCARD ingle_status ingle_session_generate(ingle_session *session,
                                                              ingle_sampler *sampler,
                                                              const ingle_generate_options *opt,
                                                              ingle_generate_result *result,
                                                              ingle_error *err);

#ifdef __cplusplus
}
#endif

#endif
