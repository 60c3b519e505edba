#include "engine/run/constrained.h"

#include "base/json_tree.h"

/* With at most this share of the tokens allowed, only their logits are computed. */
#define FEW 32

static ingle_status check(const struct session *s, const struct constraint *constraint,
                          ingle_error *err) {
    if (!constraint->mask || constraint->trie->tokenizer != s->tokenizer) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The constraint was made for another model than the session's, or none.");
    }
    if (constraint->in_use) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The constraint is in use by another generation.");
    }
    if (s->allowed.n > 0) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The session allows some tokens only; a constraint needs all of them.");
    }
    return INGLE_OK;
}

/* Does the shortest ending after a state fit n tokens? */
static ingle_status fits(struct constrained *c, machine_state state, bool strip, int n, bool *fits,
                         ingle_error *err) {
    int n_needed;
    INGLE_TRY(mask_finish(c->mask, state, strip, NULL, n, &n_needed, err));
    *fits = n_needed <= n;
    return INGLE_OK;
}

static ingle_status find_forced(struct constrained *c, ingle_error *err) {
    struct session *s = c->session;
    c->at_forced = c->n_forced = 0;
    if (c->strip) return INGLE_OK;
    /* Those that wait for their pass stand behind those held. */
    return mask_forced(c->mask, c->state, s->tokens, s->n_tokens + c->n_uncomputed, c->forced,
                       CONSTRAINED_FORCED_MAX, &c->n_forced, err);
}

ingle_status constrained_begin(struct constrained *c, struct session *s,
                               struct constraint *constraint, bool strip, int max_tokens,
                               ingle_error *err) {
    INGLE_TRY(check(s, constraint, err));
    /* The last token chosen is not held. */
    int room = s->n_ctx - s->n_tokens + 1;
    *c = (struct constrained){.session = s,
                              .constraint = constraint,
                              .mask = constraint->mask,
                              .state = constraint->machine->start,
                              .strip = strip};
    c->n_left = max_tokens >= 0 && max_tokens < room ? max_tokens : room;
    bool has_room;
    INGLE_TRY(fits(c, c->state, strip, c->n_left, &has_room, err));
    if (!has_room) {
        return status_set(err, INGLE_REFUSED, 0,
                          "The shortest text under the constraint has more than the %d tokens that "
                          "are left for the answer.",
                          c->n_left);
    }
    INGLE_TRY(find_forced(c, err));
    if (pool_n_threads(s->pool) > 1) INGLE_TRY(aside_new(&c->aside, err));
    constraint->in_use = true;
    return INGLE_OK;
}

/* ---- choosing ---- */

static ingle_status need_row(struct constrained *c, ingle_error *err) {
    if (c->has_row) return INGLE_OK;
    INGLE_TRY(mask_of(c->mask, &c->state, c->strip, &c->row, err));
    c->has_row = true;
    return INGLE_OK;
}

/* The weight of a token that is nothing but blanks: of its bytes, a line break counting like an
 * indent. Else 0. */
static size_t blanks_of(const struct constrained *c, int32_t id) {
    const struct tokenizer *t = c->session->tokenizer;
    if (id >= tokenizer_n_vocab(t)) return 0;
    struct gguf_str piece = tokenizer_piece(t, id, false);
    size_t weight = 0;
    for (size_t i = 0; i < piece.len; i++) {
        if (!json_is_space(piece.data[i])) return 0;
        weight += piece.data[i] == '\n' ? CONSTRAINED_LINE_BREAK : 1;
    }
    return weight;
}

static void count_blanks(struct constrained *c, int32_t id, machine_state next) {
    const struct machine_ops *ops = c->constraint->machine->ops;
    size_t n = blanks_of(c, id);
    /* Within a run of text, such as a string, a blank is a character like others. */
    bool is_text = ops->lexeme && ops->lexeme(c->constraint->machine, next);
    c->n_blanks = n > 0 && !is_text ? c->n_blanks + n : 0;
}

static void discourage_blanks(struct constrained *c) {
    bool is_outside = c->row.accepts || c->state == c->constraint->machine->start;
    size_t n_free = is_outside ? CONSTRAINED_BLANKS_OUTSIDE : CONSTRAINED_BLANKS;
    if (c->n_blanks <= n_free) return;
    float cost = (float)(c->n_blanks - n_free);
    int n_words = c->constraint->trie->n_vocab / 64 + 1;
    for (int w = 0; w < n_words; w++) {
        for (uint64_t bits = c->row.bits[w]; bits; bits &= bits - 1) {
            int id = w * 64 + __builtin_ctzll(bits);
            if (blanks_of(c, id)) c->session->logits[id] -= cost;
        }
    }
}

static ingle_status sample(struct constrained *c, struct sampler *sampler, int32_t *id,
                           ingle_error *err) {
    struct session *s = c->session;
    INGLE_TRY(need_row(c, err));
    if (s->allowed.n == 0) session_mask_logits(s, c->row.bits);
    discourage_blanks(c);
    *id = sampler_sample(sampler, s->logits);
    if (*id != INGLE_TOKEN_NONE) return INGLE_OK;
    return status_set(
        err, INGLE_FAILED, 0,
        "No token can follow: the logits of all that the constraint allows are NaN or "
        "-infinity.");
}

