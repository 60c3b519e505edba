#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/pool.h"
#include "engine/api/api.h"
#include "engine/run/tune_file.h"

_Static_assert(INGLE_TUNE_MAX == CPU_MAX_CANDIDATES, "all candidates fit");

#define BUSY "The machine was too busy to measure."
#define RETRY_SECONDS 600 /* after that */

/* A request and what is known of its machine. */
struct tuning {
    const char *folder; /* NULL = nothing is kept */
    struct cpu_topology topology;
    enum cpu_tier tier;
    char key[TUNE_KEY_CAP];
    int usual; /* threads, without tuning */
    struct tune_record record;
};

static void tuning_init(struct tuning *tu, const char *folder) {
    *tu = (struct tuning){.folder = folder, .tier = cpu_tier_detect()};
    cpu_topology_read(&tu->topology, "");
    tune_key(tu->key, &tu->topology, tu->tier);
    tu->usual = api_default_threads(&tu->topology);
    struct tune_result *result = &tu->record.result;
    int n = cpu_candidates(&tu->topology, result->counts);
    while (result->n < n && result->counts[result->n] <= POOL_MAX_THREADS) result->n++;
}

static void publish(ingle_tuning *out, const struct tuning *tu, const char *note) {
    const struct tune_record *r = &tu->record;
    *out = (ingle_tuning){.n_threads = tu->usual, .n = (size_t)r->result.n};
    memcpy(out->counts, r->result.counts, sizeof out->counts);
    snprintf(out->note, sizeof out->note, "%s", note);
    if (r->n_threads == 0) return;
    out->n_threads = r->n_threads;
    out->when = r->when;
    memcpy(out->speeds, r->result.speeds, sizeof out->speeds);
}

/* A result that was disturbed leaves n_threads 0. */
static ingle_status measure(struct tuning *tu, ingle_error *err) {
    struct tune_record *r = &tu->record;
    INGLE_TRY(tune_measure(&r->result, &tu->topology, tu->tier, err));
    r->n_threads = tune_is_complete(&r->result) ? tune_choose(&r->result, tu->usual) : 0;
    r->when = (int64_t)time(NULL);
    return INGLE_OK;
}

/* The file first: that the result cannot be kept should not be found out after the work. */
static ingle_status measure_and_keep(struct tuning *tu, ingle_error *err) {
    int fd = -1;
    if (tu->folder) INGLE_TRY(tune_file_open(&fd, tu->folder, err));
    ingle_status status = measure(tu, err);
    if (fd < 0) return status;
    if (status == INGLE_OK) return tune_file_append(fd, tu->folder, tu->key, &tu->record, err);
    close(fd);
    return status;
}

/* True if there is no reason to measure: there is a result, or was none to be had a moment ago.
 * note: why there is no result. */
static bool look(struct tuning *tu, ingle_error *note) {
    if (tune_file_find(&tu->record, tu->folder, tu->key, note) != INGLE_OK) return false;
    if (tu->record.n_threads > 0) return true;
    snprintf(note->msg, sizeof note->msg, "%s", BUSY);
    int64_t age = (int64_t)time(NULL) - tu->record.when;
    return age >= 0 && age < RETRY_SECONDS;
}

ingle_status ingle_cpu_tune(ingle_tuning *out, const char *cache_dir, ingle_tune_mode mode,
                            ingle_error *err) {
    INGLE_TRY(api_need(out, "out", err));
    struct tuning tu;
    tuning_init(&tu, cache_dir);
    publish(out, &tu, "There is only one number of threads to choose.");
    if ((unsigned)mode > INGLE_TUNE_ANEW) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "There is no tuning mode %d.", (int)mode);
    }
    if (tu.record.result.n == 1) return INGLE_OK;
    ingle_error why = {.msg = "There is no folder for results of tuning."};
    if (mode != INGLE_TUNE_ANEW) {
        bool enough = cache_dir && look(&tu, &why);
        publish(out, &tu, tu.record.n_threads ? "" : why.msg);
        if (enough || mode == INGLE_TUNE_LOOK) return INGLE_OK;
    }
    ingle_status status = measure_and_keep(&tu, &why);
    if (status != INGLE_OK && mode == INGLE_TUNE_ANEW) {
        tu.record.n_threads = 0;
        publish(out, &tu, why.msg);
        if (err) *err = why;
        return status;
    }
    bool busy = tu.record.n_threads == 0;
    publish(out, &tu, status != INGLE_OK ? why.msg : busy ? BUSY : "");
    return INGLE_OK;
}
