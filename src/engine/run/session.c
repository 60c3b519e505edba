#include "engine/run/session.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/map.h"
#include "base/size.h"

_Static_assert(ATOMIC_BOOL_LOCK_FREE == 2, "the cancel flag is set from signal handlers");

enum kern_kv_type session_kv_type(ingle_kv_type type) {
    switch (type) {
    case INGLE_KV_BF16:
        return KERN_KV_BF16;
    case INGLE_KV_INT8:
        return KERN_KV_I8;
    default:
        return KERN_KV_F16;
    }
}

int session_default_ctx(const struct model *model) {
    int n_ctx_train = model->hp.n_ctx_train;
    return n_ctx_train < SESSION_DEFAULT_CTX ? n_ctx_train : SESSION_DEFAULT_CTX;
}

static ingle_status check_range(const char *option, int value, int low, int high,
                                ingle_error *err) {
    if (value >= low && value <= high) return INGLE_OK;
    return status_set(err, INGLE_BAD_ARGUMENT, 0,
                      "The session option %s is %d; it must be from %d to %d.", option, value, low,
                      high);
}

static ingle_status check_options(const ingle_session_options *opt, ingle_error *err) {
    INGLE_TRY(check_range("n_ctx", opt->n_ctx, 0, SESSION_MAX_CTX, err));
    INGLE_TRY(check_range("n_batch", opt->n_batch, 0, SESSION_MAX_CTX, err));
    /* 0 never comes here: the API has replaced it. The range named is what it documents. */
    INGLE_TRY(check_range("n_threads", opt->n_threads, 0, POOL_MAX_THREADS, err));
    return check_range("kv_type", (int)opt->kv_type, INGLE_KV_F16, INGLE_KV_INT8, err);
}

/* What the group decides for its sessions must not be asked for otherwise. */
static ingle_status check_group(const struct group *group, const struct model *model,
                                const ingle_session_options *opt, ingle_error *err) {
    if (!group) return INGLE_OK;
    if (group->model != model) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The group was made for another model than the session.");
    }
    int n_threads = pool_n_threads(group->pool);
    bool is_same = (opt->n_batch == 0 || opt->n_batch == group->n_batch) &&
                   (opt->n_threads == 0 || opt->n_threads == n_threads);
    if (is_same) return INGLE_OK;
    return status_set(err, INGLE_BAD_ARGUMENT, 0,
                      "The session options n_batch and n_threads are %d and %d, the group's %d and "
                      "%d; leave them 0.",
                      opt->n_batch, opt->n_threads, group->n_batch, n_threads);
}

/* Tokens that a pass can compute beyond one, the context's end aside. */
static int most_ahead(const struct session *s) {
    return s->n_batch <= DRAFT_MAX ? s->n_batch - 1 : DRAFT_MAX;
}

static size_t rows_size(const struct session *s) {
    return (1 + (size_t)most_ahead(s)) * (size_t)s->model->hp.n_vocab * sizeof *s->rows;
}

static ingle_status take_threads(struct session *s, const ingle_session_options *opt,
                                 ingle_error *err) {
    if (!s->group) {
        INGLE_TRY(workspace_new(&s->ws, s->model, s->n_batch, opt->n_threads, err));
        return pool_new(&s->pool, opt->n_threads, err);
    }
    s->ws = s->group->ws;
    s->pool = s->group->pool;
    return group_join(s->group, &s->seat, err);
}

static ingle_status take_memory(struct session *s, const ingle_session_options *opt,
                                ingle_error *err) {
    const struct hparams *hp = &s->model->hp;
    INGLE_TRY(kv_cache_init(&s->kv, hp, session_kv_type(opt->kv_type), s->n_ctx, err));
    INGLE_TRY(take_threads(s, opt, err));
    INGLE_TRY(lookup_init(&s->lookup, s->n_ctx, err));
    size_t n_vocab = (size_t)hp->n_vocab, n_groups = n_vocab / (size_t)s->model->ops.layout.rows;
    s->rows = region_new(rows_size(s), false);
    s->logits = s->rows;
    s->tokens = region_new((size_t)s->n_ctx * sizeof *s->tokens, false);
    s->seqs = mem_calloc((size_t)s->n_batch, sizeof *s->seqs);
    s->items = mem_calloc((size_t)s->n_batch, sizeof *s->items);
    s->allowed.ids = mem_calloc(n_vocab, sizeof *s->allowed.ids);
    s->allowed.starts = mem_calloc(n_groups + 2, sizeof *s->allowed.starts);
    s->marks = mem_calloc(n_vocab / 64 + 1, sizeof *s->marks);
    if (!s->rows || !s->tokens || !s->seqs || !s->items || !s->allowed.ids || !s->allowed.starts ||
        !s->marks) {
        return status_no_memory(err, "the session", n_vocab * sizeof *s->logits);
    }
    return INGLE_OK;
}

