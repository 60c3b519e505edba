#include "base/gate.h"

#include <limits.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define SPINS_PER_CLOCK_READ 64
#define MAX_SKIP 255
#define NS_PER_S UINT64_C(1000000000)

_Static_assert(sizeof(atomic_uint) == 4 && ATOMIC_INT_LOCK_FREE == 2, "a futex is 32 bits");

static inline void cpu_relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* The kernel puts nobody to sleep whose value has changed already; it may wake for no reason. */
static void sleep_while(struct gate *g, unsigned seen, const struct timespec *at_most) {
    syscall(SYS_futex, &g->value, FUTEX_WAIT_PRIVATE, seen, at_most, NULL, 0);
}

static void wake_all(struct gate *g) {
    syscall(SYS_futex, &g->value, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

/* Both here and in gate_wait() one variable is written and then the other one read, in one order
 * for all threads: either the sleeper sees the new value or the opener sees the sleeper. */
void gate_open(struct gate *g) {
    atomic_fetch_add(&g->value, 1);
    if (atomic_load(&g->n_sleepers) != 0) wake_all(g);
}

static bool is_open(struct gate *g, unsigned seen) {
    return atomic_load_explicit(&g->value, memory_order_acquire) != seen;
}

static bool spin(struct gate *g, unsigned seen, unsigned spin_ns) {
    uint64_t give_up = 0;
    for (;;) {
        for (int i = 0; i < SPINS_PER_CLOCK_READ; i++) {
            if (is_open(g, seen)) return true;
            cpu_relax();
        }
        uint64_t now = clock_ns();
        if (give_up == 0) give_up = now + spin_ns;
        if (now >= give_up) return false;
    }
}

/* Spins, if that has paid. True if the gate opened meanwhile. */
static bool open_soon(struct gate *g, unsigned seen, unsigned spin_ns, struct gate_waiter *waiter) {
    if (is_open(g, seen)) return true;
    if (waiter->skip > 0) {
        waiter->skip--;
        return false;
    }
    if (spin(g, seen, spin_ns)) {
        waiter->streak /= 2;
        return true;
    }
    int doubled = 2 * waiter->streak + 1;
    waiter->streak = (uint8_t)(doubled < MAX_SKIP ? doubled : MAX_SKIP);
    waiter->skip = waiter->streak;
    return false;
}

void gate_wait(struct gate *g, unsigned seen, unsigned spin_ns, struct gate_waiter *waiter) {
    if (open_soon(g, seen, spin_ns, waiter)) return;
    atomic_fetch_add(&g->n_sleepers, 1);
    while (atomic_load(&g->value) == seen) sleep_while(g, seen, NULL);
    atomic_fetch_sub(&g->n_sleepers, 1);
}

bool gate_wait_until(struct gate *g, unsigned seen, unsigned spin_ns, uint64_t until,
                     struct gate_waiter *waiter) {
    if (open_soon(g, seen, spin_ns, waiter)) return true;
    bool opened = false;
    atomic_fetch_add(&g->n_sleepers, 1);
    for (;;) {
        opened = atomic_load(&g->value) != seen;
        uint64_t now = clock_ns();
        if (opened || now >= until) break;
        const struct timespec left = {.tv_sec = (time_t)((until - now) / NS_PER_S),
                                      .tv_nsec = (long)((until - now) % NS_PER_S)};
        sleep_while(g, seen, &left);
    }
    atomic_fetch_sub(&g->n_sleepers, 1);
    return opened;
}
