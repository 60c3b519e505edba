/* Several sessions computed in one pass: the weights, which are what decoding waits for, are read
 * once for all of them. */
#include "engine/run/session.h"

/* Marks every session and finds what is not allowed; unmark() follows in any case. */
static ingle_status check_items(const struct session_batch_item *items, size_t n_items,
                                ingle_error *err) {
    const struct session *leader = items[0].session;
    size_t n_tokens = 0;
    for (size_t i = 0; i < n_items; i++) {
        struct session *s = items[i].session;
        if (s->model != leader->model) {
            return status_set(err, INGLE_BAD_ARGUMENT, 0,
                              "Item %zu of the batch belongs to another model than item 0.", i);
        }
        if (s->in_batch) {
            return status_set(err, INGLE_BAD_ARGUMENT, 0,
                              "Item %zu of the batch is a session that is in it already.", i);
        }
        s->in_batch = true;
        if (items[i].n == 0) {
            return status_set(err, INGLE_BAD_ARGUMENT, 0, "Item %zu of the batch has no tokens.",
                              i);
        }
        INGLE_TRY(session_check_tokens(s, items[i].tokens, items[i].n, err));
        n_tokens += items[i].n; /* each at most n_ctx, and no session twice: no wrap */
        if (n_tokens > (size_t)leader->n_batch) {
            return status_set(err, INGLE_LIMIT, 0,
                              "The batch has more tokens than the %d that its first session "
                              "computes in one pass.",
                              leader->n_batch);
        }
    }
    return INGLE_OK;
}

static void unmark(const struct session_batch_item *items, size_t n_items) {
    for (size_t i = 0; i < n_items; i++) items[i].session->in_batch = false;
}

/* Clears the flags of those who asked for it and names the first. */
static ingle_status refuse_cancelled(const struct session_batch_item *items, size_t n_items,
                                     ingle_error *err) {
    size_t first = n_items;
    for (size_t i = n_items; i-- > 0;) {
        if (atomic_exchange(&items[i].session->cancel, false)) first = i;
    }
    if (first == n_items) return INGLE_OK;
    return status_set(err, INGLE_CANCELLED, first, "Item %zu of the batch was cancelled.", first);
}

/* The leader's sequences in one pass, in a group perhaps with others'. False if one was cancelled.
 */
static bool compute(struct session *leader, int n_seqs) {
    if (!leader->group) {
        return model_forward(&(struct forward_args){.model = leader->model,
                                                    .ws = leader->ws,
                                                    .pool = leader->pool,
                                                    .seqs = leader->seqs,
                                                    .n_seqs = n_seqs});
    }
    struct group_turn turn = {
        .seqs = leader->seqs, .n_seqs = n_seqs, .is_whole = true, .urgency = leader->urgency};
    for (int i = 0; i < n_seqs; i++) turn.n_left += leader->seqs[i].n_tokens;
    group_compute(leader->group, leader->seat, &turn);
    return !turn.was_cancelled;
}

ingle_status session_eval_batch(const struct session_batch_item *items, size_t n_items,
                                ingle_error *err) {
    if (n_items == 0) return INGLE_OK;
    ingle_status status = check_items(items, n_items, err);
    unmark(items, n_items);
    if (status != INGLE_OK) return status;
    INGLE_TRY(refuse_cancelled(items, n_items, err));
    struct session *leader = items[0].session;
    for (size_t i = 0; i < n_items; i++) {
        struct session *s = items[i].session;
        leader->seqs[i] = session_begin(s, items[i].tokens, (int)items[i].n);
        leader->seqs[i].logits = s->logits;
    }
    if (!compute(leader, (int)n_items)) {
        status = refuse_cancelled(items, n_items, err);
        if (status != INGLE_OK) return status;
        return status_set(err, INGLE_CANCELLED, 0, "The batch was cancelled.");
    }
    for (size_t i = 0; i < n_items; i++) session_commit(items[i].session, &leader->seqs[i]);
    return INGLE_OK;
}
