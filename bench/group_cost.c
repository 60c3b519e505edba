/* What a group costs a session that is alone, and what it gives to several: microseconds a token
 * over a session without a group, and tokens/s of 1, 2, 4 and 6 sessions on as many threads, with
 * and without one of them reading a long prompt.
 *
 *   group_cost MODEL [THREADS]
 *
 * Medians of tokens for one session; else the best of rounds that take turns: what other programs
 * take from a round is not the group's. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ingle/ingle.h"

#define MOST 6
#define N_PROMPT 32
#define N_LONG 1024
#define N_GEN 48
#define N_ROUNDS 7

static const int counts[] = {1, 2, 4, 6};
#define N_COUNTS (sizeof counts / sizeof counts[0])

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static void need(ingle_status status, const ingle_error *err) {
    if (status == INGLE_OK) return;
    fprintf(stderr, "group_cost: %s\n", err->msg);
    exit(1);
}

/* One of the threads. */
struct talker {
    ingle_session *session;
    ingle_sampler *sampler;
    pthread_barrier_t *start;
    pthread_t thread;
    int seed;
    double start_ms, end_ms;
};

static void talk(struct talker *t) {
    ingle_token tokens[N_PROMPT];
    ingle_error err;
    ingle_generate_options options = ingle_generate_options_default();
    ingle_generate_result result;
    options.max_tokens = N_GEN;
    options.ignore_end = true;
    options.max_draft = 0; /* random texts repeat themselves: not the same work */
    for (int i = 0; i < N_PROMPT; i++) tokens[i] = 300 + (t->seed * 131 + i * 7919) % 20000;
    need(ingle_session_truncate(t->session, 0, &err), &err);
    need(ingle_session_prompt(t->session, tokens, N_PROMPT, 0, NULL, &err), &err);
    if (t->start) pthread_barrier_wait(t->start);
    t->start_ms = now_ms();
    need(ingle_session_generate(t->session, t->sampler, &options, &result, &err), &err);
    t->end_ms = now_ms();
}

static void *talk_on_a_thread(void *arg) {
    talk(arg);
    return NULL;
}

static void open_talker(struct talker *t, const ingle_model *model, ingle_group *group, int n,
                        int n_threads) {
    ingle_session_options options = ingle_session_options_default();
    ingle_sampling_options greedy = ingle_sampling_options_default();
    ingle_error err;
    options.n_ctx = N_LONG + N_GEN;
    options.n_threads = group ? 0 : n_threads;
    options.group = group;
    greedy.temperature = 0;
    *t = (struct talker){.seed = n};
    need(ingle_session_new(&t->session, model, &options, &err), &err);
    need(ingle_sampler_new(&t->sampler, model, &greedy, &err), &err);
}

static void close_talker(struct talker *t) {
    ingle_session_free(t->session);
    ingle_sampler_free(t->sampler);
}

static double median(double *values, int n) {
    for (int i = 1; i < n; i++) {
        for (int k = i; k > 0 && values[k] < values[k - 1]; k--) {
            double larger = values[k - 1];
            values[k - 1] = values[k];
            values[k] = larger;
        }
    }
    return values[n / 2];
}

/* One session, each token in turn with and without the group, so that both see the same machine. */
static void measure_alone(struct talker *own, struct talker *grouped) {
    static double ms[2][N_ROUNDS * N_GEN];
    struct talker *talkers[2] = {own, grouped};
    ingle_token tokens[N_PROMPT] = {0};
    ingle_error err;
    for (int round = 0; round < N_ROUNDS; round++) {
        for (int k = 0; k < 2; k++) {
            need(ingle_session_truncate(talkers[k]->session, 0, &err), &err);
            need(ingle_session_eval(talkers[k]->session, tokens, N_PROMPT, NULL, &err), &err);
        }
        for (int i = 0; i < N_GEN; i++) {
            for (int j = 0; j < 2; j++) {
                int k = (i + j) % 2;
                ingle_token token = 300 + i;
                double start = now_ms();
                need(ingle_session_eval(talkers[k]->session, &token, 1, NULL, &err), &err);
                ms[k][round * N_GEN + i] = now_ms() - start;
            }
        }
    }
    double alone = median(ms[0], N_ROUNDS * N_GEN), together = median(ms[1], N_ROUNDS * N_GEN);
    printf("one session, without a group  %9.1f us/token\n", alone * 1e3);
    printf("one session, with one         %9.1f us/token (%+.1f)\n", together * 1e3,
           (together - alone) * 1e3);
}

/* Tokens/s of n sessions that generate side by side. */
static double speed(struct talker *talkers, int n) {
    pthread_barrier_t start;
    double first = 0, last = 0;
    pthread_barrier_init(&start, NULL, (unsigned)n);
    for (int i = 0; i < n; i++) {
        talkers[i].start = &start;
        if (pthread_create(&talkers[i].thread, NULL, talk_on_a_thread, &talkers[i]) != 0) exit(1);
    }
    for (int i = 0; i < n; i++) {
        pthread_join(talkers[i].thread, NULL);
        if (i == 0 || talkers[i].start_ms < first) first = talkers[i].start_ms;
        if (i == 0 || talkers[i].end_ms > last) last = talkers[i].end_ms;
    }
    pthread_barrier_destroy(&start);
    return n * N_GEN / (last - first) * 1e3;
}

