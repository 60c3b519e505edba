#include "engine/run/group.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

/* Why a thread was called; once a wait, so that nobody looks at its turn after it went on. */
enum { CALL_NONE, CALL_DONE, CALL_GATHER };

/* A thread that is called soon is awake then; most are not. */
#define SPIN_NS 2000u

/* How long a pass waits for those who were in the last one: a part of that one's time. */
#define PATIENCE_PART 4
#define PATIENCE_MOST_NS UINT64_C(2000000)

ingle_status group_init(struct group *g, const struct model *model, int n_batch, int n_threads,
                        ingle_error *err) {
    *g = (struct group){.model = model, .n_batch = n_batch};
    int failed = pthread_mutex_init(&g->lock, NULL);
    if (failed) {
        return status_set(err, INGLE_FAILED, 0, "Cannot make the group's lock: error %d.", failed);
    }
    ingle_status status = workspace_new(&g->ws, model, n_batch, n_threads, err);
    if (status == INGLE_OK) status = pool_new(&g->pool, n_threads, err);
    if (status == INGLE_OK) {
        g->turns = mem_calloc((size_t)n_batch, sizeof(void *));
        g->seqs = mem_calloc((size_t)n_batch, sizeof *g->seqs);
        if (!g->turns || !g->seqs)
            status = status_no_memory(err, "the group", (size_t)n_batch * sizeof *g->seqs);
    }
    if (status != INGLE_OK) group_clear(g);
    return status;
}

void group_clear(struct group *g) {
    pool_free(g->pool);
    workspace_free(g->ws);
    mem_free(g->turns);
    mem_free(g->seqs);
    for (struct group_seat *seat = g->seats, *next; seat; seat = next) {
        next = seat->next;
        mem_free(seat);
    }
    pthread_mutex_destroy(&g->lock);
    *g = (struct group){0};
}

static struct group_seat *free_seat(struct group *g) {
    struct group_seat *seat = g->seats;
    while (seat && seat->is_taken) seat = seat->next;
    if (seat) return seat;
    seat = mem_aligned(64, sizeof *seat);
    if (!seat) return NULL;
    memset(seat, 0, sizeof *seat);
    seat->next = g->seats;
    g->seats = seat;
    return seat;
}

ingle_status group_join(struct group *g, struct group_seat **out, ingle_error *err) {
    pthread_mutex_lock(&g->lock);
    struct group_seat *seat = free_seat(g);
    if (seat) seat->is_taken = true;
    pthread_mutex_unlock(&g->lock);
    *out = seat;
    return seat ? INGLE_OK : status_no_memory(err, "a place in the group", sizeof *seat);
}

void group_quit(struct group *g, struct group_seat *seat) {
    if (!seat) return;
    pthread_mutex_lock(&g->lock);
    seat->is_taken = false;
    pthread_mutex_unlock(&g->lock);
}

/* ---- calling and waiting ---- */

/* Called threads, in order, until the lock is free and they can be let through. */
struct calls {
    struct group_turn *first, **end;
};

static struct calls no_calls(void) {
    return (struct calls){0};
}

static void call(struct calls *calls, struct group_turn *t, int why) {
    if (t->call != CALL_NONE) return; /* it comes anyway, and sees what there is */
    t->call = why;
    t->next_called = NULL;
    if (!calls->first) calls->end = &calls->first;
    *calls->end = t;
    calls->end = &t->next_called;
}

/* After the lock was given back. A turn may be gone as soon as its gate is open. */
static void let_through(struct calls *calls) {
    for (struct group_turn *t = calls->first, *next; t; t = next) {
        next = t->next_called;
        gate_open(&t->seat->called);
    }
    *calls = no_calls();
}

/* Somebody has to make the next pass: whoever has waited longest. */
static void call_gatherer(struct group *g, struct calls *calls) {
    if (g->is_busy || !g->queue) return;
    if (!g->gatherer) g->gatherer = g->queue;
    call(calls, g->gatherer, CALL_GATHER);
}

static void unexpect(struct group *g, struct group_seat *seat) {
    g->n_expected -= seat->is_expected;
    seat->is_expected = false;
}

/* Waits to be called, or as the gatherer until patience ends. Every call opens the gate once, and
 * here it is heard. The group is locked before and after; true if the turn is done: then it is
 * not. */
