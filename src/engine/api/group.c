#include "ingle/group.h"

#include "base/alloc.h"
#include "engine/api/api.h"

ingle_group_options ingle_group_options_default(void) {
    return (ingle_group_options){.size = sizeof(ingle_group_options)};
}

static ingle_status check_options(const ingle_group_options *opt, ingle_error *err) {
    if (opt->n_batch < 0 || opt->n_batch > SESSION_MAX_CTX) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The group option n_batch is %d; it must be from 0 to %d.", opt->n_batch,
                          SESSION_MAX_CTX);
    }
    if (opt->n_threads < 0 || opt->n_threads > POOL_MAX_THREADS) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The group option n_threads is %d; it must be from 0 to %d.",
                          opt->n_threads, POOL_MAX_THREADS);
    }
    return INGLE_OK;
}

ingle_status ingle_group_new(ingle_group **out, const ingle_model *model,
                             const ingle_group_options *opt, ingle_error *err) {
    static const size_t known[] = {sizeof(ingle_group_options)};
    INGLE_TRY(api_need(out, "out", err));
    *out = NULL;
    INGLE_TRY(api_need_weights(model, err));
    ingle_group_options full = ingle_group_options_default();
    INGLE_TRY(api_read_options(&full, opt, "ingle_group_options", known, BASE_COUNT(known), err));
    INGLE_TRY(check_options(&full, err));
    const struct cpu_topology *topology = cpu_topology();
    int n_threads = full.n_threads ? full.n_threads : api_default_threads(topology);
    int n_batch = full.n_batch ? full.n_batch : SESSION_DEFAULT_BATCH;
    struct ingle_group *g = mem_calloc(1, sizeof *g);
    if (!g) return status_no_memory(err, "the group", sizeof *g);
    ingle_status status = group_init(&g->core, model->model, n_batch, n_threads, err);
    if (status != INGLE_OK) {
        mem_free(g);
        return status;
    }
    api_keep_to_fast_cores(g->core.pool, topology);
    *out = g;
    return INGLE_OK;
}

void ingle_group_free(ingle_group *group) {
    if (!group) return;
    group_clear(&group->core);
    mem_free(group);
}

ingle_group_info ingle_group_get_info(ingle_group *group) {
    if (!group) return (ingle_group_info){0};
    pthread_mutex_lock(&group->core.lock);
    ingle_group_info info = {group->core.n_passes, group->core.n_parts};
    pthread_mutex_unlock(&group->core.lock);
    return info;
}

void ingle_session_set_urgency(ingle_session *session, ingle_session_urgency urgency) {
    if (!session) return;
    bool is_known = urgency == INGLE_URGENCY_INTERACTIVE || urgency == INGLE_URGENCY_TASK;
    session->core.urgency = is_known ? urgency : INGLE_URGENCY_BACKGROUND;
}
