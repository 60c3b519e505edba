/* What the models' files say of themselves. The model's own worker is asked if it has one; else one
 * that reads no weights is started for this alone, and ended. What was answered is kept for as long
 * as the file stays the same. */
#include <string.h>

#include "base/alloc.h"
#include "daemon/service/service_internal.h"

#define MAX_WRITTEN ((size_t)64 << 20)

struct wish {
    struct wish *next;
    service_described_fn on_described;
    void *user;
};

struct describing {
    struct model_entry *model;
    struct wish *wishes;
    struct wish **wishes_end;
    struct job *job;       /* of the model's own worker; NULL */
    struct hosted *hosted; /* the one for this; NULL */
    struct event *readable, *look;
    struct msg_described answer;
    char digest[65]; /* of the file when it was asked about */
    bool has_ended;  /* and how: */
    ingle_status status;
    ingle_error err;
};

/* ---- what is known ---- */

static void free_description(struct description *k) {
    if (!k) return;
    buf_clear(&k->body);
    arena_clear(&k->arena);
    mem_free(k);
}

const struct msg_described *model_description(const struct model_entry *m) {
    const struct description *k = m->description;
    if (k && memcmp(k->digest, m->view.digest, sizeof k->digest) == 0) return &k->what;
    return NULL;
}

/* A copy, by the way that messages take. */
static ingle_status keep(const struct describing *d, const struct msg_described *what,
                         ingle_error *err) {
    struct model_entry *m = d->model;
    struct description *k = mem_calloc(1, sizeof *k);
    if (!k) return status_no_memory(err, "a description", sizeof *k);
    buf_init(&k->body, MAX_WRITTEN);
    arena_init(&k->arena, MAX_WRITTEN * 2);
    memcpy(k->digest, d->digest, sizeof k->digest);
    ingle_status status = wire_write(&k->body, msg_described, what, err);
    if (status == INGLE_OK) {
        status = wire_read(&k->what, sizeof k->what, msg_described, k->body.data, k->body.size,
                           &k->arena, err);
    }
    if (status != INGLE_OK) {
        free_description(k);
        return status;
    }
    free_description(m->description);
    m->description = k;
    return INGLE_OK;
}

/* ---- the end ---- */

static struct wish *put_away(struct describing *d) {
    struct wish *wishes = d->wishes;
    if (d->job) job_abandon(d->job);
    if (d->readable) event_free(d->readable);
    if (d->look) event_free(d->look);
    d->model->service->opt.host->stop(d->hosted);
    d->model->describing = NULL;
    mem_free(d);
    return wishes;
}

/* Tells all who wished for it; some of them wish again. */
static void settle(struct describing *d) {
    struct model_entry *m = d->model;
    ingle_status status = d->status;
    ingle_error err = d->err;
    struct wish *next, *wishes = put_away(d);
    const struct msg_described *what = status == INGLE_OK ? model_description(m) : NULL;
    if (status == INGLE_OK && !what) { /* the file was replaced meanwhile */
        status = status_set(&err, INGLE_FAILED, 0, "The model's file has just changed.");
    }
    for (; wishes; wishes = next) {
        next = wishes->next;
        wishes->on_described(status, status == INGLE_OK ? NULL : &err, what, wishes->user);
        mem_free(wishes);
    }
}

static void end(struct describing *d, ingle_status status, const ingle_error *err,
                const struct msg_described *what) {
    d->has_ended = true;
    d->status = status;
    if (status == INGLE_OK) {
        d->status = keep(d, what, &d->err);
    } else {
        d->err = *err;
    }
}

/* ---- the model's own worker ---- */

static void on_job_done(ingle_status status, const ingle_error *err, const void *result,
                        void *describing) {
    struct describing *d = describing;
    d->job = NULL;
    end(d, status, err, result);
    settle(d);
}

static ingle_status ask_own(struct describing *d, ingle_error *err) {
    struct service_ask ask = {.model = d->model->id,
                              .type = MSG_DESCRIBE,
                              .visit = msg_empty,
                              .request = "",
                              .visit_result = msg_described,
                              .result_size = sizeof(struct msg_described),
                              .on_done = on_job_done,
                              .user = d};
    return service_ask(&d->job, d->model->service, &ask, err);
}

/* ---- one for this alone ---- */

/* What went wrong with it, as it may be told. */
static void fail(struct describing *d, ingle_status status, const ingle_error *err) {
    ingle_error told = {0};
    if (status != INGLE_CANCELLED) service_tell_trouble(d->model, err); /* by put_away() */
    service_hide(d->model, status, &told);
    end(d, told.code, &told, NULL);
}

