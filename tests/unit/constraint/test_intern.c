/* constraint/intern: sequences by number, and forgetting the latest. */
#include "engine/constraint/intern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/rng.h"

#define N 3000

static uint32_t add(struct intern *in, uint32_t value) {
    uint32_t id, items[3] = {value, value * 7, value % 5};
    assert_true(intern_add(in, items, value % 4, &id));
    return id;
}

static void equal_sequences_have_one_number(void **state) {
    (void)state;
    struct intern in = {.max = 1 << 20};
    assert_int_equal(add(&in, 5), 0);
    assert_int_equal(add(&in, 6), 1);
    assert_int_equal(add(&in, 5), 0);
    assert_int_equal(add(&in, 4), 2); /* the empty one */
    assert_int_equal(add(&in, 8), 2);
    assert_int_equal(in.n, 3);
    intern_clear(&in);
}

/* A table that was cut is as one that never had more: over growth of every kind. */
static void what_was_cut_never_was(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 4);
    struct intern in = {.max = 1 << 24}, plain = {.max = 1 << 24};
    for (int round = 0; round < 60; round++) {
        for (uint32_t i = rng_below(&rng, 80); i > 0; i--) {
            uint32_t value = rng_below(&rng, N);
            assert_int_equal(add(&in, value), add(&plain, value));
        }
        uint32_t mark = in.n;
        for (uint32_t i = rng_below(&rng, 2000); i > 0; i--) add(&in, rng_below(&rng, 20 * N));
        intern_cut(&in, mark);
        assert_int_equal(in.n, plain.n);
        assert_int_equal(in.n_items, plain.n_items);
        for (uint32_t id = 0; id < in.n; id++) {
            size_t n, m;
            const uint32_t *a = intern_get(&in, id, &n), *b = intern_get(&plain, id, &m);
            assert_int_equal(n, m);
            if (n) assert_memory_equal(a, b, n * sizeof *a);
        }
    }
    for (uint32_t value = 0; value < N; value++)
        assert_int_equal(add(&in, value), add(&plain, value));
    intern_cut(&in, 0);
    assert_int_equal(add(&in, 9), 0);
    intern_clear(&in);
    intern_clear(&plain);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_sequences_have_one_number),
        cmocka_unit_test(what_was_cut_never_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