static bool is_end(const struct constrained *c, int32_t id) {
    const struct tokenizer *t = c->session->tokenizer;
    return id < tokenizer_n_vocab(t) && tokenizer_is_end(t, id);
}

/* INGLE_TOKEN_NONE if the text may end as it is. */
static ingle_status first_of_ending(struct constrained *c, int32_t *id, ingle_error *err) {
    int n;
    *id = INGLE_TOKEN_NONE;
    return mask_finish(c->mask, c->state, c->strip, id, 1, &n, err);
}

/* The state after a token that leaves room for an ending; MACHINE_DEAD if it leaves none. */
static ingle_status follow(struct constrained *c, int32_t id, machine_state *state,
                           ingle_error *err) {
    bool has_room = false;
    *state = mask_step(c->mask, c->state, id, c->strip);
    INGLE_TRY(machine_check(c->constraint->machine, err));
    if (*state == MACHINE_DEAD) {
        return status_set(err, INGLE_FAILED, 0, "Token %d does not follow under the constraint.",
                          id);
    }
    INGLE_TRY(fits(c, *state, false, c->n_left - 1, &has_room, err));
    if (!has_room) *state = MACHINE_DEAD;
    return INGLE_OK;
}

ingle_status constrained_choose(struct constrained *c, struct sampler *sampler, int32_t *id,
                                ingle_error *err) {
    machine_state next = MACHINE_DEAD;
    bool is_forced = c->at_forced < c->n_forced;
    c->was_forced = is_forced || c->is_closing;
    if (is_forced) *id = c->forced[c->at_forced++];
    if (!c->was_forced) INGLE_TRY(sample(c, sampler, id, err));
    if (!c->was_forced && is_end(c, *id)) return INGLE_OK;
    if (!c->is_closing) INGLE_TRY(follow(c, *id, &next, err));
    if (next == MACHINE_DEAD) {
        constrained_close(c);
        c->was_forced = true;
        INGLE_TRY(first_of_ending(c, id, err));
        if (*id == INGLE_TOKEN_NONE) return INGLE_OK;
        INGLE_TRY(follow(c, *id, &next, err));
    }
    count_blanks(c, *id, next);
    c->state = next;
    c->strip = c->has_row = false;
    c->n_left--;
    return INGLE_OK;
}

void constrained_close(struct constrained *c) {
    c->is_closing = true;
    c->at_forced = c->n_forced = 0;
}

ingle_status constrained_is_over(struct constrained *c, bool *is_over, ingle_error *err) {
    struct machine *m = c->constraint->machine;
    *is_over = false;
    if (c->at_forced < c->n_forced) return INGLE_OK;
    bool accepts = m->ops->accepts(m, c->state);
    if (!accepts) return INGLE_OK;
    *is_over = c->is_closing || mask_only_byte(c->mask, c->state) == MASK_NOTHING;
    return machine_check(m, err);
}

/* ---- computing ---- */

static void find_row(void *arg) {
    struct constrained *c = arg;
    c->status = need_row(c, &c->why);
}

static void await_row(struct constrained *c) {
    if (c->is_finding) aside_wait(c->aside);
    c->is_finding = false;
}

/* Between the layers and the head of a pass. */
static void before_head(void *user) {
    struct constrained *c = user;
    await_row(c);
    bool is_few = c->status == INGLE_OK && c->row.n_allowed <= c->session->model->hp.n_vocab / FEW;
    session_restrict(c->session, is_few && c->row.n_allowed > 0 ? c->row.bits : NULL);
}

static ingle_status compute(struct constrained *c, ingle_error *err) {
    struct session *s = c->session;
    int n = c->n_uncomputed;
    c->n_uncomputed = 0;
    c->status = INGLE_OK;
    c->has_row = mask_known(c->mask, c->state, &c->row);
    if (!c->has_row) {
        c->is_finding = c->aside != NULL;
        if (c->aside) {
            aside_start(c->aside, find_row, c);
        } else {
            find_row(c);
        }
    }
    s->before_head = before_head;
    s->before_head_user = c;
    ingle_status status = session_extend(s, s->tokens + s->n_tokens, (size_t)n, true, NULL, err);
    s->before_head = NULL;
    await_row(c);
    if (status != INGLE_OK || c->status == INGLE_OK) return status;
    if (err) *err = c->why;
    return c->status;
}

ingle_status constrained_append(struct constrained *c, int32_t id, ingle_error *err) {
    struct session *s = c->session;
    if (s->n_tokens + c->n_uncomputed == s->n_ctx) {
        return session_check_tokens(s, &id, (size_t)c->n_uncomputed + 1, err); /* says why not */
    }
    s->tokens[s->n_tokens + c->n_uncomputed++] = id;
    if (!c->is_closing && c->at_forced == c->n_forced) INGLE_TRY(find_forced(c, err));
    if (c->is_closing || c->at_forced < c->n_forced) return INGLE_OK;
    return compute(c, err);
}

ingle_status constrained_end(struct constrained *c, ingle_status status, ingle_error *err) {
    struct session *s = c->session;
    if (status == INGLE_OK && c->n_uncomputed > 0) {
        status =
            session_extend(s, s->tokens + s->n_tokens, (size_t)c->n_uncomputed, false, NULL, err);
    }
    session_restrict(s, NULL);
    s->has_logits = false;
    c->constraint->in_use = false;
    aside_free(c->aside);
    return status;
}
