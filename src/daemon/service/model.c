/* A model of the service: loaded when it is first asked, unloaded when nobody has asked for a
 * while.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/part_name.h"
#include "daemon/service/service_internal.h"

#define DEFAULT_CTX 4096 /* ingle_session_options */

static double now_s(void) {
    return 1e-3 * clock_ms();
}

void model_touch(struct model_entry *m) {
    m->used_s = now_s();
}

/* ---- which file it is ---- */

/* Of a model in parts, those behind the first. */
static uint64_t size_of_parts(const char *first) {
    char path[PATH_MAX];
    struct stat st;
    uint64_t size = 0;
    int n = part_name_count(first);
    if (n < 2 || snprintf(path, sizeof path, "%s", first) >= (int)sizeof path) return 0;
    for (int i = 1; i < n; i++) {
        part_name_set(path, i);
        if (stat(path, &st) != 0) break; /* who opens it says so */
        size += (uint64_t)st.st_size;
    }
    return size;
}

void model_look_at_file(struct model_entry *m) {
    struct stat st;
    if (stat(m->path, &st) != 0) return;
    m->view.file_size = (uint64_t)st.st_size + size_of_parts(m->path);
    m->view.modified_s = st.st_mtim.tv_sec;
    uint64_t numbers[] = {(uint64_t)st.st_dev, (uint64_t)st.st_ino, (uint64_t)st.st_size,
                          (uint64_t)st.st_mtim.tv_sec, (uint64_t)st.st_mtim.tv_nsec};
    for (unsigned i = 0; i < 4; i++) {
        snprintf(m->view.digest + 16 * i, 17, "%016llx",
                 (unsigned long long)hash_bytes(i, numbers, sizeof numbers));
    }
}

static char *copy(const char *text) {
    size_t size = strlen(text) + 1;
    char *c = mem_alloc(size);
    if (c) memcpy(c, text, size);
    return c;
}

ingle_status model_init(struct model_entry *m, struct service *s,
                        const struct service_model_option *opt, ingle_error *err) {
    *m = (struct model_entry){.service = s, .keep_s = s->opt.keep_alive_s};
    m->id = copy(opt->id);
    m->path = copy(opt->path);
    if (!m->id || !m->path) return status_no_memory(err, "a model", strlen(opt->path));
    const char *slash = strrchr(m->path, '/');
    m->view.id = m->id;
    m->view.file_name = slash ? slash + 1 : m->path;
    model_look_at_file(m);
    return INGLE_OK;
}

void model_clear(struct model_entry *m) {
    model_unload(m);
    mem_free(m->id);
    mem_free(m->path);
}

/* ---- its worker ---- */

/* A worker that was asked something may never ring: it is looked at all the same. */
void model_look_soon(struct model_entry *m) {
    const struct timeval soon = {.tv_usec = 250000};
    if (!event_pending(m->look, EV_TIMEOUT, NULL)) event_add(m->look, &soon);
}

void service_tell_trouble(const struct model_entry *m, const ingle_error *err) {
    const struct service_options *opt = &m->service->opt;
    if (opt->on_trouble) opt->on_trouble(m->id, m->was_ready, err, opt->user);
}

/* It is not the client's fault, whatever it is. */
void service_hide(const struct model_entry *m, ingle_status status, ingle_error *told) {
    ingle_status code = status == INGLE_NO_MEMORY ? status : INGLE_FAILED;
    told->code = status_set(told, code, 0,
                            "The model '%.80s' could not be loaded; whoever started the service "
                            "was told why.",
                            m->id);
}

/* After every turn: what died is put away, what is busy is looked at again. */
static void after_turn(struct model_entry *m) {
    struct worker *w = m->service->opt.host->worker(m->hosted);
    static const ingle_error died = {
        .code = INGLE_FAILED,
        .msg = "Its worker ended; a new one starts when somebody asks for it."};
    if (worker_is_dead(w) || m->why.code != INGLE_OK) {
        if (m->is_ready) service_tell_trouble(m, &died);
        model_unload(m);
        service_stir(m->service);
    } else if (worker_is_busy(w)) {
        model_look_soon(m);
    }
}

static void on_turn(evutil_socket_t fd, short what, void *model) {
    struct model_entry *m = model;
    (void)fd;
    (void)what;
    worker_turn(m->service->opt.host->worker(m->hosted));
    after_turn(m);
}

static void on_started(ingle_status status, const ingle_error *err, void *model) {
    struct model_entry *m = model;
    if (status == INGLE_OK) {
        m->is_ready = m->was_ready = true;
    } else {
        service_hide(m, status, &m->why);
        if (status != INGLE_CANCELLED) service_tell_trouble(m, err); /* by model_unload() */
    }
    model_touch(m);
    service_stir(m->service);
}

