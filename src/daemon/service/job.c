/* What is asked, from the first wish to the end. */
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "daemon/service/service_internal.h"

#define MAX_WRITTEN ((size_t)64 << 20) /* bytes of one request */
#define GUESSED_JOB_S 2.0              /* before any has ended */
#define LEARN (1.0 / 8)                /* of each that ends */
#define MAX_RETRY_AFTER_S 60.0

/* ---- its memory ---- */

static void unlink_job(struct job *job) {
    struct service *s = job->service;
    struct job **at = &s->jobs;
    while (*at != job) at = &(*at)->next;
    *at = job->next;
    if (!job->next) s->jobs_end = at;
}

static void free_job(struct job *job) {
    unlink_job(job);
    buf_clear(&job->body);
    mem_free(job->result);
    mem_free(job);
}

/* ---- its end ---- */

/* Whose fault it is: a worker that died has failed, whatever it died of. And LIMIT is what the
 * queue alone says, which means: later; what is too much for a worker always is. */
static ingle_status blame(const struct model_entry *m, ingle_status status) {
    struct worker *w = m->hosted ? m->service->opt.host->worker(m->hosted) : NULL;
    if (w && worker_is_dead(w) && status != INGLE_OK && status != INGLE_NO_MEMORY) {
        return INGLE_FAILED;
    }
    return status == INGLE_LIMIT ? INGLE_BAD_ARGUMENT : status;
}

/* Also from one that was given up: its slot was free so soon. */
static void learn_time(struct service *s, const struct job *job) {
    double took_s = 1e-3 * clock_ms() - job->began_s;
    s->job_s += s->job_s > 0 ? LEARN * (took_s - s->job_s) : took_s;
}

static void leave(struct job *job) {
    struct service *s = job->service;
    if (job->state == JOB_WAITS) {
        s->load.n_waiting--;
        return;
    }
    s->load.n_running--;
    *(job->takes_slot ? &job->model->n_running : &job->model->n_beside) -= 1;
    if (job->takes_slot) learn_time(s, job);
}

static void end_job(struct job *job, ingle_status status, const ingle_error *err) {
    struct service *s = job->service;
    struct model_entry *m = job->model;
    leave(job);
    if (job->ask.keep_alive_s != 0) m->keep_s = job->ask.keep_alive_s;
    if (job->ask.unloads) m->keep_s = 0;
    if (m->keep_s == 0) event_active(s->sweep, 0, 0);
    if (!job->ask.only_looks) model_touch(m);
    if (!job->is_abandoned) {
        ingle_error told = {0};
        if (err) told = *err;
        told.code = blame(m, status);
        job->ask.on_done(told.code, err ? &told : NULL, job->result, job->ask.user);
    }
    free_job(job);
    service_stir(s);
}

static void on_done(ingle_status status, const ingle_error *err, void *user) {
    end_job(user, status, err);
}

static bool on_answer(enum msg_type type, const void *body, size_t size, void *user) {
    struct job *job = user;
    if (job->is_abandoned || !job->ask.on_answer) return !job->is_abandoned;
    return job->ask.on_answer(type, body, size, job->ask.user);
}

/* ---- its work ---- */

/* What was written when it was asked. */
static void visit_written(struct wire *w, void *message) {
    const struct buf *body = message;
    if (!buf_add(w->out, body->data, body->size)) w->failed = true;
}

static ingle_status run_job(struct job *job, ingle_error *err) {
    struct model_entry *m = job->model;
    struct service *s = job->service;
    struct worker_ask ask = {.asker = job->ask.asker,
                             .type = job->ask.type,
                             .visit = visit_written,
                             .request = &job->body,
                             .visit_result = job->ask.visit_result,
                             .result = job->ask.visit_result ? job->result : NULL,
                             .result_size = job->ask.result_size,
                             .on_answer = on_answer,
                             .on_done = on_done,
                             .user = job};
    INGLE_TRY(worker_begin(s->opt.host->worker(m->hosted), &ask, &job->id, err));
    model_look_soon(m);
    if (!job->ask.only_looks) model_touch(m);
    job->state = JOB_RUNS;
    job->began_s = 1e-3 * clock_ms();
    *(job->takes_slot ? &m->n_running : &m->n_beside) += 1;
    s->load.n_running++;
    s->load.n_waiting--;
    buf_clear(&job->body);
    service_picked(s, job);
    return INGLE_OK;
}

/* Its model cannot be had. */
static void refuse_jobs(struct service *s, const struct model_entry *m, const ingle_error *why) {
    for (struct job *j = s->jobs, *next; j; j = next) {
        next = j->next;
        if (j->model == m && j->state == JOB_WAITS) end_job(j, why->code, why);
    }
}

bool service_has_waiting(const struct service *s, const struct model_entry *m) {
    for (const struct job *j = s->jobs; j; j = j->next) {
        if (j->model == m && j->state == JOB_WAITS && !j->is_abandoned) return true;
    }
    return false;
}

/* Whether somebody waits for it who need not let others go first. For those who must it is not
 * loaded: it would only be in the way of the model that they wait for, and go again. */
static bool is_wanted_next(const struct service *s, const struct model_entry *m) {
    for (const struct job *j = s->jobs; j; j = j->next) {
        bool waits = j->model == m && j->state == JOB_WAITS && !j->is_abandoned;
        if (waits && !service_gives_way(s, j)) return true;
    }
    return false;
}

