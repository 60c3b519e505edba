/* ingle as a runner for bench/versus. It stays up, so that samples of several engines can alternate
 * at once: after "ready SECONDS" it answers every line "N_PROMPT N_GEN DEPTH" on its input with the
 * seconds that a prompt of N_PROMPT random tokens and then N_GEN single ones took, after DEPTH
 * tokens whose time does not count.
 *
 *   runner_ingle MODEL N_THREADS N_CTX */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ingle/ingle.h"

#define N_BATCH 512

struct runner {
    ingle_model *model;
    ingle_session *session;
    int n_vocab;
    uint32_t random;
};

static void die(const char *what) {
    fprintf(stderr, "runner_ingle: %s\n", what);
    exit(1);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void open_runner(struct runner *r, char **argv) {
    ingle_error err;
    ingle_model_options mo = ingle_model_options_default();
    ingle_session_options so = ingle_session_options_default();
    mo.tier = getenv("INGLE_CPU");
    mo.n_threads = so.n_threads = (int)strtol(argv[2], NULL, 10);
    so.n_ctx = (int)strtol(argv[3], NULL, 10);
    so.n_batch = N_BATCH;
    if (ingle_model_open(&r->model, argv[1], &mo, &err) != INGLE_OK) die(err.msg);
    if (ingle_session_new(&r->session, r->model, &so, &err) != INGLE_OK) die(err.msg);
    r->n_vocab = ingle_model_get_info(r->model).n_vocab;
}

static void eval(struct runner *r, int n) {
    ingle_token ids[N_BATCH];
    ingle_error err;
    for (int i = 0; i < n; i++) {
        r->random = r->random * 1664525u + 1013904223u;
        ids[i] = (ingle_token)((r->random >> 8) % (uint32_t)r->n_vocab);
    }
    if (ingle_session_eval(r->session, ids, (size_t)n, NULL, &err) != INGLE_OK) die(err.msg);
}

static void fill(struct runner *r, int n) {
    for (int done = 0; done < n; done += N_BATCH) eval(r, n - done < N_BATCH ? n - done : N_BATCH);
}

static double sample(struct runner *r, int n_prompt, int n_gen, int depth) {
    ingle_error err;
    if (ingle_session_truncate(r->session, 0, &err) != INGLE_OK) die(err.msg);
    fill(r, depth);
    double start = now();
    fill(r, n_prompt);
    for (int i = 0; i < n_gen; i++) eval(r, 1);
    return now() - start;
}

/* The three numbers of the next line; false at the end of the input. */
static bool read_request(int request[3]) {
    char line[128], *at = line;
    if (!fgets(line, sizeof line, stdin)) return false;
    for (int i = 0; i < 3; i++) request[i] = (int)strtol(at, &at, 10);
    return true;
}

int main(int argc, char **argv) {
    if (argc != 4) die("usage: runner_ingle MODEL N_THREADS N_CTX");
    struct runner r = {0};
    double start = now();
    open_runner(&r, argv);
    printf("ready %.6f\n", now() - start);
    fflush(stdout);
    int request[3];
    while (read_request(request)) {
        printf("%.6f\n", sample(&r, request[0], request[1], request[2]));
        fflush(stdout);
    }
    ingle_session_free(r.session);
    ingle_model_close(r.model);
    return 0;
}
