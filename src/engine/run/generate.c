/* The loop that makes an answer: choose a token, turn it into text that is certain, compute the
 * next. Allocates only before the first token (for the stop strings).
 *
 * Guesses make it faster (lookup.h, draft_gate.h): a pass may compute what would follow if the next
 * tokens were those. Each token is chosen by the sampler all the same, from the logits after those
 * before it; a guess that is the token chosen saves a pass, and one that is not is forgotten. Since
 * a row has the same bits whatever it shares a pass with, no answer depends on guesses. */
#include <math.h>

#include "base/clock.h"
#include "engine/run/constrained.h"
#include "engine/run/logprob.h"
#include "engine/run/session.h"
#include "engine/run/stop.h"
#include "engine/text/utf8_stream.h"

struct generation {
    struct session *session;
    struct sampler *sampler;
    const ingle_generate_options *opt;
    ingle_generate_result *result;
    struct stop stop;
    struct utf8_stream utf8;
    bool strip_space; /* the text begins here and drops the vocabulary's dummy space */
    int begin;        /* position of the answer's first token */
    struct constrained *constrained; /* NULL: the answer is free */
    double deadline;                 /* clock_ms(); 0 = none */
    enum cut {
        CUT_NOT,
        CUT_LOOP,
        CUT_TIME
    } cut; /* why it is being closed, if not for its length */
    enum stop_outcome outcome;
};

static bool to_caller(const char *text, size_t len, void *user) {
    const ingle_generate_options *opt = user;
    return !opt->on_text || opt->on_text(text, len, opt->user);
}

/* Takes whole characters; remembers when the text is over. */
static void put_text(const char *text, size_t len, void *user) {
    struct generation *g = user;
    if (g->outcome != STOP_MORE) return;
    g->outcome = stop_feed(&g->stop, text, len, to_caller, (void *)g->opt);
}

/* Is this control token one that the caller wants to read? */
static bool is_read(const struct generation *g, int32_t id) {
    for (size_t i = 0; i < g->opt->n_control_text; i++) {
        if (g->opt->control_text[i] == id) return true;
    }
    return false;
}

/* What the text has of it: nothing of other control tokens, and of a row of the weights that no
 * token has. */
static struct gguf_str piece_of(const struct generation *g, int32_t id) {
    const struct tokenizer *tokenizer = g->session->tokenizer;
    if (id >= tokenizer_n_vocab(tokenizer)) return (struct gguf_str){0};
    return tokenizer_piece(tokenizer, id, is_read(g, id));
}

static void put_token(struct generation *g, int32_t id) {
    struct gguf_str piece = piece_of(g, id);
    if (piece.len == 0) return;
    if (g->strip_space && piece.data[0] == ' ') {
        piece.data++;
        piece.len--;
    }
    g->strip_space = false;
    utf8_stream_push(&g->utf8, piece.data, piece.len, put_text, g);
}

/* Ends the text: what was held back can no longer become a character or a stop string. */
static void finish_text(struct generation *g) {
    utf8_stream_flush(&g->utf8, put_text, g);
    if (g->outcome == STOP_MORE && !stop_flush(&g->stop, to_caller, (void *)g->opt)) {
        g->outcome = STOP_SINK_ENDED;
    }
}

/* The last pass computed this token as the next one. */
static bool is_ahead(const struct session *s, int32_t id) {
    return s->n_ahead > 0 && s->tokens[s->n_tokens] == id;
}

/* Tells the caller of a token chosen from the session's present logits. */
static void report(struct generation *g, int32_t id) {
    const ingle_generate_options *opt = g->opt;
    ingle_token_logprob top[INGLE_TOP_MAX];
    ingle_token_report r = {.token = id, .top = top, .is_shown = piece_of(g, id).len > 0};
    bool was_forced = g->constrained && g->constrained->was_forced;
    if (!was_forced)
        r.n_top = (size_t)logprob_read(g->session->logits, g->session->model->hp.n_vocab, id,
                                       &r.logprob, opt->n_top, top);
    if (!opt->on_token(&r, opt->user)) g->outcome = STOP_SINK_ENDED;
}

static ingle_status choose_freely(struct generation *g, int32_t *id, ingle_error *err) {
    *id = sampler_sample(g->sampler, g->session->logits);
    if (*id != INGLE_TOKEN_NONE) return INGLE_OK;
    return status_set(err, INGLE_FAILED, 0,
                      "No token can follow: every logit is NaN or -infinity.");
}

