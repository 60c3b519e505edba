#include "kerncheck.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "engine/kern/half.h"

#define MARGIN 0xa7 /* the byte before every buffer */
#define MAX_PRINTED 4
#define EXIT_SKIPPED 77

static const struct {
    const char *name;
    void (*check)(struct check *c);
} families[] = {
    {"act", check_act},
    {"gemm_q32", check_gemm_q32},
    {"gemm_q256", check_gemm_q256},
    {"gemm_float", check_gemm_float},
    {"row", check_row},
    {"rope", check_rope},
    {"kv", check_kv},
    {"attn", check_attn},
    {"sgemm", check_sgemm},
};

/* Faults: the handler jumps back into check_op(), the only place that sets the jump. */
static sigjmp_buf fault_jump;

static void on_fault(int number) {
    siglongjmp(fault_jump, number);
}

static void catch_faults(void) {
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE};
    struct sigaction action = {.sa_handler = on_fault};
    for (size_t i = 0; i < BASE_COUNT(numbers); i++) (void)sigaction(numbers[i], &action, NULL);
}

static void free_buffers(struct check *c) {
    for (int i = 0; i < c->n_buffers; i++) {
        (void)munmap(c->buffers[i].map, c->buffers[i].map_size);
    }
    c->n_buffers = 0;
}

bool check_is_own(const struct check *c,
                  bool (*same)(const struct kern_ops *a, const struct kern_ops *b, int arg),
                  int arg) {
    for (int tier = 0; tier < (int)c->ops->tier; tier++) {
        struct kern_ops lower;
        if (!cpu_tier_available((enum cpu_tier)tier)) continue;
        kern_ops_init(&lower, (enum cpu_tier)tier);
        if (same(&lower, c->ops, arg)) return false;
    }
    return true;
}

void check_op(struct check *c, const char *name, void (*body)(struct check *c, int arg), int arg) {
    c->op = name;
    c->n_failures = 0;
    c->what[0] = '\0';
    int fault = sigsetjmp(fault_jump, 1);
    if (fault == 0) {
        body(c, arg);
        check_margins(c);
    } else {
        check_fail(c, "%s", strsignal(fault));
    }
    free_buffers(c);
    c->n_ops++;
    if (c->n_failures > 0) c->n_failed_ops++;
    if (c->n_failures > MAX_PRINTED) printf("  %s: %d failures in all\n", name, c->n_failures);
    c->op = NULL;
}

void check_case(struct check *c, const char *format, ...) {
    if (c->n_buffers > 0) check_margins(c);
    free_buffers(c);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(c->what, sizeof c->what, format, args);
    va_end(args);
    c->n_cases++;
}

void check_fail(struct check *c, const char *format, ...) {
    if (++c->n_failures > MAX_PRINTED) return;
    va_list args;
    va_start(args, format);
    printf("  FAIL %s in %s: %s: ", c->op, cpu_tier_name(c->ops->tier), c->what);
    (void)vprintf(format, args);
    printf("\n");
    va_end(args);
}

bool check_hopeless(const struct check *c) {
    return c->n_failures > 20;
}

void *check_alloc(struct check *c, size_t size, size_t align, uint8_t fill) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t used = (size + align - 1) / align * align;
    size_t pages = (used + page) / page * page; /* at least one byte of margin */
    if (c->n_buffers == CHECK_MAX_BUFFERS) {
        (void)fprintf(stderr, "kerncheck: CHECK_MAX_BUFFERS is too small\n");
        exit(2);
    }
    uint8_t *map = mmap(NULL, pages + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED || mprotect(map + page, pages, PROT_READ | PROT_WRITE) != 0) {
        perror("kerncheck: mmap");
        exit(2);
    }
    uint8_t *data = map + page + pages - used;
    memset(map + page, MARGIN, pages - used);
    memset(data, fill, used);
    c->buffers[c->n_buffers++] = (struct check_buffer){data, used, map, pages + 2 * page};
    return data;
}

void check_margins(struct check *c) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (int i = 0; i < c->n_buffers; i++) {
        const uint8_t *at = c->buffers[i].map + page, *data = c->buffers[i].data;
        for (; at < data; at++) {
            if (*at == MARGIN) continue;
            check_fail(c, "wrote %td bytes before buffer %d", data - at, i);
            break;
        }
    }
}

bool check_near(struct check *c, float got, double want, double bound, const char *where, int i) {
    if (isnan(want) ? isnan(got) : isinf(want) ? (double)got == want : false) return true;
    if (isfinite(want) && fabs((double)got - want) <= bound) return true;
    check_fail(c, "%s[%d] is %.9g, not %.9g (off by %.3g, bound %.3g)", where, i, (double)got, want,
               fabs((double)got - want), bound);
    return false;
}

bool check_same(struct check *c, const float *got, const float *want, int n, const char *where) {
    for (int i = 0; i < n; i++) {
        if (float_bits(got[i]) == float_bits(want[i])) continue;
        if (isnan(got[i]) && isnan(want[i])) continue;
        check_fail(c, "%s[%d] is %.9g, not %.9g", where, i, (double)got[i], (double)want[i]);
        return false;
    }
    return true;
}

