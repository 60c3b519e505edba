/* Products shared among threads: right, and the same to the bit for any number of threads. */
#include "learn/matmul.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "learn/split.h"

static float *random_floats(size_t n, uint64_t seed) {
    float *x = mem_calloc(n, sizeof *x);
    assert_non_null(x);
    struct rng r;
    rng_init(&r, seed);
    for (size_t i = 0; i < n; i++) x[i] = rng_normal(&r);
    return x;
}

/* The product of m x k and k x n on some threads; the caller frees. */
static float *product(const float *a, const float *b, int m, int n, int k, int n_threads,
                      enum cpu_tier tier) {
    struct learn l;
    assert_int_equal(learn_init(&l, tier, n_threads, 1, NULL), INGLE_OK);
    float *c = mem_calloc((size_t)m * (size_t)n, sizeof *c);
    assert_non_null(c);
    learn_matmul(&l, &(struct kern_sgemm_args){.c = c,
                                               .a = a,
                                               .b = b,
                                               .ldc = (size_t)n,
                                               .lda = (size_t)m,
                                               .ldb = (size_t)k,
                                               .m = m,
                                               .n = n,
                                               .k = k,
                                               .a_transposed = true,
                                               .b_transposed = true});
    learn_clear(&l);
    return c;
}

static void any_number_of_threads_gives_the_same_bits(void **state) {
    (void)state;
    static const int shapes[][3] = {{1, 1, 1}, {300, 150, 70}, {70, 900, 40}, {130, 400, 33}};
    for (size_t s = 0; s < BASE_COUNT(shapes); s++) {
        int m = shapes[s][0], n = shapes[s][1], k = shapes[s][2];
        float *a = random_floats((size_t)m * (size_t)k, 1);
        float *b = random_floats((size_t)n * (size_t)k, 2);
        enum cpu_tier tier = cpu_tier_detect();
        float *one = product(a, b, m, n, k, 1, tier);
        float *ref = product(a, b, m, n, k, 2, CPU_TIER_REF);
        for (int t = 2; t <= 3; t++) {
            float *more = product(a, b, m, n, k, t, tier);
            assert_memory_equal(one, more, (size_t)m * (size_t)n * sizeof *one);
            mem_free(more);
        }
        for (size_t i = 0; i < (size_t)m * (size_t)n; i++) {
            assert_true(fabsf(one[i] - ref[i]) <= 1e-4f * (1.0f + (float)k * 0.1f));
        }
        mem_free(a);
        mem_free(b);
        mem_free(one);
        mem_free(ref);
    }
}

static void a_list_of_products_is_all_computed(void **state) {
    (void)state;
    enum { N = 9, SIDE = 5 };
    struct learn l;
    assert_int_equal(learn_init(&l, cpu_tier_detect(), 3, 1, NULL), INGLE_OK);
    float a[N][SIDE], c[N][SIDE], one = 2.0f;
    struct kern_sgemm_args g[N];
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < SIDE; j++) a[i][j] = (float)(i * 10 + j);
        g[i] = (struct kern_sgemm_args){c[i], a[i], &one, 1, 1, 1, SIDE, 1, 1, false, false, false};
    }
    learn_matmul_list(&l, g, N);
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < SIDE; j++) assert_true(c[i][j] == 2.0f * a[i][j]);
    }
    learn_clear(&l);
}

static void count_part(int from, int to, void *arg) {
    int *seen = arg;
    assert_int_equal(from % 7, 0);
    for (int i = from; i < to; i++) seen[i]++;
}

static void every_item_belongs_to_one_part(void **state) {
    (void)state;
    struct learn l;
    assert_int_equal(learn_init(&l, CPU_TIER_REF, 3, 1, NULL), INGLE_OK);
    for (int n = 0; n < 50; n++) {
        int seen[50] = {0};
        learn_split(&l, n, 7, count_part, seen);
        for (int i = 0; i < 50; i++) assert_int_equal(seen[i], i < n);
    }
    learn_clear(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(a_list_of_products_is_all_computed),
        cmocka_unit_test(every_item_belongs_to_one_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