ingle_status session_init(struct session *s, const struct model *model,
                          const struct tokenizer *tokenizer, struct group *group,
                          const ingle_session_options *opt, ingle_error *err) {
    *s = (struct session){.model = model, .tokenizer = tokenizer, .group = group};
    atomic_init(&s->cancel, false);
    INGLE_TRY(check_options(opt, err));
    INGLE_TRY(check_group(group, model, opt, err));
    s->n_ctx = opt->n_ctx ? opt->n_ctx : session_default_ctx(model);
    s->n_batch = opt->n_batch ? opt->n_batch : SESSION_DEFAULT_BATCH;
    if (group) s->n_batch = group->n_batch;
    if (s->n_batch > s->n_ctx) s->n_batch = s->n_ctx;
    s->first_text = s->n_ctx;
    draft_gate_init(&s->gate);
    ingle_status status = take_memory(s, opt, err);
    if (status != INGLE_OK) session_clear(s);
    return status;
}

void session_clear(struct session *s) {
    if (s->group) {
        group_quit(s->group, s->seat);
    } else {
        pool_free(s->pool);
        workspace_free(s->ws);
    }
    prefix_loans_clear(&s->loans);
    kv_cache_clear(&s->kv);
    lookup_clear(&s->lookup);
    region_free(s->rows, s->model ? rows_size(s) : 0);
    region_free(s->tokens, (size_t)s->n_ctx * sizeof *s->tokens);
    mem_free(s->seqs);
    mem_free(s->items);
    mem_free(s->allowed.ids);
    mem_free(s->allowed.starts);
    mem_free(s->marks);
    *s = (struct session){0};
}

ingle_status session_check_tokens(const struct session *s, const int32_t *tokens, size_t n,
                                  ingle_error *err) {
    size_t n_free = (size_t)(s->n_ctx - s->n_tokens);
    if (n > n_free) {
        return status_set(err, INGLE_CONTEXT_FULL, 0,
                          "The context holds %d tokens: %d are used and %zu more do not fit.",
                          s->n_ctx, s->n_tokens, n);
    }
    return session_check_vocab(s, tokens, n, err);
}

ingle_status session_check_vocab(const struct session *s, const int32_t *tokens, size_t n,
                                 ingle_error *err) {
    for (size_t i = 0; i < n; i++) {
        if (tokens[i] < 0 || tokens[i] >= s->model->hp.n_vocab) {
            return status_set(err, INGLE_BAD_ARGUMENT, 0,
                              "Token %zu is %d; the vocabulary has 0 to %d.", i, tokens[i],
                              s->model->hp.n_vocab - 1);
        }
    }
    return INGLE_OK;
}

static void note_first_text(struct session *s, const int32_t *tokens, int n) {
    for (int i = 0; i < n && s->first_text == s->n_ctx; i++) {
        bool is_known = tokens[i] < tokenizer_n_vocab(s->tokenizer);
        if (!is_known || tokenizer_is_control(s->tokenizer, tokens[i])) continue;
        s->first_text = s->n_tokens + i;
    }
}

struct forward_seq session_begin(struct session *s, const int32_t *tokens, int n) {
    session_drop_ahead(s);
    s->has_logits = false;
    for (int page = s->n_tokens / KERN_ATTN_KEYS; page * KERN_ATTN_KEYS < s->n_tokens + n; page++) {
        int n_kept = s->n_tokens - page * KERN_ATTN_KEYS;
        prefix_loans_end(&s->loans, page, n_kept > 0 ? n_kept : 0);
    }
    return (struct forward_seq){.kv = &s->kv,
                                .tokens = tokens,
                                .n_tokens = n,
                                .pos = s->n_tokens,
                                .only = &s->allowed,
                                .cancel = &s->cancel};
}

void session_append(struct session *s, const int32_t *tokens, int n) {
    note_first_text(s, tokens, n);
    /* Those of a pass ahead stand there already. */
    memmove(s->tokens + s->n_tokens, tokens, (size_t)n * sizeof *s->tokens);
    s->n_tokens += n;
}

void session_commit(struct session *s, const struct forward_seq *seq) {
    session_append(s, seq->tokens, seq->n_tokens);
    s->has_logits = seq->logits == s->logits;
}

ingle_status session_cancelled(struct session *s, ingle_error *err) {
    session_drop_ahead(s);
    s->has_logits = false;
    atomic_store(&s->cancel, false);
    return status_set(err, INGLE_CANCELLED, 0, "Cancelled after %d tokens.", s->n_tokens);
}

