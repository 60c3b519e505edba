/* base/pool: every thread runs, barriers hold, chunks are claimed once. */
#include "base/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/alloc.h"

#define N_CHUNKS 100
#define N_PHASES 20

static const int team_sizes[] = {1, 2, 7};

static struct pool *new_pool(int n_threads) {
    struct pool *pool;
    assert_int_equal(pool_new(&pool, n_threads, NULL), INGLE_OK);
    assert_int_equal(pool_n_threads(pool), n_threads);
    return pool;
}

struct shared {
    atomic_int n_calls[POOL_MAX_THREADS];
    atomic_int claims[N_PHASES][N_CHUNKS];
    int done[N_PHASES][N_CHUNKS]; /* written by who claimed, read by all after the barrier */
    atomic_int n_wrong;
    int n_threads;
};

static void count_call(const struct pool_worker *w, void *arg) {
    struct shared *s = arg;
    if (w->n_threads != s->n_threads || w->index < 0 || w->index >= s->n_threads) s->n_wrong++;
    s->n_calls[w->index]++;
}

static void each_run_calls_every_thread_once(void **state) {
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(team_sizes); i++) {
        struct pool *pool = new_pool(team_sizes[i]);
        struct shared s = {.n_threads = team_sizes[i]};
        for (int n = 1; n <= 50; n++) {
            pool_run(pool, count_call, &s);
            for (int k = 0; k < s.n_threads; k++) assert_int_equal(s.n_calls[k], n);
        }
        assert_int_equal(s.n_wrong, 0);
        pool_free(pool);
    }
}

static void claim_in_phases(const struct pool_worker *w, void *arg) {
    struct shared *s = arg;
    for (int phase = 0; phase < N_PHASES; phase++) {
        for (int c = pool_claim(w); c < N_CHUNKS; c = pool_claim(w)) {
            s->claims[phase][c]++;
            s->done[phase][c] = phase + c + 1;
        }
        pool_barrier(w);
        for (int c = 0; c < N_CHUNKS; c++) {
            if (s->done[phase][c] != phase + c + 1) s->n_wrong++;
        }
    }
}

static void chunks_are_claimed_once_and_visible_after_the_barrier(void **state) {
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(team_sizes); i++) {
        struct pool *pool = new_pool(team_sizes[i]);
        for (int n = 0; n < 5; n++) {
            static struct shared s;
            memset(&s, 0, sizeof s);
            pool_run(pool, claim_in_phases, &s);
            assert_int_equal(s.n_wrong, 0);
            for (int phase = 0; phase < N_PHASES; phase++) {
                for (int c = 0; c < N_CHUNKS; c++) assert_int_equal(s.claims[phase][c], 1);
            }
        }
        pool_free(pool);
    }
}

static void claim_twice(const struct pool_worker *w, void *arg) {
    atomic_int *claimed = arg;
    for (int i = 0; i < 2; i++) {
        int c = pool_claim(w);
        if (c >= 0 && c < 2 * w->n_threads) claimed[c]++;
    }
}

static void every_run_counts_chunks_from_0(void **state) {
    (void)state;
    struct pool *pool = new_pool(7);
    for (int n = 0; n < 10; n++) {
        atomic_int claimed[14] = {0};
        pool_run(pool, claim_twice, claimed);
        for (int c = 0; c < 14; c++) assert_int_equal(claimed[c], 1);
    }
    pool_free(pool);
}

/* One thread is late, so that the others fall asleep at the barrier. */
static void come_late(const struct pool_worker *w, void *arg) {
    atomic_int *sum = arg;
    if (w->index == w->n_threads - 1) {
        nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL);
    }
    *sum += 1;
    pool_barrier(w);
    if (*sum < w->n_threads) *sum += 1000;
}

static void sleepers_at_a_barrier_and_between_runs_wake_up(void **state) {
    (void)state;
    struct pool *pool = new_pool(7);
    for (int n = 0; n < 5; n++) {
        atomic_int sum = 0;
        pool_run(pool, come_late, &sum);
        assert_int_equal(sum, 7);
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    pool_free(pool);
}

static void a_team_out_of_range_is_refused(void **state) {
    (void)state;
    static const int sizes[] = {0, -1, POOL_MAX_THREADS + 1, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < BASE_COUNT(sizes); i++) {
        struct pool *pool = (struct pool *)state;
        ingle_error err = {0};
        assert_int_equal(pool_new(&pool, sizes[i], &err), INGLE_BAD_ARGUMENT);
        assert_null(pool);
        assert_non_null(strstr(err.msg, "1 to 256"));
    }
    pool_free(NULL);
}

static void a_team_that_never_ran_can_be_freed(void **state) {
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(team_sizes); i++) pool_free(new_pool(team_sizes[i]));
}

static void every_failed_allocation_is_reported_and_cleaned_up(void **state) {
    (void)state;
    int n_failed = 0;
    for (uint64_t n = 1;; n++) {
        struct pool *pool;
        ingle_error err = {0};
        mem_fail_at(n, 0);
        ingle_status status = pool_new(&pool, 3, &err);
        mem_fail_at(0, 0);
        if (status == INGLE_OK) {
            pool_free(pool);
            break;
        }
        assert_int_equal(status, INGLE_NO_MEMORY);
        assert_null(pool);
        assert_non_null(strstr(err.msg, "thread pool"));
        n_failed++;
    }
    assert_int_equal(n_failed, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_run_calls_every_thread_once),
        cmocka_unit_test(chunks_are_claimed_once_and_visible_after_the_barrier),
        cmocka_unit_test(every_run_counts_chunks_from_0),
        cmocka_unit_test(sleepers_at_a_barrier_and_between_runs_wake_up),
        cmocka_unit_test(a_team_out_of_range_is_refused),
        cmocka_unit_test(a_team_that_never_ran_can_be_freed),
        cmocka_unit_test(every_failed_allocation_is_reported_and_cleaned_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
