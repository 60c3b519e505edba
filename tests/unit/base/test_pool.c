/* base/pool: every thread runs, barriers hold, chunks are claimed once. */
#include "base/compiler.h"
#include "base/pool.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "support/process.h"
#include "support/sanitized.h"

#define N_CHUNKS 100
#define N_PHASES 20
#define N_TRIES 10 /* of what takes some processor time at most */

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

static double cpu_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec * 1e-6;
}

static double lesser(double a, double b) {
    return a < b ? a : b;
}

/* Processor time, not time that passes: a busy machine changes little. Seven threads that went on
 * spinning would take far more than the tenth of one. A virtual machine may count as theirs what
 * others took from it: the least of some tries. */
static void a_team_at_rest_takes_no_processor_time(void **state) {
    (void)state;
    struct pool *pool = new_pool(7);
    struct shared s = {.n_threads = 7};
    double least = 1e9;
    for (int try = 0; try < N_TRIES && !(least < 20); try++) {
        pool_run(pool, count_call, &s);
        double start = cpu_ms();
        nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
        least = lesser(least, cpu_ms() - start);
    }
    assert_true(least < 20);
    pool_free(pool);
}

/* Confines the process to its first processor, or gives it back what it had. */
static void narrow(cpu_set_t *all, bool on) {
    cpu_set_t one;
    if (on) assert_int_equal(sched_getaffinity(0, sizeof *all, all), 0);
    CPU_ZERO(&one);
    for (size_t cpu = 0; CPU_COUNT(&one) == 0; cpu++) {
        if (CPU_ISSET(cpu, all)) CPU_SET(cpu, &one);
    }
    assert_int_equal(sched_setaffinity(0, sizeof *all, on ? &one : all), 0);
}

/* Spinning for 40 microseconds before each of the eight can run would take many times what the
 * whole run takes: 100 phases would burn 30 ms. */
static void more_threads_than_processors_do_not_spin_against_each_other(void **state) {
    (void)state;
    cpu_set_t all;
    narrow(&all, true);
    struct pool *pool = new_pool(8);
    static struct shared s;
    memset(&s, 0, sizeof s);
    for (int n = 0; n < 20; n++) pool_run(pool, claim_in_phases, &s); /* learn */
    const double most = 5 * N_PHASES * 7 * 0.04;
    double least = 1e9;
    for (int try = 0; try < N_TRIES && !(least < most); try++) {
        memset(&s, 0, sizeof s);
        double start = cpu_ms();
        for (int n = 0; n < 5; n++) pool_run(pool, claim_in_phases, &s);
        least = lesser(least, cpu_ms() - start);
        for (int c = 0; c < N_CHUNKS; c++) assert_int_equal(s.claims[N_PHASES - 1][c], 5);
        assert_int_equal(s.n_wrong, 0);
    }
    pool_free(pool);
    narrow(&all, false);
    if (!SANITIZED) assert_true(least < most);
}

static void a_team_can_be_freed_in_its_sleep_and_before(void **state) {
    (void)state;
    for (int i = 0; i < 40; i++) {
        struct pool *pool = new_pool(7);
        struct shared s = {.n_threads = 7};
        pool_run(pool, count_call, &s);
        nanosleep(&(struct timespec){.tv_nsec = i * 50000}, NULL);
        pool_free(pool);
        if (!SANITIZED) assert_int_equal(process_n_threads(1), 1); /* those have their own */
    }
}

static void *run_own_team(void *arg) {
    struct shared *s = arg;
    struct pool *pool;
    if (pool_new(&pool, 3, NULL) != INGLE_OK) return NULL;
    for (int n = 0; n < 5; n++) pool_run(pool, claim_in_phases, s);
    pool_free(pool);
    return NULL;
}

static void many_teams_work_side_by_side(void **state) {
    (void)state;
    enum { N_TEAMS = 6 };
    static struct shared s[N_TEAMS];
    pthread_t callers[N_TEAMS];
    memset(s, 0, sizeof s);
    for (int i = 0; i < N_TEAMS; i++) {
        assert_int_equal(pthread_create(&callers[i], NULL, run_own_team, &s[i]), 0);
    }
    for (int i = 0; i < N_TEAMS; i++) pthread_join(callers[i], NULL);
    for (int i = 0; i < N_TEAMS; i++) {
        for (int c = 0; c < N_CHUNKS; c++) assert_int_equal(s[i].claims[N_PHASES - 1][c], 5);
    }
}

/* Threads that run a team in turns. */
struct taker {
    struct pool *pool;
    pthread_mutex_t *lock;
    struct shared *s;
    pthread_t thread;
};

static void *take_turns(void *arg) {
    struct taker *t = arg;
    for (int n = 0; n < 10; n++) {
        pthread_mutex_lock(t->lock);
        pool_run(t->pool, claim_in_phases, t->s);
        pthread_mutex_unlock(t->lock);
    }
    return NULL;
}