bool session_compute(struct session *s, const struct forward_seq *seq, int *n_done) {
    void (*before_head)(void *user) = seq->logits ? s->before_head : NULL;
    *n_done = 0;
    s->was_shared = false;
    /* The flag is looked at here too: a pass that ended just before it was set must not hide it
     * until after the next one. */
    if (atomic_load(&s->cancel)) return false;
    if (s->group) {
        struct group_turn turn = {.seqs = seq,
                                  .n_seqs = 1,
                                  .n_left = seq->n_tokens,
                                  .urgency = s->urgency,
                                  .before_head = before_head,
                                  .user = s->before_head_user};
        group_compute(s->group, s->seat, &turn);
        s->was_shared = turn.was_shared;
        *n_done = turn.n_done;
        return !turn.was_cancelled;
    }
    const struct forward_args args = {.model = s->model,
                                      .ws = s->ws,
                                      .pool = s->pool,
                                      .seqs = seq,
                                      .n_seqs = 1,
                                      .before_head = before_head,
                                      .user = s->before_head_user};
    if (!model_forward(&args)) return false;
    *n_done = seq->n_tokens;
    return true;
}

/* One pass of n tokens, at most n_batch (in a group as many passes as it takes), of which n_held
 * are held after it. logits: of the last token; all_logits: of all or NULL. */
static ingle_status eval_pass(struct session *s, const int32_t *tokens, int n, int n_held,
                              float *logits, float *all_logits, ingle_error *err) {
    struct forward_seq *seq = &s->seqs[0];
    int n_done;
    *seq = session_begin(s, tokens, n);
    seq->logits = all_logits ? all_logits : logits;
    seq->all_logits = all_logits != NULL;
    if (!session_compute(s, seq, &n_done)) {
        session_append(s, tokens, n_done < n_held ? n_done : n_held);
        return session_cancelled(s, err);
    }
    seq->n_tokens = n_held;
    session_commit(s, seq);
    return INGLE_OK;
}

ingle_status session_extend(struct session *s, const int32_t *tokens, size_t n, bool want_logits,
                            float *all_logits, ingle_error *err) {
    size_t n_vocab = (size_t)s->model->hp.n_vocab;
    if (all_logits && s->allowed.n > 0) {
        for (size_t i = 0; i < n * n_vocab; i++) all_logits[i] = -INFINITY;
    }
    size_t most = s->group ? n : (size_t)s->n_batch; /* a group cuts it as it suits all */
    for (size_t done = 0; done < n;) {
        size_t left = n - done;
        int n_now = left < most ? (int)left : (int)most;
        bool is_wanted = want_logits && (size_t)n_now == left;
        INGLE_TRY(eval_pass(s, tokens + done, n_now, n_now, is_wanted ? s->rows : NULL,
                            all_logits ? all_logits + done * n_vocab : NULL, err));
        done += (size_t)n_now;
    }
    if (n > 0 && all_logits) {
        memcpy(s->rows, all_logits + (n - 1) * n_vocab, n_vocab * sizeof *s->logits);
        s->has_logits = true;
    }
    return INGLE_OK;
}

ingle_status session_eval(struct session *s, const int32_t *tokens, size_t n, float *all_logits,
                          ingle_error *err) {
    INGLE_TRY(session_check_tokens(s, tokens, n, err));
    return session_extend(s, tokens, n, true, all_logits, err);
}

int session_max_ahead(const struct session *s) {
    if (s->allowed.n > 0) return 0; /* what is not allowed is marked in the first row only */
    int room = s->n_ctx - s->n_tokens - 1;
    return room < most_ahead(s) ? room : most_ahead(s);
}

ingle_status session_eval_ahead(struct session *s, int n_ahead, ingle_error *err) {
    INGLE_TRY(eval_pass(s, s->tokens + s->n_tokens, 1 + n_ahead, 1, NULL, s->rows, err));
    s->n_ahead = n_ahead;
    return INGLE_OK;
}

ingle_status session_take_ahead(struct session *s, ingle_error *err) {
    if (atomic_load(&s->cancel)) return session_cancelled(s, err);
    note_first_text(s, s->tokens + s->n_tokens, 1);
    s->n_tokens++;
    s->n_ahead--;
    s->logits += s->model->hp.n_vocab;
    return INGLE_OK;
}

void session_drop_ahead(struct session *s) {
    s->n_ahead = 0;
    s->logits = s->rows;
}

ingle_status session_truncate(struct session *s, int n_keep, ingle_error *err) {
    if (n_keep < 0 || n_keep > s->n_tokens) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "Cannot keep %d tokens of %d.", n_keep,
                          s->n_tokens);
    }
    session_drop_ahead(s);
    lookup_truncate(&s->lookup, s->tokens, n_keep);
    int first_free = (n_keep + KERN_ATTN_KEYS - 1) / KERN_ATTN_KEYS;
    for (int page = first_free; page * KERN_ATTN_KEYS < s->n_tokens; page++) {
        prefix_loans_end(&s->loans, page, 0);
    }
    s->n_tokens = n_keep;
    if (s->first_text >= n_keep) s->first_text = s->n_ctx;
    s->has_logits = false;
    return INGLE_OK;
}

void session_cancel(struct session *s) {
    atomic_store(&s->cancel, true);
}
