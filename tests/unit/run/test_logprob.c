/* Log-probabilities beside a softmax in long double and a full sort. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/rng.h"
#include "engine/run/logprob.h"

#define N 5000

static float logits[N];
static int order[N];

static int by_logit(const void *a, const void *b) {
    float x = logits[*(const int *)a], y = logits[*(const int *)b];
    if (x != y) return x < y ? 1 : -1;
    return *(const int *)a - *(const int *)b;
}

static bool is_possible(int id) {
    return logits[id] > -INFINITY; /* and no NaN */
}

static void expect_right(int n_vocab, int32_t id, int n_top) {
    long double sum = 0, greatest = -INFINITY;
    int n_possible = 0;
    for (int i = 0; i < n_vocab; i++) {
        if (!is_possible(i)) continue;
        order[n_possible++] = i;
        if ((long double)logits[i] > greatest) greatest = (long double)logits[i];
    }
    for (int i = 0; i < n_possible; i++) sum += expl((long double)logits[order[i]] - greatest);
    qsort(order, (size_t)n_possible, sizeof *order, by_logit);
    float logprob;
    ingle_token_logprob top[INGLE_TOP_MAX];
    int n = logprob_read(logits, n_vocab, id, &logprob, n_top, top);
    assert_int_equal(n, n_possible < n_top ? n_possible : n_top);
    for (int i = 0; i < n; i++) {
        assert_int_equal(top[i].token, order[i]);
        long double wanted = (long double)logits[order[i]] - greatest - logl(sum);
        assert_true(fabsl((long double)top[i].logprob - wanted) <= 1e-6L * (1 - wanted));
        if (i > 0) assert_true(top[i].logprob <= top[i - 1].logprob);
    }
    if (is_possible(id)) {
        long double wanted = (long double)logits[id] - greatest - logl(sum);
        assert_true(fabsl((long double)logprob - wanted) <= 1e-6L * (1 - wanted));
    } else {
        assert_true(isinf(logprob) && logprob < 0);
    }
}

static void logits_of_any_size_give_the_softmax(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 1);
    for (int round = 0; round < 300; round++) {
        int n = 1 + (int)rng_below(&rng, N);
        float scale = (float[]){0, 1, 20, 500, 1e6f}[rng_below(&rng, 5)];
        float shift = (float[]){0, -1e4f, 1e4f}[rng_below(&rng, 3)];
        for (int i = 0; i < n; i++) logits[i] = shift + scale * ((float)rng_unit(&rng) - 0.5f);
        expect_right(n, (int32_t)rng_below(&rng, (uint32_t)n),
                     (int)rng_below(&rng, INGLE_TOP_MAX + 1));
    }
}

static void equal_logits_are_told_by_id(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 2);
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < 1000; i++) logits[i] = (float)rng_below(&rng, 5);
        expect_right(1000, (int32_t)rng_below(&rng, 1000), 1 + (int)rng_below(&rng, 100));
    }
}

static void what_is_ruled_out_has_no_share(void **state) {
    (void)state;
    struct rng rng;
    rng_init(&rng, 3);
    for (int round = 0; round < 200; round++) {
        int n = 1 + (int)rng_below(&rng, 400);
        for (int i = 0; i < n; i++) {
            logits[i] = (float)rng_unit(&rng);
            if (rng_below(&rng, 3)) logits[i] = rng_below(&rng, 2) ? -INFINITY : NAN;
        }
        int32_t id = (int32_t)rng_below(&rng, (uint32_t)n);
        logits[(id + 1) % n] = 1;
        expect_right(n, id, (int)rng_below(&rng, 101));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logits_of_any_size_give_the_softmax),
        cmocka_unit_test(equal_logits_are_told_by_id),
        cmocka_unit_test(what_is_ruled_out_has_no_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