static void different_threads_may_run_a_team_one_after_another(void **state) {
    (void)state;
    enum { N_TAKERS = 5 };
    static struct shared s;
    struct taker takers[N_TAKERS];
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct pool *pool = new_pool(3);
    memset(&s, 0, sizeof s);
    for (int i = 0; i < N_TAKERS; i++) {
        takers[i] = (struct taker){.pool = pool, .lock = &lock, .s = &s};
        assert_int_equal(pthread_create(&takers[i].thread, NULL, take_turns, &takers[i]), 0);
    }
    for (int i = 0; i < N_TAKERS; i++) pthread_join(takers[i].thread, NULL);
    for (int c = 0; c < N_CHUNKS; c++) {
        assert_int_equal(s.claims[N_PHASES - 1][c], N_TAKERS * 10);
    }
    assert_int_equal(s.n_wrong, 0);
    pool_free(pool);
}

struct places {
    cpu_set_t allowed[8];
};

static void note_place(const struct pool_worker *w, void *arg) {
    struct places *p = arg;
    (void)sched_getaffinity(0, sizeof p->allowed[0], &p->allowed[w->index]);
}

static void a_team_is_confined_and_its_caller_is_not(void **state) {
    (void)state;
    cpu_set_t all;
    assert_int_equal(sched_getaffinity(0, sizeof all, &all), 0);
    int cpus[CPU_SETSIZE], n = 0;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET((size_t)cpu, &all)) cpus[n++] = cpu;
    }
    struct pool *pool = new_pool(3);
    assert_true(pool_confine(pool, &cpus[n - 1], 1));
    struct places p;
    pool_run(pool, note_place, &p);
    assert_true(CPU_EQUAL(&p.allowed[0], &all));
    for (int i = 1; i < 3; i++) {
        assert_int_equal(CPU_COUNT(&p.allowed[i]), 1);
        assert_true(CPU_ISSET((size_t)cpus[n - 1], &p.allowed[i]));
    }
    /* Nowhere is no place: refused, and nothing changes. */
    assert_false(pool_confine(pool, cpus, 0));
    pool_run(pool, note_place, &p);
    assert_int_equal(CPU_COUNT(&p.allowed[2]), 1);
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
    assert_int_equal(n_failed, 2);
}

struct parts {
    int n;
    atomic_int *owners; /* [n] times each item was claimed */
    atomic_int n_parts, largest;
};

static void claim_parts(const struct pool_worker *w, void *arg) {
    struct parts *p = arg;
    int from, to;
    while (pool_claim_part(w, p->n, &from, &to)) {
        for (int i = from; i < to; i++) atomic_fetch_add(&p->owners[i], 1);
        atomic_fetch_add(&p->n_parts, 1);
        int largest = atomic_load(&p->largest);
        while (to - from > largest &&
               !atomic_compare_exchange_weak(&p->largest, &largest, to - from))
            continue;
    }
}

static void parts_cover_every_item_once_and_are_few_and_end_small(void **state) {
    (void)state;
    static const int counts[] = {0, 1, 2, 3, 7, 48, 100, 1000, 4097};
    static atomic_int owners[4097];
    for (int n_threads = 1; n_threads <= 7; n_threads += 3) {
        struct pool *pool = new_pool(n_threads);
        for (size_t k = 0; k < BASE_COUNT(counts); k++) {
            struct parts p = {.n = counts[k], .owners = owners};
            for (int i = 0; i < p.n; i++) atomic_store(&owners[i], 0);
            pool_run(pool, claim_parts, &p);
            for (int i = 0; i < p.n; i++) assert_int_equal(atomic_load(&owners[i]), 1);
            assert_in_range(atomic_load(&p.largest), 0, p.n * 3 / (4 * n_threads) + 1);
            assert_in_range(atomic_load(&p.n_parts), p.n > 0, n_threads * 10);
        }
        pool_free(pool);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_run_calls_every_thread_once),
        cmocka_unit_test(chunks_are_claimed_once_and_visible_after_the_barrier),
        cmocka_unit_test(every_run_counts_chunks_from_0),
        cmocka_unit_test(sleepers_at_a_barrier_and_between_runs_wake_up),
        cmocka_unit_test(a_team_at_rest_takes_no_processor_time),
        cmocka_unit_test(more_threads_than_processors_do_not_spin_against_each_other),
        cmocka_unit_test(a_team_can_be_freed_in_its_sleep_and_before),
        cmocka_unit_test(many_teams_work_side_by_side),
        cmocka_unit_test(different_threads_may_run_a_team_one_after_another),
        cmocka_unit_test(a_team_is_confined_and_its_caller_is_not),
        cmocka_unit_test(a_team_out_of_range_is_refused),
        cmocka_unit_test(a_team_that_never_ran_can_be_freed),
        cmocka_unit_test(every_failed_allocation_is_reported_and_cleaned_up),
        cmocka_unit_test(parts_cover_every_item_once_and_are_few_and_end_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