static bool wait_for_call(struct group *g, struct group_turn *turn) {
    struct group_seat *seat = turn->seat;
    if (!g->is_busy && !g->gatherer) g->gatherer = turn;
    bool is_gatherer = g->gatherer == turn, is_called = true;
    uint64_t until = g->gather_until;
    pthread_mutex_unlock(&g->lock);
    if (is_gatherer) {
        is_called = gate_wait_until(&seat->called, seat->n_heard, SPIN_NS, until, &seat->at_called);
    } else {
        gate_wait(&seat->called, seat->n_heard, SPIN_NS, &seat->at_called);
    }
    if (!is_called) {
        pthread_mutex_lock(&g->lock);
        if (turn->call == CALL_NONE) return false;
        pthread_mutex_unlock(&g->lock);
        gate_wait(&seat->called, seat->n_heard, SPIN_NS, &seat->at_called); /* about to open */
    }
    seat->n_heard++;
    if (turn->call == CALL_DONE) return true;
    pthread_mutex_lock(&g->lock);
    turn->call = CALL_NONE;
    return false;
}

/* ---- a pass ---- */

static bool is_cancelled(const struct group_turn *t) {
    for (int i = 0; i < t->n_seqs; i++) {
        if (t->seqs[i].cancel && atomic_load(t->seqs[i].cancel)) return true;
    }
    return false;
}

/* Takes out of the queue what is done, and calls those it belongs to, but the thread that is here
 * (NULL: none). */
static void dismiss(struct group *g, const struct group_turn *mine, struct calls *calls) {
    struct group_turn **at = &g->queue;
    while (*at) {
        struct group_turn *t = *at;
        if (!t->is_done) {
            at = &t->next;
            continue;
        }
        *at = t->next;
        if (t != mine) call(calls, t, CALL_DONE);
    }
}

static void drop_cancelled(struct group *g) {
    for (struct group_turn *t = g->queue; t; t = t->next) {
        if (is_cancelled(t)) t->is_done = t->was_cancelled = true;
    }
}

/* Answers that others make meanwhile: those whose own prompt waits here are none. */
static bool is_in_company(const struct group *g) {
    int n = g->n_generating;
    for (const struct group_turn *t = g->queue; t; t = t->next) {
        if (!group_turn_is_step(t)) n -= t->seat->is_generating;
        if (group_turn_is_step(t)) n += !t->seat->is_generating;
    }
    return n > 0;
}

/* Does somebody watch for one of these? */
static bool is_urgent(const struct group *g) {
    for (const struct group_turn *t = g->queue; t; t = t->next) {
        if (t->urgency == INGLE_URGENCY_INTERACTIVE) return true;
    }
    return false;
}

/* The part of a turn that is now computed, as a sequence; its last token's logits with its end. */
static struct forward_seq cut(const struct group *g, const struct group_turn *t) {
    struct forward_seq seq = t->seqs[0];
    if (t->is_whole) return seq;
    seq.tokens += t->n_done;
    seq.pos += t->n_done;
    seq.n_tokens = t->n_now;
    if (seq.hidden) seq.hidden += (size_t)t->n_done * (size_t)g->model->hp.n_embd;
    if (seq.all_logits) {
        seq.logits += (size_t)t->n_done * (size_t)g->model->hp.n_vocab;
    } else if (t->n_now < t->n_left) {
        seq.logits = NULL;
    }
    return seq;
}

static void add_turn(struct group *g, struct group_turn *t) {
    g->turns[g->n_turns++] = t;
    g->seqs[g->n_seqs++] = cut(g, t);
    for (int i = 1; i < t->n_seqs; i++) g->seqs[g->n_seqs++] = t->seqs[i];
}

/* Long runs first, of which the last layer computes least. */
static void lay_out(struct group *g) {
    g->n_turns = g->n_seqs = 0;
    for (struct group_turn *t = g->queue; t; t = t->next) {
        if (t->n_now > 0 && t->n_now < t->n_left) add_turn(g, t);
    }
    for (struct group_turn *t = g->queue; t; t = t->next) {
        if (t->n_now > 0 && t->n_now == t->n_left) add_turn(g, t);
    }
    for (int i = 0; g->n_turns > 1 && i < g->n_turns; i++) g->turns[i]->was_shared = true;
}

static void before_head(void *user) {
    const struct group *g = user;
    for (int i = 0; i < g->n_turns; i++) {
        const struct group_turn *t = g->turns[i];
        if (t->before_head && t->n_now == t->n_left) t->before_head(t->user);
    }
}

static bool has_before_head(const struct group *g) {
    for (int i = 0; i < g->n_turns; i++) {
        if (g->turns[i]->before_head && g->turns[i]->n_now == g->turns[i]->n_left) return true;
    }
    return false;
}

/* Learns from a pass that took so long. */
static void learn_pace(struct group *g, double ms) {
    int n_step_rows = 0, n_prompt_rows = 0;
    for (int i = 0; i < g->n_turns; i++) {
        const struct group_turn *t = g->turns[i];
        *(group_turn_is_step(t) ? &n_step_rows : &n_prompt_rows) += t->n_now;
    }
    group_pace_timed(&g->pace, n_step_rows, n_prompt_rows, ms);
}

