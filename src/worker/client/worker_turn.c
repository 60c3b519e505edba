/* One turn of a worker's front: what there is room for is sent, what has come is told, and it is
 * looked whether the worker lives. */
#include <assert.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "worker/client/worker_internal.h"

/* ---- whether it lives ---- */

static double cpu_ms(const struct worker *w) {
    struct timespec t;
    if (!w->has_clock || clock_gettime(w->clock, &t) != 0) return -1.0;
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

/* Its end, too, is seen here: it is usually heard of through the socket, but a process that the
 * worker made may hold that as well. */
static bool is_stopped(struct worker *w) {
    siginfo_t info = {0};
    const int what = WEXITED | WSTOPPED | WNOHANG | WNOWAIT;
    if (w->pid <= 0 || waitid(P_PID, (id_t)w->pid, &info, what) != 0 || info.si_pid == 0) {
        return false;
    }
    if (info.si_code == CLD_STOPPED || info.si_code == CLD_TRAPPED) return true;
    atomic_store(&w->link.is_gone, true);
    return false;
}

/* The one that was first told to end of those that have not; NULL = there is none. */
static const struct worker_request *oldest_cancelled(struct worker *w) {
    const struct worker_request *oldest = NULL;
    for (size_t i = 0; i < RING_REQUESTS; i++) {
        struct worker_request *r = &w->requests[i];
        if (r->id == 0 || !worker_is_cancelled(w, r->id)) continue;
        if (r->cancelled_as == 0) r->cancelled_as = ++w->n_cancelled;
        if (!oldest || r->cancelled_as < oldest->cancelled_as) oldest = r;
    }
    return oldest;
}

/* What has come and was not yet told is no silence. */
static ingle_status look(struct worker *w, bool has_unread) {
    double now = clock_ms();
    if (w->n_open == 0 || !life_is_due(&w->life, now)) return INGLE_OK;
    const struct worker_request *cancelled = oldest_cancelled(w);
    struct life_signs signs = {.now_ms = now,
                               .cpu_ms = cpu_ms(w),
                               .beats = atomic_load(&w->others->beats),
                               .received = atomic_load(&w->own->read),
                               .taken = atomic_load(&w->others->read),
                               .has_unread = has_unread,
                               .is_stopped = is_stopped(w)};
    if (cancelled) {
        signs.cancelled = cancelled->id;
        signs.told_late = cancelled->told_late;
    }
    w->verdict = life_look(&w->life, &signs);
    return w->verdict == LIFE_GOES_ON ? INGLE_OK : INGLE_FAILED;
}

/* ---- what it says ---- */

static ingle_status read_done(struct worker *w, struct worker_request *r, struct msg_done *m) {
    const struct worker_ask *ask = &r->ask;
    ingle_status status =
        wire_read(m, sizeof *m, msg_done, w->answer.body.data, w->answer.body.size, r->arena, NULL);
    /* A success without its result would be one of zeros. */
    if (status == INGLE_OK && ask->result && (m->result.len > 0 || m->error.code == INGLE_OK)) {
        status = wire_read(ask->result, ask->result_size, ask->visit_result, m->result.data,
                           m->result.len, r->arena, NULL);
    }
    if (status == INGLE_OK || !ask->result) return status;
    memset(ask->result, 0, ask->result_size); /* none is better than half */
    return status;
}

static ingle_status handle_done(struct worker *w, struct worker_request *r) {
    struct msg_done m;
    struct arena *arena = r->arena;
    arena_clear(arena);
    INGLE_TRY(read_done(w, r, &m));
    w->peak_memory = m.peak_memory;
    worker_close(w, r, m.error.code, &m.error);
    if (arena == &w->done_arena) arena_clear(arena);
    return INGLE_OK;
}

static ingle_status handle(struct worker *w) {
    const struct link_message *m = &w->answer;
    struct worker_request *r = worker_find(w, m->id);
    bool is_answer = m->type >= MSG_STARTED && m->type <= MSG_DONE;
    if (!r || !is_answer || !r->way.is_sent) return INGLE_INVALID;
    if (worker_is_cancelled(w, r->id)) r->told_late += LINK_HEAD + m->body.size;
    if (m->type == MSG_DONE) return handle_done(w, r);
    if (r->wants_no_more || !r->ask.on_answer) return INGLE_OK;
    const char *body = m->body.data ? m->body.data : "";
    uint32_t id = r->id;
    if (!r->ask.on_answer((enum msg_type)m->type, body, m->body.size, r->ask.user)) {
        worker_end(w, id);
    }
    return INGLE_OK;
}

static ingle_status receive(struct worker *w, struct link_budget *budget) {
    for (;;) {
        bool has;
        INGLE_TRY(link_receive_some(&w->link, &w->answer, budget, &has, NULL));
        if (!has) return INGLE_OK;
        INGLE_TRY(handle(w));
        if (w->is_dead) return INGLE_OK; /* its start was not what it must be */
    }
}

/* The socket is emptied only where all that it rang for is received then: whatever is left, or
 * comes later, it rings for. */
static ingle_status receive_all(struct worker *w, bool *has_unread) {
    struct link_budget budget = {.n_frames = WORKER_FRAMES, .n_bytes = SIZE_MAX};
    *has_unread = true;
    INGLE_TRY(receive(w, &budget));
    if (budget.n_frames == 0 || w->is_dead) return INGLE_OK;
    *has_unread = false;
    budget = (struct link_budget){.n_frames = SIZE_MAX, .n_bytes = link_hear(&w->link)};
    return receive(w, &budget);
}

static ingle_status turn(struct worker *w) {
    bool has_unread;
    INGLE_TRY(w->sent);
    INGLE_TRY(receive_all(w, &has_unread));
    if (w->is_dead) return INGLE_OK;
    /* That nobody takes it any more is found out when all was received. */
    w->sent = worker_send(w, WORKER_FRAMES, NULL);
    if (w->sent == INGLE_CANCELLED) w->sent = INGLE_OK;
    INGLE_TRY(look(w, has_unread));
    bool is_broken = false;
    bool is_over = atomic_load(&w->link.is_gone) && ring_filled(&w->link.ring, &is_broken) == 0;
    return is_over && !is_broken ? INGLE_CANCELLED : w->sent;
}

void worker_turn(struct worker *w) {
    assert(!w->is_in_turn);
    if (w->is_dead) {
        (void)worker_has_ended(w, 0.0);
        return;
    }
    w->is_in_turn = true;
    ingle_status status = turn(w);
    if (!w->answer.is_partial) buf_reset(&w->answer.body);
    if (status != INGLE_OK && worker_die(w, status)) worker_close_all(w);
    w->is_in_turn = false;
}
