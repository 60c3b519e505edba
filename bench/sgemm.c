/* Products of float matrices beside the peak of fused multiply-adds, one thread, every tier of this
 * machine. Each figure is the best of interleaved tries, by the processor time of the thread:
 * others may be busy.
 *
 *   bench_sgemm */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/rng.h"
#include "engine/kern/ops.h"
#include "peak.h"

#define TRIES 12
#define TRY_MS 8.0

static const struct {
    int m, n, k;
    bool a_transposed, b_transposed;
    const char *what;
} shapes[] = {{256, 256, 256, false, false, ""},
              {1024, 1024, 1024, false, true, ""},
              {2048, 512, 192, false, true, "forward of a layer"},
              {2048, 192, 512, false, false, "gradient of its input"},
              {512, 192, 2048, true, false, "gradient of its weights"},
              {8, 150, 512, false, true, "few rows"},
              {64, 150, 32, false, true, "few rows, short sums"}};

static double cpu_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static double best_peak(const struct peak *peak, double best) {
    double start = cpu_ms(), now = start;
    int n = 0;
    while (now - start < TRY_MS) {
        if (peak->run(2000) == 1) best += 1e-300; /* what it returns keeps it alive */
        n++;
        now = cpu_ms();
    }
    double rate = 1e-6 * peak->ops * 2000 * n / (now - start);
    return rate > best ? rate : best;
}

static double best_product(const struct kern_ops *ops, const struct kern_sgemm_args *g,
                           double best) {
    double start = cpu_ms(), now = start;
    int n = 0;
    while (now - start < TRY_MS) {
        ops->sgemm(g);
        n++;
        now = cpu_ms();
    }
    double rate = 2e-6 * g->m * g->n * g->k * n / (now - start);
    return rate > best ? rate : best;
}

static void bench_tier(enum cpu_tier tier, float *c, const float *a, const float *b) {
    struct kern_ops ops;
    const struct peak *peak = peak_float(cpu_tier_name(tier));
    kern_ops_init(&ops, tier);
    for (size_t i = 0; i < BASE_COUNT(shapes); i++) {
        struct kern_sgemm_args g = {.c = c, .a = a, .b = b, .m = shapes[i].m};
        double of_peak = 0.0, of_product = 0.0;
        g.n = shapes[i].n;
        g.k = shapes[i].k;
        g.a_transposed = shapes[i].a_transposed;
        g.b_transposed = shapes[i].b_transposed;
        g.lda = (size_t)(g.a_transposed ? g.m : g.k);
        g.ldb = (size_t)(g.b_transposed ? g.k : g.n);
        g.ldc = (size_t)g.n;
        for (int t = 0; t < TRIES; t++) {
            of_peak = best_peak(peak, of_peak);
            of_product = best_product(&ops, &g, of_product);
        }
        printf("%-12s %4d x %4d x %4d %s%s  %7.1f GFLOP/s, %3.0f %% of %s (%.1f)  %s\n",
               cpu_tier_name(tier), g.m, g.n, g.k, g.a_transposed ? "a'" : "a ",
               g.b_transposed ? "b'" : "b ", of_product, 100 * of_product / of_peak, peak->name,
               of_peak, shapes[i].what);
    }
}

int main(void) {
    const size_t n = (size_t)2048 * 1024;
    float *x[3];
    struct rng r;
    rng_init(&r, 1);
    for (int i = 0; i < 3; i++) {
        x[i] = mem_aligned(64, n * sizeof(float));
        if (!x[i]) return 1;
        for (size_t k = 0; k < n; k++) x[i][k] = (float)rng_unit(&r);
    }
    for (int t = 0; t < CPU_N_TIERS; t++) {
        enum cpu_tier tier = (enum cpu_tier)t;
        bool has_own = tier == CPU_TIER_REF || strcmp(cpu_tier_name(tier), "avx2") == 0 ||
                       strcmp(cpu_tier_name(tier), "avx512vnni") == 0 ||
                       strcmp(cpu_tier_name(tier), "neon") == 0;
        if (has_own && cpu_tier_available(tier)) bench_tier(tier, x[0], x[1], x[2]);
    }
    for (int i = 0; i < 3; i++) mem_free(x[i]);
    return 0;
}