static void on_answered(ingle_status status, const ingle_error *err, void *describing) {
    struct describing *d = describing;
    if (status == INGLE_OK) {
        end(d, status, NULL, &d->answer);
    } else {
        fail(d, status, err);
    }
}

static void on_started(ingle_status status, const ingle_error *err, void *describing) {
    struct describing *d = describing;
    struct worker_ask ask = {.type = MSG_DESCRIBE,
                             .visit = msg_empty,
                             .request = "",
                             .visit_result = msg_described,
                             .result = &d->answer,
                             .result_size = sizeof d->answer,
                             .on_done = on_answered,
                             .user = d};
    ingle_error why = {0};
    uint32_t id;
    if (status == INGLE_OK) {
        struct worker *w = d->model->service->opt.host->worker(d->hosted);
        status = worker_begin(w, &ask, &id, &why);
        err = &why;
    }
    if (status != INGLE_OK) fail(d, status, err);
}

static void on_turn(evutil_socket_t fd, short what, void *describing) {
    struct describing *d = describing;
    struct worker *w = d->model->service->opt.host->worker(d->hosted);
    struct timeval soon = {.tv_usec = 250000};
    (void)fd;
    (void)what;
    worker_turn(w);
    if (d->has_ended) {
        settle(d);
    } else if (worker_is_dead(w)) {
        static const ingle_error died = {.code = INGLE_FAILED, .msg = "Its worker ended."};
        fail(d, INGLE_FAILED, &died);
        settle(d);
    } else {
        event_add(d->look, &soon);
    }
}

static ingle_status ask_another(struct describing *d, ingle_error *err) {
    struct service *s = d->model->service;
    struct msg_start start = {.vocab_only = true};
    struct timeval soon = {.tv_usec = 250000};
    INGLE_TRY(s->opt.host->start(&d->hosted, d->model->path, &start, on_started, d, err));
    int fd = worker_socket(s->opt.host->worker(d->hosted));
    d->readable = event_new(s->opt.base, fd, EV_READ | EV_PERSIST, on_turn, d);
    d->look = event_new(s->opt.base, -1, 0, on_turn, d);
    if (d->readable && d->look && event_add(d->readable, NULL) == 0 &&
        event_add(d->look, &soon) == 0) {
        return INGLE_OK;
    }
    return status_no_memory(err, "the watch over a worker", 0);
}

/* ---- asking ---- */

static ingle_status begin(struct model_entry *m, ingle_error *err) {
    if (m->describing) return INGLE_OK;
    struct describing *d = mem_calloc(1, sizeof *d);
    if (!d) return status_no_memory(err, "a question", sizeof *d);
    d->model = m;
    d->wishes_end = &d->wishes;
    memcpy(d->digest, m->view.digest, sizeof d->digest);
    m->describing = d;
    ingle_error why = {0};
    ingle_status status = m->hosted ? ask_own(d, &why) : ask_another(d, &why);
    if (status == INGLE_OK) return status;
    if (status != INGLE_LIMIT) { /* of the queue, which says so itself */
        service_tell_trouble(m, &why);
        service_hide(m, status, &why);
    }
    (void)put_away(d); /* nobody wished yet */
    if (err) *err = why;
    return why.code;
}

ingle_status service_describe(struct service *s, const char *name,
                              service_described_fn on_described, void *user, ingle_error *err) {
    struct model_entry *m = model_find(s, name);
    if (!m) return service_no_model(name, err);
    if (!m->hosted) model_look_at_file(m); /* else it is of the file that is open */
    const struct msg_described *what = model_description(m);
    if (what) {
        on_described(INGLE_OK, NULL, what, user);
        return INGLE_OK;
    }
    struct wish *w = mem_calloc(1, sizeof *w);
    if (!w) return status_no_memory(err, "a question", sizeof *w);
    *w = (struct wish){.on_described = on_described, .user = user};
    ingle_status status = begin(m, err);
    if (status != INGLE_OK) {
        mem_free(w);
        return status;
    }
    *m->describing->wishes_end = w;
    m->describing->wishes_end = &w->next;
    return INGLE_OK;
}

void model_forget_description(struct model_entry *m) {
    if (m->describing) {
        for (struct wish *next, *w = put_away(m->describing); w; w = next) {
            next = w->next;
            mem_free(w);
        }
    }
    free_description(m->description);
    m->description = NULL;
}