static ingle_status choose(struct generation *g, int32_t *id, ingle_error *err) {
    const ingle_generate_options *opt = g->opt;
    for (size_t i = 0; i < opt->n_never; i++) g->session->logits[opt->never[i]] = -INFINITY;
    if (g->constrained) {
        INGLE_TRY(constrained_choose(g->constrained, g->sampler, id, err));
        g->result->was_closed = g->constrained->is_closing;
        if (*id == INGLE_TOKEN_NONE) return INGLE_OK;
        g->result->n_forced += g->constrained->was_forced;
    } else {
        INGLE_TRY(choose_freely(g, id, err));
    }
    sampler_accept(g->sampler, *id);
    g->result->n_tokens++;
    g->result->last = *id;
    struct session *s = g->session;
    if (s->lookup.len) {
        draft_gate_learn(&s->gate, s->lookup.len, s->tokens[s->lookup.source] == *id);
    }
    if (is_ahead(s, *id)) g->result->n_accepted++;
    return INGLE_OK;
}

/* The tokens held: without the last one chosen, which makes no difference. */
static bool is_loop(struct generation *g) {
    struct session *s = g->session;
    return g->opt->stop_loops && !g->opt->ignore_end &&
           loop_found(&s->loop, s->tokens + g->begin, s->n_tokens - g->begin);
}

/* True if the text is over with this token; says why in the result. */
static bool ends_text(struct generation *g, int32_t id) {
    const struct tokenizer *tokenizer = g->session->tokenizer;
    bool is_token = id < tokenizer_n_vocab(tokenizer);
    if (g->opt->on_token) report(g, id);
    if (g->outcome != STOP_MORE) return true;
    if (!g->opt->ignore_end && is_token && tokenizer_is_end(tokenizer, id)) {
        g->result->reason = INGLE_STOP_END;
        return true;
    }
    put_token(g, id);
    return g->outcome != STOP_MORE;
}

/* What ends the text here besides its length. */
static enum cut find_cut(struct generation *g) {
    if (is_loop(g)) return CUT_LOOP;
    return g->deadline > 0 && clock_ms() >= g->deadline ? CUT_TIME : CUT_NOT;
}

/* True if the text has to end here. */
static bool is_cut(struct generation *g) {
    if (g->result->n_tokens == g->opt->max_tokens) {
        g->result->reason = INGLE_STOP_LENGTH;
        return true;
    }
    g->cut = find_cut(g);
    g->result->reason = g->cut == CUT_LOOP ? INGLE_STOP_LOOP : INGLE_STOP_LENGTH;
    return g->cut != CUT_NOT;
}

/* The same under a constraint: over when nothing can follow. Where it has to end, it is closed
 * first. */
static ingle_status is_closed(struct generation *g, bool *over, ingle_error *err) {
    struct constrained *c = g->constrained;
    if (!c->is_closing && c->n_left > 0) {
        g->cut = find_cut(g);
        if (g->cut != CUT_NOT) constrained_close(c);
    }
    INGLE_TRY(constrained_is_over(c, over, err));
    g->result->reason = g->cut == CUT_LOOP        ? INGLE_STOP_LOOP
                        : c->is_closing || !*over ? INGLE_STOP_LENGTH
                                                  : INGLE_STOP_END;
    if (c->n_left == 0) *over = true;
    return INGLE_OK;
}

/* Writes guesses of what follows s->tokens[s->n_tokens] behind it and returns how many. */
static int guess(struct generation *g) {
    struct session *s = g->session;
    int k = session_max_ahead(s);
    if (k > g->opt->max_draft) k = g->opt->max_draft;
    /* The logits after the last token wanted are not. */
    int n_left = g->opt->max_tokens - g->result->n_tokens;
    if (g->opt->max_tokens >= 0 && k > n_left - 1) k = n_left - 1;
    if (s->lookup.len == 0 || k <= 0) return 0;
    /* With others in the pass a row more has another price, and no pass is plain. */
    if (s->group && group_has_company(s->group, s->seat)) return 0;
    k = draft_gate_choose(&s->gate, s->lookup.len, k);
    lookup_draft(&s->lookup, s->tokens, s->n_tokens + 1, k);
    g->result->n_drafted += k;
    return k;
}

/* Makes the session hold this token too. */
static ingle_status append(struct generation *g, int32_t id, ingle_error *err) {
    struct session *s = g->session;
    if (g->constrained) return constrained_append(g->constrained, id, err);
    if (s->n_tokens == s->n_ctx) return session_eval(s, &id, 1, NULL, err); /* says why not */
    bool is_computed = is_ahead(s, id);
    s->tokens[s->n_tokens] = id;
    if (g->opt->max_draft > 0) lookup_find(&s->lookup, s->tokens, s->n_tokens + 1);
    if (is_computed) return session_take_ahead(s, err);
    int k = guess(g);
    double start = clock_ms();
    INGLE_TRY(session_eval_ahead(s, k, err));
    if (!s->was_shared) draft_gate_timed(&s->gate, k, clock_ms() - start);
    return INGLE_OK;
}

