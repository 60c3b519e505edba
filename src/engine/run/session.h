/* A session: the tokens of one text, the KV cache that remembers them, and the threads that
 * compute, its own or its group's. Semantics: ingle/session.h, whose implementation this is; the
 * API checks arguments' presence, this file their values. One thread at a time, but
 * session_cancel(). */
#ifndef INGLE_ENGINE_RUN_SESSION_H
#define INGLE_ENGINE_RUN_SESSION_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/pool.h"
#include "engine/model/forward.h"
#include "engine/model/kv.h"
#include "engine/model/model.h"
#include "engine/run/draft_gate.h"
#include "engine/run/group.h"
#include "engine/run/lookup.h"
#include "engine/run/loop.h"
#include "engine/run/prefix_cache.h"
#include "engine/run/sampler.h"
#include "engine/text/tokenizer.h"
#include "ingle/session.h"

#define SESSION_MAX_CTX (1 << 24)
#define SESSION_DEFAULT_CTX 4096
#define SESSION_DEFAULT_BATCH 512

struct session;
struct constraint;

/* One of the sessions that are computed in one pass. */
struct session_batch_item {
    struct session *session;
    const int32_t *tokens;
    size_t n;
};

struct session {
    const struct model *model;
    const struct tokenizer *tokenizer;
    struct kv_cache kv;
    struct group *group;  /* NULL: none; then the following two are its own */
    struct workspace *ws; /* of a group: not touched but by group.c */
    struct pool *pool;
    struct group_seat *seat; /* in the group */
    ingle_session_urgency urgency;
    bool was_shared; /* the last pass was computed with others, or waited for them */
    int n_ctx, n_batch;
    int n_tokens;
    int n_ahead;     /* tokens after those held that the last pass computed too */
    int32_t *tokens; /* [n_ctx]: those held, then those ahead */
    int first_text;  /* position of the first token that is not a control token; n_ctx = none */
    float *rows;     /* [1 + most ahead][n_vocab] logits of a pass, from its first token held on */
    float *logits;   /* [n_vocab] of the last token held: the first row, or one ahead once taken */
    bool has_logits;
    struct lookup lookup; /* of tokens */
    struct draft_gate gate;
    struct loop loop;         /* of the answer that is made */
    struct token_set allowed; /* n == 0: every token */
    uint64_t *marks; /* [n_vocab / 64 + 1] scratch of session_allow(), zero between calls */
    void (*before_head)(void *user); /* forward.h; set while a constrained answer is made */
    void *before_head_user;
    struct forward_seq *seqs;         /* [n_batch] of a pass that this session leads */
    struct session_batch_item *items; /* [n_batch] for the API: the items of that pass */
    bool in_batch;                    /* only while session_eval_batch() looks at its items */
    atomic_bool cancel;
    struct prefix_loans loans; /* of its prefix cache */
};

/* Options 0 mean the defaults of ingle_session_options, n_threads excepted: without a group it is 1
 * or more. The group, NULL for none, is that of the options. */
BASE_NODISCARD ingle_status session_init(struct session *s, const struct model *model,
                                         const struct tokenizer *tokenizer, struct group *group,
                                         const ingle_session_options *opt, ingle_error *err);
void session_clear(struct session *s);

/* What an option of ingle_session_options means, its range checked; n_ctx 0. */
enum kern_kv_type session_kv_type(ingle_kv_type type);
int session_default_ctx(const struct model *model);

BASE_NODISCARD ingle_status session_eval(struct session *s, const int32_t *tokens, size_t n,
                                         float *all_logits, ingle_error *err);
BASE_NODISCARD ingle_status session_truncate(struct session *s, int n_keep, ingle_error *err);

/* allowed.c */
BASE_NODISCARD ingle_status session_allow(struct session *s, const int32_t *ids, size_t n,
                                          ingle_error *err);
/* The same from a bit set, at any time before the head is computed; NULL: every token. The session
 * has had no guesses since. */
void session_restrict(struct session *s, const uint64_t *bits);
/* Makes the other logits of the last token -INFINITY where all were computed. */
void session_mask_logits(struct session *s, const uint64_t *bits);

/* embed.c */
BASE_NODISCARD ingle_status session_embed(struct session *s, const int32_t *tokens, size_t n,
                                          ingle_pooling pooling, float *out, ingle_error *err);

/* batch.c: led by the first session, whose threads and workspace, or group, compute. */
BASE_NODISCARD ingle_status session_eval_batch(const struct session_batch_item *items,
                                               size_t n_items, ingle_error *err);

/* prompt.c. session_use_cache(): empties the session and lets it go from the cache it had. NULL:
 * to none. BAD_ARGUMENT, changing nothing, if the cache is not of the session's model and kind of
 * KV cache. */
BASE_NODISCARD ingle_status session_use_cache(struct session *s, struct prefix_cache *cache,
                                              ingle_error *err);
BASE_NODISCARD ingle_status session_prompt(struct session *s, const int32_t *tokens, size_t n,
                                           bool more, size_t *n_reused, ingle_error *err);
BASE_NODISCARD ingle_status session_remember(struct session *s, ingle_error *err);

/* The steps that every eval consists of. check: whether the tokens fit and exist. begin: a sequence
 * of them for the next pass, with no logits wanted; the session has none until commit. commit:
 * after the pass, the session holds them. append: it holds them, wherever they were computed. */
BASE_NODISCARD ingle_status session_check_tokens(const struct session *s, const int32_t *tokens,
                                                 size_t n, ingle_error *err);
BASE_NODISCARD ingle_status session_check_vocab(const struct session *s, const int32_t *tokens,
                                                size_t n, ingle_error *err);
struct forward_seq session_begin(struct session *s, const int32_t *tokens, int n);
void session_commit(struct session *s, const struct forward_seq *seq);
void session_append(struct session *s, const int32_t *tokens, int n);
/* Computes the sequence, in a group however others are served meanwhile. False if it was cancelled,
 * which cancelled() says; *n_done tokens are computed, by a group perhaps some. */
bool session_compute(struct session *s, const struct forward_seq *seq, int *n_done);
BASE_NODISCARD ingle_status session_cancelled(struct session *s, ingle_error *err);

/* session_eval() without the checks; want_logits: those after the last token. */
BASE_NODISCARD ingle_status session_extend(struct session *s, const int32_t *tokens, size_t n,
                                           bool want_logits, float *all_logits, ingle_error *err);

/* Guesses. eval_ahead() is session_eval() of one token, s->tokens[s->n_tokens], with n_ahead more
 * that stand there behind it computed in the same pass: 0 to session_max_ahead(). take_ahead() is
 * session_eval() of the first of these, for nothing. Any other pass or change forgets them. */
int session_max_ahead(const struct session *s);
BASE_NODISCARD ingle_status session_eval_ahead(struct session *s, int n_ahead, ingle_error *err);
BASE_NODISCARD ingle_status session_take_ahead(struct session *s, ingle_error *err);
void session_drop_ahead(struct session *s);

/* Async-signal-safe. */
void session_cancel(struct session *s);

/* generate.c. constraint: that of the options; NULL = none. */
BASE_NODISCARD ingle_status session_generate(struct session *s, struct sampler *sampler,
                                             struct constraint *constraint,
                                             const ingle_generate_options *opt,
                                             ingle_generate_result *result, ingle_error *err);

#endif
