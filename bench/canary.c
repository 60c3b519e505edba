/* Tells the benchmarks how fast the machine is at this moment: samples taken while a neighbour was
 * busy can be left out, and what a model reaches can be held against what the machine could do.
 * Every line on its input is answered with two numbers: the peak of arithmetic (peak.h) in 1e9
 * operations a second, of int8 or, if the line says "bf16", of bf16; and the bandwidth of reading
 * memory in 1e9 bytes a second. Both by N_THREADS threads on the first processors, and the best of
 * a few tries, for a thread that wakes up late is not a slow machine. The line "what" is answered
 * with the names of the two loops of arithmetic.
 *
 *   canary N_THREADS */
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "ingle/cpu.h"
#include "peak.h"

#define MAX_THREADS 64
#define HUGE_PAGE ((size_t)2 << 20)
#define MIN_READ ((size_t)256 << 20)
#define AHEAD 4096 /* bytes of prefetch */
#define STEP 256
#define SECONDS 0.004 /* of arithmetic */
#define TRIES 4

typedef uint64_t words __attribute__((vector_size(64)));

struct job {
    const struct peak *peak;
    uint32_t rounds;
    const uint8_t *bytes;
    size_t size;
    int n_streams;
    uint64_t sum; /* keeps the work from being optimised away */
    int cpu;
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A short-lived thread would else often share its parent's processor. */
static void pin(const struct job *job) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)job->cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
}

static void *compute(void *arg) {
    struct job *job = arg;
    pin(job);
    job->sum += job->peak->run(job->rounds);
    return NULL;
}

/* A few sequential streams: how many are fastest differs between machines. */
static void *read_bytes(void *arg) {
    struct job *job = arg;
    pin(job);
    size_t part = job->size / (size_t)job->n_streams;
    words sum[STEP / sizeof(words)] = {{0}};
    for (size_t at = 0; at + STEP <= part; at += STEP) {
        for (int s = 0; s < job->n_streams; s++) {
            const uint8_t *from = job->bytes + (size_t)s * part + at;
            for (size_t i = 0; i < STEP / sizeof(words); i++) {
                __builtin_prefetch(from + AHEAD + i * sizeof(words));
                sum[i] ^= *(const words *)(const void *)(from + i * sizeof(words));
            }
        }
    }
    for (size_t i = 0; i < STEP / sizeof(words); i++) job->sum += sum[i][0] ^ sum[i][7];
    return NULL;
}

/* Seconds that fn took on all threads at once. */
static double time_once(void *(*fn)(void *), struct job *jobs, int n_threads) {
    pthread_t threads[MAX_THREADS];
    double start = now();
    for (int i = 1; i < n_threads; i++) {
        if (pthread_create(&threads[i], NULL, fn, &jobs[i]) != 0) exit(1);
    }
    fn(&jobs[0]);
    for (int i = 1; i < n_threads; i++) pthread_join(threads[i], NULL);
    return now() - start;
}

static double best_compute(struct job *jobs, int n_threads, const struct peak *peak) {
    uint32_t rounds = 1000;
    for (jobs[0].peak = peak;; rounds *= 2) {
        jobs[0].rounds = rounds;
        if (time_once(compute, jobs, 1) > SECONDS / 2) break;
    }
    for (int i = 0; i < n_threads; i++) jobs[i].peak = peak, jobs[i].rounds = 2 * rounds;
    double best = 1e9;
    for (int i = 0; i < TRIES; i++) {
        double once = time_once(compute, jobs, n_threads);
        if (once < best) best = once;
    }
    return 1e-9 * peak->ops * 2 * rounds * n_threads / best;
}

static double best_read(struct job *jobs, int n_threads) {
    double best = 1e9;
    for (int i = 0; i < TRIES; i++) {
        for (int t = 0; t < n_threads; t++) jobs[t].n_streams = 1 + i % 2;
        double once = time_once(read_bytes, jobs, n_threads);
        if (once < best) best = once;
    }
    return 1e-9 * (double)jobs[0].size * n_threads / best;
}

/* Four times the caches, in large pages where the system has them. */
static uint8_t *get_memory(size_t *size) {
    size_t l3 = ingle_cpu_get_info().l3;
    *size = 4 * l3 > MIN_READ ? 4 * l3 : MIN_READ;
    *size = (*size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    uint8_t *bytes = aligned_alloc(HUGE_PAGE, *size + HUGE_PAGE); /* it reads ahead */
    if (!bytes) return NULL;
    madvise(bytes, *size, MADV_HUGEPAGE);
    memset(bytes, 1, *size + HUGE_PAGE);
    return bytes;
}

int main(int argc, char **argv) {
    int n_threads = argc == 2 ? (int)strtol(argv[1], NULL, 10) : 0;
    if (n_threads < 1 || n_threads > MAX_THREADS) {
        fputs("usage: canary N_THREADS\n", stderr);
        return 2;
    }
    const char *tier = ingle_cpu_get_info().tier;
    size_t size;
    uint8_t *bytes = get_memory(&size);
    if (!bytes) return 1;
    struct job jobs[MAX_THREADS] = {{0}};
    size_t share = size / (size_t)n_threads / STEP * STEP;
    for (int i = 0; i < n_threads; i++)
        jobs[i] = (struct job){.bytes = bytes + share * (size_t)i, .size = share, .cpu = i};
    char line[32];
    while (fgets(line, sizeof line, stdin)) {
        if (strcmp(line, "what\n") == 0) {
            printf("%s; %s\n", peak_int8(tier)->name, peak_bf16(tier)->name);
        } else {
            bool bf16 = strcmp(line, "bf16\n") == 0;
            double computed =
                best_compute(jobs, n_threads, bf16 ? peak_bf16(tier) : peak_int8(tier));
            printf("%.1f %.2f\n", computed, best_read(jobs, n_threads));
        }
        fflush(stdout);
    }
    free(bytes);
    return jobs[0].sum == 42; /* keeps the sums from being optimised away */
}
