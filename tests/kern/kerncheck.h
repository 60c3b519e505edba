/* Checks every kernel of every tier against what the op is defined to be. One program; a family is
 * one file check_<family>.c; main (kerncheck.c) walks over families and tiers. The families know
 * the contracts of ops.h and act.h, and nothing of how a tier fulfils them. */
#ifndef INGLE_TESTS_KERN_KERNCHECK_H
#define INGLE_TESTS_KERN_KERNCHECK_H

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "engine/kern/ops.h"

#define CHECK_MAX_BUFFERS 48

/* Memory for one case: it ends at an inaccessible page, begins after another one, and what lies
 * between that one and `data` is filled with a pattern that check_margins() knows. */
struct check_buffer {
    void *data;
    size_t size;
    uint8_t *map;
    size_t map_size;
};

/* One run of a family in a tier. */
struct check {
    const struct kern_ops *ops;
    bool bench;
    uint64_t random; /* state */
    const char *op;  /* being checked; NULL between ops */
    char what[160];  /* the case at hand, for messages */
    long n_cases;    /* of all ops so far */
    int n_ops, n_failed_ops;
    int n_failures; /* of the op at hand */
    int n_buffers;
    struct check_buffer buffers[CHECK_MAX_BUFFERS];
};

/* The families. Each calls check_op() for those ops that are the tier's own. */
void check_act(struct check *c);
void check_attn(struct check *c);
void check_gemm_float(struct check *c);
void check_gemm_q256(struct check *c);
void check_gemm_q32(struct check *c);
void check_kv(struct check *c);
void check_rope(struct check *c);
void check_row(struct check *c);
void check_sgemm(struct check *c);

/* True if no lower tier that this machine has uses `same(lower, ops, arg)` the same code: then the
 * op must be checked in this tier. */
bool check_is_own(const struct check *c,
                  bool (*same)(const struct kern_ops *a, const struct kern_ops *b, int arg),
                  int arg);

/* Runs body(c, arg) as the check of op `name`; a fault in it counts as a failure of the op. */
void check_op(struct check *c, const char *name, void (*body)(struct check *c, int arg), int arg);

/* Begins a case: says what it is, and gives back the buffers of the one before. */
void check_case(struct check *c, const char *format, ...) BASE_PRINTF(2, 3);

/* Counts a failure of the op; the first few are printed. */
void check_fail(struct check *c, const char *format, ...) BASE_PRINTF(2, 3);
/* True once so many failures have been reported that going on says nothing new. */
bool check_hopeless(const struct check *c);

/* A buffer until the next case. size is rounded up to a multiple of `align` (a power of two; 1
 * makes the very last byte lie before the page) and filled with `fill`. */
void *check_alloc(struct check *c, size_t size, size_t align, uint8_t fill);
#define CHECK_NEW(c, type, n, fill) ((type *)check_alloc(c, (size_t)(n) * sizeof(type), 1, fill))
/* Fails if a byte before any buffer of the case was written. */
void check_margins(struct check *c);

/* Fails unless got is within bound of want; a NaN or infinite want must be met in kind. */
bool check_near(struct check *c, float got, double want, double bound, const char *where, int i);
/* Fails unless the bits are equal (any NaN equals any other). */
bool check_same(struct check *c, const float *got, const float *want, int n, const char *where);
/* The same for bytes, which must be equal exactly. */
bool check_bytes(struct check *c, const void *got, const void *want, size_t size,
                 const char *where);

/* Random numbers: of all 64 bits, 0 <= n < limit, -1 < x < 1. */
uint64_t check_random(struct check *c);
int check_below(struct check *c, int limit);
float check_unit(struct check *c);

/* Calls run(arg) for about 0.1 s after a warm-up. Returns seconds a call, the median of 5. */
double check_time(void (*run)(void *arg), void *arg);
/* One line of --bench: seconds of this tier and of the reference, and GB/s if bytes > 0. */
void check_bench_line(const struct check *c, const char *name, double ref, double mine,
                      double bytes);

#endif
