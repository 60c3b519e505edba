#include "engine/api/api.h"

#include <string.h>

#include "base/pool.h"

#define TEXT_OF(x) #x
#define VERSION_TEXT(major, minor, patch) TEXT_OF(major) "." TEXT_OF(minor) "." TEXT_OF(patch)

const char *ingle_version(void) {
    return VERSION_TEXT(INGLE_VERSION_MAJOR, INGLE_VERSION_MINOR, INGLE_VERSION_PATCH);
}

ingle_status api_read_options(void *dst, const void *src, const char *name, const size_t *known,
                              size_t n_known, ingle_error *err) {
    if (!src) return INGLE_OK;
    size_t size;
    memcpy(&size, src, sizeof size);
    for (size_t i = 0; i < n_known; i++) {
        if (size != known[i]) continue;
        memcpy(dst, src, size);
        return INGLE_OK;
    }
    return status_set(err, INGLE_BAD_ARGUMENT, 0,
                      "The size field of %s is %zu; this library knows %zu. Start from "
                      "%s_default().",
                      name, size, known[n_known - 1], name);
}

ingle_status api_need(const void *argument, const char *name, ingle_error *err) {
    if (argument) return INGLE_OK;
    return status_set(err, INGLE_BAD_ARGUMENT, 0, "The argument %s is NULL.", name);
}

ingle_status api_need_weights(const struct ingle_model *m, ingle_error *err) {
    INGLE_TRY(api_need(m, "model", err));
    if (m->model) return INGLE_OK;
    return status_set(err, INGLE_BAD_ARGUMENT, 0,
                      "The model was opened for its vocabulary only; it cannot run.");
}

ingle_status api_read_files(ingle_model_files *full, const ingle_model_files *files,
                            ingle_error *err) {
    static const size_t known[] = {sizeof(ingle_model_files)};
    INGLE_TRY(api_need(files, "files", err));
    *full = ingle_model_files_default();
    INGLE_TRY(api_read_options(full, files, "ingle_model_files", known, BASE_COUNT(known), err));
    INGLE_TRY(api_need(full->name, "files->name", err));
    bool is_good = full->fds && full->n_fds > 0;
    for (size_t i = 0; is_good && i < full->n_fds; i++) is_good = full->fds[i] >= 0;
    if (is_good) return INGLE_OK;
    return status_set(err, INGLE_BAD_ARGUMENT, 0, "'%s' has no open file.", full->name);
}

int api_n_vocab(const struct ingle_model *m) {
    return m->model ? m->model->hp.n_vocab : tokenizer_n_vocab(m->tokenizer);
}

int api_default_threads(const struct cpu_topology *t) {
    int n = cpu_default_threads(t);
    return n < POOL_MAX_THREADS ? n : POOL_MAX_THREADS;
}

void api_keep_to_fast_cores(struct pool *pool, const struct cpu_topology *t) {
    int cpus[CPU_MAX_SLOTS];
    int n = cpu_place(t, pool_n_threads(pool), cpus);
    if (n > 0) (void)pool_confine(pool, cpus, n);
}
