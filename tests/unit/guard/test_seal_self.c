/* guard/seal: a program that seals itself, which is what a worker is: no child of a test, so that
 * it runs under the thread sanitizer, too, which gives every child a second thread. */
#include <string.h>
#include <unistd.h>

#include "base/pool.h"
#include "guard/seal/seal.h"

#define N_THREADS 16

static void add_up(const struct pool_worker *w, void *arg) {
    double *sums = arg;
    for (int i = 0; i < 100000; i++) sums[w->index] += 1.0 / (1.0 + i + w->index);
    pool_barrier(w);
}

static ingle_status work(ingle_error *err) {
    int keep[] = {STDOUT_FILENO, STDERR_FILENO};
    struct seal_plan plan = {.keep = keep, .n_keep = 2, .is_own_master = true};
    struct seal_report report;
    struct pool *pool;
    double sums[N_THREADS] = {0};
    INGLE_TRY(seal_prepare(&report, &plan, err));
    INGLE_TRY(seal_finish(&report, err));
    INGLE_TRY(pool_new(&pool, N_THREADS, err));
    for (int i = 0; i < 20; i++) pool_run(pool, add_up, sums);
    pool_free(pool);
    for (int i = 0; i < N_THREADS; i++) {
        if (!(sums[i] > 1)) return status_set(err, INGLE_FAILED, 0, "Thread %d did nothing.", i);
    }
    return report.is_sealed ? INGLE_OK : status_set(err, INGLE_FAILED, 0, "Not sealed.");
}

int main(void) {
    ingle_error err = {0};
    if (work(&err) == INGLE_OK) _exit(0);
    (void)!write(STDERR_FILENO, err.msg, strlen(err.msg));
    _exit(1);
}