static void expect_again(struct group *g, struct group_turn *t) {
    if (!t->seat->is_generating || t->seat->is_expected) return;
    t->seat->is_expected = true;
    g->n_expected++;
}

/* After the pass that took so long. */
static void settle(struct group *g, double ms) {
    learn_pace(g, ms);
    for (int i = 0; i < g->n_turns; i++) {
        struct group_turn *t = g->turns[i];
        t->n_done += t->n_now;
        t->n_left -= t->n_now;
        t->is_done = t->n_left == 0;
        if (t->is_done) expect_again(g, t);
    }
    uint64_t patience = (uint64_t)(ms * 1e6) / PATIENCE_PART;
    if (patience > PATIENCE_MOST_NS) patience = PATIENCE_MOST_NS;
    g->gather_until = clock_ns() + patience;
    g->n_passes++;
    g->n_parts += (uint64_t)g->n_turns;
}

/* Computes what the queue's turns get. Locked before and after, not meanwhile. False if one of them
 * was cancelled: nothing has changed. */
static bool compute(struct group *g, struct calls *calls) {
    int piece =
        is_in_company(g) ? group_pace_beside(&g->pace) : group_pace_alone(&g->pace, is_urgent(g));
    group_plan(g->queue, g->n_batch, piece);
    lay_out(g);
    struct forward_args args = {.model = g->model,
                                .ws = g->ws,
                                .pool = g->pool,
                                .seqs = g->seqs,
                                .n_seqs = g->n_seqs,
                                .before_head = has_before_head(g) ? before_head : NULL,
                                .user = g};
    pthread_mutex_unlock(&g->lock);
    let_through(calls); /* who was cancelled */
    double start = clock_ms();
    bool ok = model_forward(&args);
    double ms = clock_ms() - start;
    pthread_mutex_lock(&g->lock);
    if (ok) settle(g, ms);
    return ok;
}

/* Makes a pass, on the thread of this turn. Locked before and after, not meanwhile; true if the
 * turn is done: then it is not, and somebody else was called to make the next. Else the group stays
 * busy until this thread is back: its turn, which waits for no call, must not get one. */
static bool make_pass(struct group *g, struct group_turn *mine) {
    struct calls calls = no_calls();
    g->is_busy = true;
    g->gatherer = NULL;
    for (struct group_seat *seat = g->seats; seat && g->n_expected > 0; seat = seat->next) {
        unexpect(g, seat);
    }
    for (bool ok = false; !ok;) {
        drop_cancelled(g);
        dismiss(g, mine, &calls);
        ok = mine->is_done || compute(g, &calls);
    }
    dismiss(g, mine, &calls);
    bool is_done = mine->is_done;
    if (is_done) {
        g->is_busy = false;
        call_gatherer(g, &calls);
    }
    pthread_mutex_unlock(&g->lock);
    let_through(&calls);
    if (is_done) return true;
    pthread_mutex_lock(&g->lock);
    g->is_busy = false;
    return false;
}

void group_compute(struct group *g, struct group_seat *seat, struct group_turn *turn) {
    struct group_turn **end = &g->queue;
    turn->seat = seat;
    turn->next = NULL;
    pthread_mutex_lock(&g->lock);
    unexpect(g, seat);
    while (*end) end = &(*end)->next;
    *end = turn;
    while (!turn->is_done) {
        if (!g->is_busy && (g->n_expected == 0 || clock_ns() >= g->gather_until)) {
            if (make_pass(g, turn)) return;
            continue;
        }
        turn->was_shared = true;
        if (wait_for_call(g, turn)) return;
    }
    pthread_mutex_unlock(&g->lock);
}

/* ---- answers ---- */

void group_enter(struct group *g, struct group_seat *seat) {
    pthread_mutex_lock(&g->lock);
    g->n_generating += !seat->is_generating;
    seat->is_generating = true;
    pthread_mutex_unlock(&g->lock);
}

void group_leave(struct group *g, struct group_seat *seat) {
    struct calls calls = no_calls();
    pthread_mutex_lock(&g->lock);
    g->n_generating -= seat->is_generating;
    seat->is_generating = false;
    bool was_expected = seat->is_expected;
    unexpect(g, seat);
    if (was_expected && g->n_expected == 0) call_gatherer(g, &calls);
    pthread_mutex_unlock(&g->lock);
    let_through(&calls);
}

bool group_has_company(struct group *g, const struct group_seat *seat) {
    pthread_mutex_lock(&g->lock);
    bool has = g->n_generating > seat->is_generating;
    pthread_mutex_unlock(&g->lock);
    return has;
}