static ingle_status watch(struct model_entry *m, ingle_error *err) {
    struct event_base *base = m->service->opt.base;
    int fd = worker_socket(m->service->opt.host->worker(m->hosted));
    struct timeval soon = {.tv_usec = 250000};
    m->readable = event_new(base, fd, EV_READ | EV_PERSIST, on_turn, m);
    m->look = event_new(base, -1, 0, on_turn, m);
    if (m->readable && m->look && event_add(m->readable, NULL) == 0 &&
        event_add(m->look, &soon) == 0) {
        return INGLE_OK;
    }
    return status_no_memory(err, "the watch over a worker", 0);
}

ingle_status model_load(struct model_entry *m, ingle_error *err) {
    struct service *s = m->service;
    struct msg_start start = {.has_session = true,
                              .has_prefix_cache = true,
                              .prefix_cache_bytes = s->opt.cache_memory,
                              .n_slots = s->opt.n_slots,
                              .packs = WORKER_ENCODER | WORKER_INTENTS | WORKER_TAGGER};
    m->why = (ingle_error){0};
    m->keep_s = s->opt.keep_alive_s; /* what was said of it ended with the last one */
    model_look_at_file(m);
    INGLE_TRY(s->opt.host->start(&m->hosted, m->path, &start, on_started, m, err));
    ingle_status status = watch(m, err);
    if (status != INGLE_OK) model_unload(m);
    return status;
}

void model_unload(struct model_entry *m) {
    if (m->readable) event_free(m->readable);
    if (m->look) event_free(m->look);
    m->readable = m->look = NULL;
    m->service->opt.host->stop(m->hosted);
    m->hosted = NULL;
    m->is_ready = false;
}

/* ---- looking it up ---- */

struct model_entry *model_find(struct service *s, const char *name) {
    static const char latest[] = ":latest";
    if (!name || !name[0]) return s->opt.n_models > 0 ? &s->models[0] : NULL;
    size_t n = strlen(name), n_tag = sizeof latest - 1;
    bool has_tag = n > n_tag && strcmp(name + n - n_tag, latest) == 0;
    for (size_t i = 0; i < s->opt.n_models; i++) {
        const char *id = s->models[i].id;
        if (strcmp(id, name) == 0) return &s->models[i];
        if (has_tag && strlen(id) == n - n_tag && memcmp(id, name, n - n_tag) == 0) {
            return &s->models[i];
        }
    }
    return NULL;
}

/* What ingle_session_options says of it, without a session. */
static int n_ctx_of(const struct model_entry *m) {
    const struct msg_described *what = model_description(m);
    int n = m->service->opt.n_ctx;
    if (n > 0 || !what) return n;
    return what->n_ctx_train > 0 && what->n_ctx_train < DEFAULT_CTX ? what->n_ctx_train
                                                                    : DEFAULT_CTX;
}

/* One that is at work may be kept longer than it was to be. */
static double expires_s(const struct model_entry *m) {
    if (m->keep_s < 0) return -1;
    double left = m->used_s + m->keep_s - now_s();
    return left > 0 ? left : 0;
}

static const struct service_model *view(struct model_entry *m) {
    struct service_model *v = &m->view;
    v->state = m->is_ready ? MODEL_READY : m->hosted ? MODEL_LOADING : MODEL_UNLOADED;
    v->started = m->is_ready ? worker_started(m->service->opt.host->worker(m->hosted)) : NULL;
    v->memory = m->is_ready ? worker_peak_memory(m->service->opt.host->worker(m->hosted)) : 0;
    v->what = model_description(m);
    v->n_ctx = v->started ? v->started->n_ctx : n_ctx_of(m);
    v->expires_s = expires_s(m);
    return v;
}

size_t service_n_models(const struct service *s) {
    return s->opt.n_models;
}

const struct service_model *service_model_at(struct service *s, size_t i) {
    return i < s->opt.n_models ? view(&s->models[i]) : NULL;
}

const struct service_model *service_find_model(struct service *s, const char *name) {
    struct model_entry *m = model_find(s, name);
    return m ? view(m) : NULL;
}

ingle_status service_no_model(const char *name, ingle_error *err) {
    return status_set(err, INGLE_NOT_FOUND, 0, "model '%.120s' not found", name ? name : "");
}

ingle_status service_load(struct service *s, const char *name, ingle_error *err) {
    struct model_entry *m = model_find(s, name);
    if (!m) return service_no_model(name, err);
    model_touch(m);
    return m->hosted ? INGLE_OK : service_load_entry(s, m, err);
}

ingle_status service_keep_alive(struct service *s, const char *name, double seconds,
                                ingle_error *err) {
    struct model_entry *m = model_find(s, name);
    if (!m) return service_no_model(name, err);
    m->keep_s = seconds;
    if (seconds == 0) event_active(s->sweep, 0, 0);
    service_stir(s);
    return INGLE_OK;
}
