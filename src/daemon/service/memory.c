/* Several models in a bounded memory: before one is loaded, others that nobody uses make room, the
 * one that was used longest ago first. While it waits for one that is in use, that gets no new work
 * from those who asked later: else a model that is always asked for would never make room. */
#include "daemon/service/service_internal.h"

/* Before it is loaded: its weights, once more in part while they are prepared, and what it will
 * remember of prompts. Afterwards its worker says what it took. */
static uint64_t estimate(const struct model_entry *m) {
    uint64_t guess = m->view.file_size + m->view.file_size / 4 + m->service->opt.cache_memory / 4;
    uint64_t known = m->is_ready ? worker_peak_memory(m->service->opt.host->worker(m->hosted)) : 0;
    return known > guess ? known : guess;
}

static uint64_t loaded(const struct service *s) {
    uint64_t sum = 0;
    for (size_t i = 0; i < s->opt.n_models; i++) {
        if (s->models[i].hosted) sum += estimate(&s->models[i]);
    }
    return sum;
}

static bool is_in_use(const struct service *s, const struct model_entry *m) {
    if (!m->is_ready || worker_n_open(s->opt.host->worker(m->hosted)) > 0) return true;
    for (const struct job *j = s->jobs; j; j = j->next) {
        if (j->model == m && !j->is_abandoned && !service_gives_way(s, j)) return true;
    }
    return false;
}

static struct model_entry *least_used(struct service *s) {
    struct model_entry *best = NULL;
    for (size_t i = 0; i < s->opt.n_models; i++) {
        struct model_entry *m = &s->models[i];
        if (!m->hosted || is_in_use(s, m)) continue;
        if (!best || m->used_s < best->used_s) best = m;
    }
    return best;
}

static bool any_loaded(const struct service *s) {
    for (size_t i = 0; i < s->opt.n_models; i++) {
        if (s->models[i].hosted) return true;
    }
    return false;
}

/* Unloads others until this one fits. *is_free = false: those that are in use must end first. */
static ingle_status make_room(struct service *s, const struct model_entry *wanted, bool *is_free,
                              ingle_error *err) {
    uint64_t needed = estimate(wanted), max = s->opt.max_memory;
    *is_free = true;
    if (max == 0) return INGLE_OK;
    while (loaded(s) + needed > max) {
        struct model_entry *m = least_used(s);
        if (m) {
            model_unload(m);
        } else if (any_loaded(s)) {
            *is_free = false; /* until one of these is done */
            return INGLE_OK;
        } else {
            return status_set(err, INGLE_NO_MEMORY, 0,
                              "'%.80s' takes about %llu MiB of memory and %llu may be used "
                              "(--memory).",
                              wanted->id, (unsigned long long)(needed >> 20),
                              (unsigned long long)(max >> 20));
        }
    }
    return INGLE_OK;
}

ingle_status service_load_entry(struct service *s, struct model_entry *m, ingle_error *err) {
    bool is_free;
    m->waits_for_room = true; /* while it is looked who is in the way */
    ingle_status status = make_room(s, m, &is_free, err);
    m->waits_for_room = status == INGLE_OK && !is_free;
    return status == INGLE_OK && is_free ? model_load(m, err) : status;
}
