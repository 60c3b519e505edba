/* base/gate: who waits is let through, awake or asleep, and spins only where that helps. */
#include "base/gate.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"

#define LONG_NS 2000000000u /* a spin that never gives up before the gate opens */
#define N_WAITERS 4

static void wait_until_asleep(struct gate *g, unsigned n) {
    while (atomic_load(&g->n_sleepers) < n) nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
}

static void a_gate_that_is_open_already_is_passed_and_teaches_nothing(void **state) {
    (void)state;
    struct gate g = {0};
    struct gate_waiter w = {.skip = 3, .streak = 5};
    gate_open(&g);
    gate_wait(&g, 0, LONG_NS, &w);
    assert_int_equal(gate_value(&g), 1);
    assert_int_equal(w.skip, 3);
    assert_int_equal(w.streak, 5);
}

struct row {
    struct gate g;
    int written; /* before the gate opens, read after the wait */
    atomic_int n_seen;
    unsigned spin_ns;
};

static void *wait_and_read(void *arg) {
    struct row *row = arg;
    struct gate_waiter w = {0};
    gate_wait(&row->g, 0, row->spin_ns, &w);
    if (row->written == 7) row->n_seen++;
    return NULL;
}

static void wait_in_threads(unsigned spin_ns) {
    struct row row = {.spin_ns = spin_ns};
    pthread_t threads[N_WAITERS];
    for (int i = 0; i < N_WAITERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, wait_and_read, &row), 0);
    }
    if (spin_ns == 0) wait_until_asleep(&row.g, N_WAITERS);
    row.written = 7;
    gate_open(&row.g);
    for (int i = 0; i < N_WAITERS; i++) pthread_join(threads[i], NULL);
    assert_int_equal(row.n_seen, N_WAITERS);
    assert_int_equal(row.g.n_sleepers, 0);
}

static void all_sleepers_wake_and_see_what_was_written(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) wait_in_threads(0);
}

static void all_who_spin_see_what_was_written(void **state) {
    (void)state;
    for (int i = 0; i < 20; i++) wait_in_threads(LONG_NS);
}

/* Opens the gate once somebody sleeps at it. */
static void *open_for_a_sleeper(void *arg) {
    struct gate *g = arg;
    wait_until_asleep(g, 1);
    gate_open(g);
    return NULL;
}

static void wait_for_long(struct gate *g, struct gate_waiter *w) {
    pthread_t opener;
    assert_int_equal(pthread_create(&opener, NULL, open_for_a_sleeper, g), 0);
    gate_wait(g, gate_value(g), 1000, w);
    pthread_join(opener, NULL);
}

static void spins_in_vain_grow_rare(void **state) {
    (void)state;
    struct gate g = {0};
    struct gate_waiter w = {0};
    static const int streaks[] = {1, 3, 7, 15};
    for (int i = 0; i < 4; i++) {
        wait_for_long(&g, &w); /* spins, in vain */
        assert_int_equal(w.streak, streaks[i]);
        for (int left = streaks[i]; left > 0; left--) {
            assert_int_equal(w.skip, left);
            wait_for_long(&g, &w); /* does not */
            assert_int_equal(w.streak, streaks[i]);
        }
        assert_int_equal(w.skip, 0);
    }
    w.streak = 255;
    wait_for_long(&g, &w);
    assert_int_equal(w.streak, 255);
    assert_int_equal(w.skip, 255);
}

static void *open_after_a_moment(void *arg) {
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    gate_open(arg);
    return NULL;
}

static void a_spin_that_pays_halves_the_streak(void **state) {
    (void)state;
    struct gate g = {0};
    struct gate_waiter w = {.streak = 15};
    for (int expected = 7; expected > 0; expected /= 2) {
        unsigned seen = gate_value(&g);
        pthread_t opener;
        assert_int_equal(pthread_create(&opener, NULL, open_after_a_moment, &g), 0);
        gate_wait(&g, seen, LONG_NS, &w);
        pthread_join(opener, NULL);
        /* Where the opener came before the spin, there was nothing to learn. */
        if (w.streak == 2 * expected + 1) w.streak /= 2;
        assert_int_equal(w.streak, expected);
        assert_int_equal(w.skip, 0);
    }
}

static void the_value_may_wrap(void **state) {
    (void)state;
    struct gate g = {.value = UINT32_MAX};
    struct gate_waiter w = {.skip = 255};
    wait_for_long(&g, &w);
    assert_int_equal(gate_value(&g), 0);
}

struct timed {
    struct gate g;
    uint64_t until;
    atomic_bool was_opened;
};

static void *wait_until_then(void *arg) {
    struct timed *t = arg;
    struct gate_waiter w = {0};
    t->was_opened = gate_wait_until(&t->g, 0, 1000, t->until, &w);
    return NULL;
}

static void a_wait_may_have_an_end(void **state) {
    (void)state;
    struct gate g = {0};
    struct gate_waiter w = {0};
    uint64_t until = clock_ns() + 3000000;
    assert_false(gate_wait_until(&g, 0, 1000, until, &w));
    assert_true(clock_ns() >= until);
    assert_false(gate_wait_until(&g, 0, 1000, 0, &w)); /* past already */
    assert_int_equal(g.n_sleepers, 0);
    struct timed t = {.until = UINT64_MAX};
    pthread_t waiter;
    assert_int_equal(pthread_create(&waiter, NULL, wait_until_then, &t), 0);
    wait_until_asleep(&t.g, 1);
    gate_open(&t.g);
    pthread_join(waiter, NULL);
    assert_true(t.was_opened);
    assert_true(gate_wait_until(&t.g, 0, 1000, 0, &w)); /* open already */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gate_that_is_open_already_is_passed_and_teaches_nothing),
        cmocka_unit_test(all_sleepers_wake_and_see_what_was_written),
        cmocka_unit_test(all_who_spin_see_what_was_written),
        cmocka_unit_test(spins_in_vain_grow_rare),
        cmocka_unit_test(a_spin_that_pays_halves_the_streak),
        cmocka_unit_test(the_value_may_wrap),
        cmocka_unit_test(a_wait_may_have_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