static void measure_together(struct talker *grouped, struct talker *own) {
    double rate[N_COUNTS + 1] = {0};
    for (int round = 0; round < N_ROUNDS; round++) {
        for (size_t i = 0; i <= N_COUNTS; i++) {
            double r = i < N_COUNTS ? speed(grouped, counts[i]) : speed(own, MOST);
            if (r > rate[i]) rate[i] = r;
        }
    }
    for (size_t i = 0; i < N_COUNTS; i++) {
        printf("%d sessions of a group         %9.1f tokens/s (%.2f x one)\n", counts[i], rate[i],
               rate[i] / rate[0]);
    }
    printf("%d sessions without one        %9.1f tokens/s (%.2f x one)\n", MOST, rate[N_COUNTS],
           rate[N_COUNTS] / rate[0]);
}

/* ---- a long prompt beside answers ---- */

struct reader {
    ingle_session *session;
    double ms;
};

static void *read_prompt(void *arg) {
    struct reader *r = arg;
    static ingle_token tokens[N_LONG];
    ingle_error err;
    for (int i = 0; i < N_LONG; i++) tokens[i] = 300 + (i * 6007) % 20000;
    need(ingle_session_truncate(r->session, 0, &err), &err);
    double start = now_ms();
    need(ingle_session_prompt(r->session, tokens, N_LONG, 0, NULL, &err), &err);
    r->ms = now_ms() - start;
    return NULL;
}

/* Between an answer's tokens, while the prompt is read. */
struct gaps {
    atomic_bool is_counted;
    double last_ms, longest_ms, all_ms;
    int n;
};

static bool note_gap(const ingle_token_report *report, void *user) {
    (void)report;
    struct gaps *g = user;
    double now = now_ms(), gap = now - g->last_ms;
    if (atomic_load(&g->is_counted) && g->last_ms > 0) {
        if (gap > g->longest_ms) g->longest_ms = gap;
        g->all_ms += gap;
        g->n++;
    }
    g->last_ms = now;
    return true;
}

struct answerer {
    struct talker *talker;
    struct gaps gaps;
    ingle_generate_result result;
};

static void *answer(void *arg) {
    struct answerer *a = arg;
    ingle_token token = 400 + a->talker->seed;
    ingle_error err;
    ingle_generate_options options = ingle_generate_options_default();
    options.max_tokens = -1;
    options.ignore_end = true;
    options.max_draft = 0;
    options.on_token = note_gap;
    options.user = &a->gaps;
    need(ingle_session_truncate(a->talker->session, 0, &err), &err);
    need(ingle_session_eval(a->talker->session, &token, 1, NULL, &err), &err);
    (void)!ingle_session_generate(a->talker->session, a->talker->sampler, &options, &a->result,
                                  &err);
    return NULL;
}

/* The round in which the prompt was read soonest. */
static void measure_prompt(struct talker *grouped, int n) {
    static struct answerer answerers[MOST];
    struct gaps best = {0};
    double best_ms = 0;
    for (int round = 0; round < N_ROUNDS; round++) {
        struct reader r = {.session = grouped[MOST - 1].session};
        for (int i = 0; i < n; i++) {
            answerers[i] = (struct answerer){.talker = &grouped[i]};
            if (pthread_create(&grouped[i].thread, NULL, answer, &answerers[i]) != 0) exit(1);
        }
        if (n) nanosleep(&(struct timespec){.tv_nsec = 60000000}, NULL);
        for (int i = 0; i < n; i++) atomic_store(&answerers[i].gaps.is_counted, true);
        read_prompt(&r);
        for (int i = 0; i < n; i++) atomic_store(&answerers[i].gaps.is_counted, false);
        for (int i = 0; i < n; i++) ingle_session_cancel(grouped[i].session);
        for (int i = 0; i < n; i++) pthread_join(grouped[i].thread, NULL);
        if (round > 0 && r.ms >= best_ms) continue;
        best_ms = r.ms;
        if (n) best = answerers[0].gaps;
    }
    printf("prompt of %d, %d answers       %9.1f ms", N_LONG, n, best_ms);
    if (best.n) {
        printf("; a token every %.1f ms, at most %.1f", best.all_ms / best.n, best.longest_ms);
    }
    printf("\n");
}

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc < 2 || argc > 3) {
        fputs("usage: group_cost MODEL [THREADS]\n", stderr);
        return 2;
    }
    int n_threads = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 0;
    ingle_model *model;
    ingle_group *group;
    ingle_error err;
    struct talker grouped[MOST], own[MOST];
    need(ingle_model_open(&model, argv[1], NULL, &err), &err);
    ingle_group_options options = ingle_group_options_default();
    options.n_threads = n_threads;
    need(ingle_group_new(&group, model, &options, &err), &err);
    for (int i = 0; i < MOST; i++) {
        open_talker(&grouped[i], model, group, i, 0);
        open_talker(&own[i], model, NULL, i, n_threads);
    }
    measure_alone(&own[0], &grouped[0]);
    measure_together(grouped, own);
    measure_prompt(grouped, 0);
    measure_prompt(grouped, 1);
    measure_prompt(grouped, 5);
    for (int i = 0; i < MOST; i++) {
        close_talker(&grouped[i]);
        close_talker(&own[i]);
    }
    ingle_group_free(group);
    ingle_model_close(model);
    return 0;
}
