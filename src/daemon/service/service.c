#include "daemon/service/service.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "daemon/service/service_internal.h"

/* What nobody has used for as long as it is kept. */
static void sweep(evutil_socket_t fd, short what, void *service) {
    struct service *s = service;
    (void)fd;
    (void)what;
    for (size_t i = 0; i < s->opt.n_models; i++) {
        struct model_entry *m = &s->models[i];
        bool is_busy = !m->hosted || !m->is_ready || m->keep_s < 0 || service_has_waiting(s, m) ||
                       worker_n_open(s->opt.host->worker(m->hosted)) > 0;
        if (!is_busy && 1e-3 * clock_ms() - m->used_s >= m->keep_s) model_unload(m);
    }
}

static ingle_status start(struct service *s, const struct service_options *opt, ingle_error *err) {
    struct timeval second = {.tv_sec = 1};
    s->models = mem_calloc(opt->n_models + 1, sizeof *s->models);
    s->dispatch = event_new(opt->base, -1, EV_PERSIST, service_dispatch, s);
    s->sweep = event_new(opt->base, -1, EV_PERSIST, sweep, s);
    if (!s->models || !s->dispatch || !s->sweep || event_add(s->sweep, &second) != 0) {
        return status_no_memory(err, "the service", sizeof *s);
    }
    for (size_t i = 0; i < opt->n_models; i++) {
        s->opt.n_models = i + 1;
        INGLE_TRY(model_init(&s->models[i], s, &opt->models[i], err));
    }
    return INGLE_OK;
}

ingle_status service_new(struct service **out, const struct service_options *opt,
                         ingle_error *err) {
    *out = NULL;
    struct service *s = mem_calloc(1, sizeof *s);
    if (!s) return status_no_memory(err, "the service", sizeof *s);
    s->opt = *opt;
    s->opt.n_models = 0;
    s->opt.models = NULL; /* copied */
    s->jobs_end = &s->jobs;
    ingle_status status = start(s, opt, err);
    if (status == INGLE_OK) {
        *out = s;
    } else {
        service_free(s);
    }
    return status;
}

void service_free(struct service *s) {
    if (!s) return;
    for (size_t i = 0; i < s->opt.n_models; i++) model_forget_description(&s->models[i]);
    for (struct job *j = s->jobs; j; j = j->next) job_abandon(j);
    if (s->dispatch) service_dispatch(-1, 0, s); /* those that wait are gone */
    for (size_t i = 0; i < s->opt.n_models; i++) model_clear(&s->models[i]);
    if (s->dispatch) event_free(s->dispatch);
    if (s->sweep) event_free(s->sweep);
    mem_free(s->models);
    mem_free(s);
}