static ingle_status loop(struct generation *g, double start, double *first, ingle_error *err) {
    for (;;) {
        int32_t id;
        INGLE_TRY(choose(g, &id, err));
        if (id == INGLE_TOKEN_NONE) {
            g->result->reason = INGLE_STOP_LENGTH;
            return INGLE_OK;
        }
        if (g->result->n_tokens == 1) {
            *first = clock_ms();
            g->result->first_ms = *first - start;
        }
        bool over = ends_text(g, id);
        if (!over && !g->constrained) over = is_cut(g);
        if (!over && g->constrained) INGLE_TRY(is_closed(g, &over, err));
        if (over) return INGLE_OK;
        /* Not the caller's err: a cancelled answer is a success, which leaves that alone. */
        ingle_error why;
        ingle_status status = append(g, id, &why);
        if (status == INGLE_CANCELLED) {
            g->result->reason = INGLE_STOP_CANCEL;
            return INGLE_OK;
        }
        if (status != INGLE_OK) {
            if (err) *err = why;
            return status;
        }
    }
}

/* The loop under a constraint; the text may be over before its first token. */
static ingle_status constrained_loop(struct generation *g, struct constraint *constraint,
                                     double start, double *first, ingle_error *err) {
    struct constrained c;
    ingle_error why;
    bool over;
    INGLE_TRY(
        constrained_begin(&c, g->session, constraint, g->strip_space, g->opt->max_tokens, err));
    g->constrained = &c;
    ingle_status status = is_closed(g, &over, err);
    if (status == INGLE_OK && !over) status = loop(g, start, first, err);
    g->result->was_closed = c.is_closing;
    g->constrained = NULL;
    ingle_status ended = constrained_end(&c, status, &why);
    g->constrained = NULL; /* it ends with this function */
    if (status != INGLE_OK || ended == INGLE_OK) return status;
    if (ended == INGLE_CANCELLED) {
        g->result->reason = INGLE_STOP_CANCEL;
        return INGLE_OK;
    }
    if (err) *err = why;
    return ended;
}

static ingle_status check_options(const struct session *s, const ingle_generate_options *opt,
                                  ingle_error *err) {
    INGLE_TRY(session_check_vocab(s, opt->never, opt->n_never, err));
    if (opt->max_tokens < -1) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The option max_tokens is %d; it must be -1 or more.", opt->max_tokens);
    }
    if (opt->max_draft < 0 || opt->max_draft > DRAFT_MAX) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The option max_draft is %d; it must be from 0 to %d.", opt->max_draft,
                          DRAFT_MAX);
    }
    if (opt->max_ms < 0) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The option max_ms is %d; it must be 0 or more.", opt->max_ms);
    }
    if (opt->n_top < 0 || opt->n_top > INGLE_TOP_MAX) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The option n_top is %d; it must be from 0 to %d.", opt->n_top,
                          INGLE_TOP_MAX);
    }
    return INGLE_OK;
}

ingle_status session_generate(struct session *s, struct sampler *sampler,
                              struct constraint *constraint, const ingle_generate_options *opt,
                              ingle_generate_result *result, ingle_error *err) {
    if (!s->has_logits) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "There are no logits to go on from; eval a token first.");
    }
    INGLE_TRY(check_options(s, opt, err));
    if (constraint && opt->ignore_end) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The options ignore_end and constraint exclude each other: where a "
                          "constraint ends, nothing can follow.");
    }
    if (opt->max_tokens == 0 && !constraint) {
        result->reason = INGLE_STOP_LENGTH;
        return INGLE_OK;
    }
    struct generation g = {.session = s, .sampler = sampler, .opt = opt, .result = result};
    g.begin = s->n_tokens;
    loop_init(&s->loop);
    g.strip_space = s->first_text == s->n_ctx && tokenizer_strips_first_space(s->tokenizer);
    INGLE_TRY(stop_init(&g.stop, opt->stops, opt->n_stops, err));
    lookup_restart(&s->lookup);
    double start = clock_ms(), first = start;
    if (opt->max_ms > 0) g.deadline = start + opt->max_ms;
    /* An error found while the text is being finished would not be the first one: keep that. */
    if (s->group) group_enter(s->group, s->seat);
    ingle_status status = constraint ? constrained_loop(&g, constraint, start, &first, err)
                                     : loop(&g, start, &first, err);
    if (s->group) group_leave(s->group, s->seat);
    finish_text(&g);
    if (g.outcome == STOP_FOUND) result->stop = (int)g.stop.longest;
    if (status == INGLE_OK && g.outcome == STOP_FOUND) result->reason = INGLE_STOP_STRING;
    if (status == INGLE_OK && g.outcome == STOP_SINK_ENDED) result->reason = INGLE_STOP_CANCEL;
    result->is_late = g.cut == CUT_TIME && result->reason == INGLE_STOP_LENGTH;
    result->decode_ms = clock_ms() - first;
    stop_clear(&g.stop);
    return status;
}
