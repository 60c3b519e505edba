/* An event that is waited for by value: threads spin for a while, then sleep in the kernel.
 *
 * Whether spinning pays is learnt by each waiter: where more threads run than there are processors,
 * a spinning thread keeps the very one from running that it waits for. Every spin in vain doubles
 * the number of waits that then go to sleep at once, every success halves it. */
#ifndef INGLE_BASE_GATE_H
#define INGLE_BASE_GATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

struct gate {
    _Alignas(64) atomic_uint value; /* times it was opened; wraps */
    atomic_uint n_sleepers;
};

/* What one thread has learnt at one gate; zeroed = nothing. */
struct gate_waiter {
    uint8_t skip;   /* waits to come that do not spin */
    uint8_t streak; /* what skip was set to last; halved by a success */
};

static inline unsigned gate_value(struct gate *g) {
    return atomic_load_explicit(&g->value, memory_order_relaxed);
}

/* What was written before is seen by all whose wait this ends. */
void gate_open(struct gate *g);

/* Returns once the gate's value differs from `seen`; spins for spin_ns at most. */
void gate_wait(struct gate *g, unsigned seen, unsigned spin_ns, struct gate_waiter *waiter);

/* The same, but not beyond `until` (clock_ns()), where it returns false. */
BASE_NODISCARD bool gate_wait_until(struct gate *g, unsigned seen, unsigned spin_ns, uint64_t until,
                                    struct gate_waiter *waiter);

#endif
