/* Tells bench/versus how fast the machine is at this moment, so that samples taken while a
 * neighbour was busy can be left out. Every line on its input is answered with two numbers, the
 * more the better: arithmetic of a few ms, and a read of 64 MB; both by N_THREADS threads on the
 * first processors, and the best of three, for a thread that wakes up late is not a slow machine.
 *
 *   canary N_THREADS */
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MAX_THREADS 64
#define WORDS (8u << 20) /* of 8 bytes */
#define ROUNDS 2500000u

struct job {
    const uint64_t *words;
    size_t n_words;
    uint32_t rounds;
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

/* Four dependent chains of multiplications: bound by the core's clock, by nothing else. */
static void *compute(void *arg) {
    struct job *job = arg;
    pin(job);
    uint64_t a = 1, b = 2, c = 3, d = 4;
    for (uint32_t i = 0; i < job->rounds; i++) {
        a = a * 6364136223846793005u + 1;
        b = b * 6364136223846793005u + 1;
        c = c * 6364136223846793005u + 1;
        d = d * 6364136223846793005u + 1;
    }
    job->sum += a + b + c + d;
    return NULL;
}

static void *read_words(void *arg) {
    struct job *job = arg;
    pin(job);
    uint64_t sum = 0;
    for (size_t i = 0; i < job->n_words; i++) sum += job->words[i];
    job->sum += sum;
    return NULL;
}

/* Runs per second of fn on all threads at once. */
static double rate_once(void *(*fn)(void *), struct job *jobs, int n_threads) {
    pthread_t threads[MAX_THREADS];
    double start = now();
    for (int i = 1; i < n_threads; i++) {
        if (pthread_create(&threads[i], NULL, fn, &jobs[i]) != 0) exit(1);
    }
    fn(&jobs[0]);
    for (int i = 1; i < n_threads; i++) pthread_join(threads[i], NULL);
    return 1.0 / (now() - start);
}

static double rate(void *(*fn)(void *), struct job *jobs, int n_threads) {
    double best = 0;
    for (int i = 0; i < 3; i++) {
        double once = rate_once(fn, jobs, n_threads);
        if (once > best) best = once;
    }
    return best;
}

int main(int argc, char **argv) {
    int n_threads = argc == 2 ? (int)strtol(argv[1], NULL, 10) : 0;
    if (n_threads < 1 || n_threads > MAX_THREADS) {
        fputs("usage: canary N_THREADS\n", stderr);
        return 2;
    }
    uint64_t *words = malloc(WORDS * sizeof *words);
    if (!words) return 1;
    struct job jobs[MAX_THREADS] = {{0}};
    for (size_t i = 0; i < WORDS; i++) words[i] = i;
    for (int i = 0; i < n_threads; i++) {
        jobs[i] = (struct job){words + WORDS / (size_t)n_threads * (size_t)i,
                               WORDS / (size_t)n_threads, ROUNDS, 0, i};
    }
    for (int c; (c = getchar()) != EOF;) {
        if (c != '\n') continue;
        double computing = rate(compute, jobs, n_threads);
        printf("%.3f %.3f\n", computing, rate(read_words, jobs, n_threads));
        fflush(stdout);
    }
    free(words);
    return jobs[0].sum == 42; /* keeps the sums from being optimised away */
}