bool check_bytes(struct check *c, const void *got, const void *want, size_t size,
                 const char *where) {
    const uint8_t *a = got, *b = want;
    for (size_t i = 0; i < size; i++) {
        if (a[i] == b[i]) continue;
        check_fail(c, "%s: byte %zu is %d, not %d", where, i, a[i], b[i]);
        return false;
    }
    return true;
}

uint64_t check_random(struct check *c) {
    uint64_t z = c->random += 0x9e3779b97f4a7c15; /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

int check_below(struct check *c, int limit) {
    return (int)(check_random(c) % (uint64_t)limit);
}

float check_unit(struct check *c) {
    return (float)(int32_t)(check_random(c) >> 40) * 0x1p-23f - 1.0f;
}

static double now(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

double check_time(void (*run)(void *arg), void *arg) {
    double start = now(), times[5];
    run(arg);
    int n = (int)(0.02 / (now() - start + 1e-8)) + 1;
    for (int k = 0; k < 5; k++) {
        start = now();
        for (int i = 0; i < n; i++) run(arg);
        times[k] = (now() - start) / n;
    }
    qsort(times, BASE_COUNT(times), sizeof times[0], compare_doubles);
    return times[2];
}

void check_bench_line(const struct check *c, const char *name, double ref, double mine,
                      double bytes) {
    printf("  %-12s %-24s ref %12.0f ns  this %10.0f ns  %6.1fx", cpu_tier_name(c->ops->tier), name,
           ref * 1e9, mine * 1e9, ref / mine);
    if (bytes > 0) printf("  %6.2f GB/s", bytes / mine * 1e-9);
    printf("\n");
}

/* Whether INGLE_REQUIRE_TIERS, a comma-separated list, names the tier. */
static bool is_required(enum cpu_tier tier) {
    const char *list = getenv("INGLE_REQUIRE_TIERS"), *name = cpu_tier_name(tier);
    size_t len = strlen(name);
    while (list && *list) {
        size_t n = strcspn(list, ",");
        if (n == len && memcmp(list, name, n) == 0) return true;
        list += n + (list[n] == ',');
    }
    return false;
}

/* Returns false if an op failed. */
static bool run_family(size_t family, enum cpu_tier tier, uint64_t seed, bool bench) {
    struct kern_ops ops;
    kern_ops_init(&ops, tier);
    struct check c = {.ops = &ops, .bench = bench, .random = seed};
    families[family].check(&c);
    printf("%s/%s: ", families[family].name, cpu_tier_name(tier));
    if (c.n_ops == 0)
        printf("nothing of its own\n");
    else if (bench)
        printf("%d ops timed\n", c.n_ops);
    else
        printf("%d ops, %ld cases, seed %llu: %s\n", c.n_ops, c.n_cases, (unsigned long long)seed,
               c.n_failed_ops ? "FAILED" : "ok");
    (void)fflush(stdout);
    return c.n_failed_ops == 0;
}

static void list(void) {
    for (size_t f = 0; f < BASE_COUNT(families); f++) printf("family %s\n", families[f].name);
    for (int t = 0; t < CPU_N_TIERS; t++) {
        enum cpu_tier tier = (enum cpu_tier)t;
        if (cpu_tier_available(tier)) printf("tier %s\n", cpu_tier_name(tier));
    }
}

static int usage(void) {
    (void)fprintf(stderr, "usage: kerncheck [--family NAME] [--tier NAME] [--seed N] [--bench]\n"
                          "       kerncheck --list\n");
    return 2;
}

int main(int argc, char **argv) {
    const char *only = NULL;
    enum cpu_tier tier = CPU_N_TIERS;
    uint64_t seed = (uint64_t)time(NULL);
    bool bench = false, ok = true, known = false;
    for (int i = 1; i < argc; i++) {
        bool more = i + 1 < argc;
        if (strcmp(argv[i], "--list") == 0) {
            list();
            return 0;
        }
        if (strcmp(argv[i], "--bench") == 0)
            bench = true;
        else if (strcmp(argv[i], "--family") == 0 && more)
            only = argv[++i];
        else if (strcmp(argv[i], "--seed") == 0 && more)
            seed = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--tier") == 0 && more && cpu_tier_parse(argv[i + 1], &tier))
            i++;
        else
            return usage();
    }
    if (tier != CPU_N_TIERS && !cpu_tier_available(tier)) {
        bool required = is_required(tier);
        printf("%s: this machine has no %s\n", required ? "FAIL" : "SKIP", cpu_tier_name(tier));
        return required ? 1 : EXIT_SKIPPED;
    }
    catch_faults();
    for (size_t f = 0; f < BASE_COUNT(families); f++) {
        if (only && strcmp(only, families[f].name) != 0) continue;
        known = true;
        for (int t = 0; t < CPU_N_TIERS; t++) {
            if (tier != CPU_N_TIERS && t != (int)tier) continue;
            if (!cpu_tier_available((enum cpu_tier)t)) continue;
            if (!run_family(f, (enum cpu_tier)t, seed, bench)) ok = false;
        }
    }
    if (!known) return usage();
    return ok ? 0 : 1;
}