/* Unloaded since they were asked. */
static void end_looks(struct service *s, const struct model_entry *m) {
    for (struct job *j = s->jobs, *next; j; j = next) {
        next = j->next;
        if (j->model == m && j->ask.only_looks) end_job(j, INGLE_CANCELLED, NULL);
    }
}

static void dispatch_model(struct service *s, struct model_entry *m) {
    ingle_error err = {0};
    if (!m->hosted) end_looks(s, m);
    err = m->why;
    m->why = (ingle_error){0};
    if (!service_has_waiting(s, m)) return;
    if (err.code != INGLE_OK) { /* it was tried for them */
        refuse_jobs(s, m, &err);
        return;
    }
    if (!m->hosted && !is_wanted_next(s, m)) return;
    ingle_status status = m->hosted ? INGLE_OK : service_load_entry(s, m, &err);
    if (status != INGLE_OK) {
        ingle_error told;
        service_tell_trouble(m, &err);
        service_hide(m, status, &told);
        refuse_jobs(s, m, &told);
    }
    if (!m->is_ready) return;
    for (struct job *j; (j = service_pick(s, m));) {
        status = run_job(j, &err);
        bool is_busy = worker_n_open(s->opt.host->worker(m->hosted)) > 0;
        if (status == INGLE_LIMIT && is_busy) return; /* it holds as much as it can */
        if (status != INGLE_OK) end_job(j, status, &err);
    }
}

static void end_abandoned(struct service *s) {
    for (struct job *j = s->jobs, *next; j; j = next) {
        next = j->next;
        if (j->is_abandoned && j->state == JOB_WAITS) end_job(j, INGLE_CANCELLED, NULL);
    }
}

void service_dispatch(evutil_socket_t fd, short what, void *service) {
    struct service *s = service;
    (void)fd;
    (void)what;
    end_abandoned(s);
    for (size_t i = 0; i < s->opt.n_models; i++) dispatch_model(s, &s->models[i]);
}

void service_stir(struct service *s) {
    event_active(s->dispatch, 0, 0);
}

/* ---- asking ---- */

/* Those that make a model work; the others a worker answers beside them. */
static bool takes_slot(enum msg_type type) {
    switch (type) {
    case MSG_GENERATE:
    case MSG_CHAT:
    case MSG_FILL:
    case MSG_SUMMARIZE:
    case MSG_REWRITE:
    case MSG_DRAFT:
    case MSG_COMPLETE:
    case MSG_DIGEST:
    case MSG_LOGITS:
    case MSG_EMBED:
        return true;
    default:
        return false;
    }
}

static ingle_status fill(struct job *job, const struct service_ask *ask, ingle_error *err) {
    buf_init_secret(&job->body, MAX_WRITTEN);
    job->result = mem_calloc(1, ask->result_size ? ask->result_size : 1);
    if (!job->result) return status_no_memory(err, "a request", ask->result_size);
    ingle_status status = wire_write(&job->body, ask->visit, ask->request, err);
    if (status == INGLE_LIMIT) { /* see blame() */
        status = INGLE_BAD_ARGUMENT;
        if (err) err->code = status;
    }
    return status;
}

ingle_status service_ask(struct job **out, struct service *s, const struct service_ask *ask,
                         ingle_error *err) {
    *out = NULL;
    if (s->ended.code != INGLE_OK) {
        if (err) *err = s->ended;
        return s->ended.code;
    }
    struct model_entry *m = model_find(s, ask->model);
    if (!m) return service_no_model(ask->model, err);
    if (s->load.n_waiting >= s->opt.max_waiting) {
        s->load.n_refused++;
        return status_set(err, INGLE_LIMIT, 0,
                          "%zu requests wait already; ask again in a few seconds.",
                          s->load.n_waiting);
    }
    struct job *job = mem_calloc(1, sizeof *job);
    if (!job) return status_no_memory(err, "a request", sizeof *job);
    *job = (struct job){.service = s, .model = m, .ask = *ask};
    job->takes_slot = takes_slot(ask->type);
    *s->jobs_end = job;
    s->jobs_end = &job->next;
    ingle_status status = fill(job, ask, err);
    if (status != INGLE_OK) {
        free_job(job);
        return status;
    }
    s->load.n_waiting++;
    s->load.n_requests++;
    service_stir(s);
    *out = job;
    return INGLE_OK;
}

void job_abandon(struct job *job) {
    job->is_abandoned = true;
    if (job->state == JOB_RUNS) {
        worker_end(job->service->opt.host->worker(job->model->hosted), job->id);
    } else {
        service_stir(job->service);
    }
}

void service_end_jobs(struct service *s, const ingle_error *why) {
    s->ended = *why;
    for (struct job *j = s->jobs; j;
         j = j->next) { /* they stay in the list until they are put away */
        if (j->is_abandoned) continue;
        job_abandon(j);
        memset(j->result, 0, j->ask.result_size);
        j->ask.on_done(why->code, why, j->result, j->ask.user);
    }
}

struct service_load service_load_now(const struct service *s) {
    struct service_load load = s->load;
    double each = s->job_s > 0 ? s->job_s : GUESSED_JOB_S;
    load.n_slots = (size_t)s->opt.n_slots;
    load.retry_after_s = 1 + each * (double)load.n_waiting / (double)s->opt.n_slots;
    if (load.retry_after_s > MAX_RETRY_AFTER_S) load.retry_after_s = MAX_RETRY_AFTER_S;
    return load;
}

bool service_is_idle(const struct service *s) {
    return !s->jobs;
}
