/* What a worker with slots costs somebody who asks alone, and what it gives to several:
 * microseconds a token over a worker without slots, tokens/s of all who ask at the same time, and
 * what is done around an answer of a long conversation (its tokens are remembered, a slot turns to
 * a client).
 *
 *   slots_cost MODEL [TOKENS [THREADS]]     medians of rounds that take turns, or the best */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/compiler.h"
#include "base/status.h"
#include "worker/client/worker.h"
#include "worker/serve/worker_main.h"
#include "worker/wire/msg_generate.h"

#define N_ROUNDS 9
#define N_ALONE 40
#define N_SLOTS 6
#define N_PROMPT 32
#define N_LONG 2000
#define N_ANSWER 1000

static const int counts[] = {1, 2, 4, N_SLOTS};

static void check(ingle_status status, const ingle_error *err) {
    if (status == INGLE_OK) return;
    fprintf(stderr, "slots_cost: %s\n", err->msg);
    exit(1);
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double median(double *values) {
    qsort(values, N_ROUNDS, sizeof *values, by_value);
    return values[N_ROUNDS / 2];
}

static struct worker *start(const char *path, int n_slots, int n_threads) {
    ingle_error err = {0};
    struct worker *w;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct msg_start m = {.has_session = true,
                          .model_name = path,
                          .n_ctx = 4096,
                          .n_slots = n_slots,
                          .has_prefix_cache = true,
                          .prefix_cache_bytes = (uint64_t)2 << 30,
                          .session_threads = n_threads};
    struct worker_files files = {.shards = &fd, .n_shards = 1, .packed = -1, .packed_new = -1};
    check(worker_new(&w, &m, &files, &err), &err);
    close(fd);
    return w;
}

/* ---- requests ---- */

struct asked {
    ingle_token ids[N_LONG];
    struct msg_generated told;
    double sent_ms, done_ms;
};

static bool on_answer(enum msg_type type, const void *body, size_t size, void *user) {
    (void)body;
    (void)size;
    (void)user;
    return type == MSG_TEXT;
}

static void on_done(ingle_status status, const ingle_error *err, void *user) {
    struct asked *a = user;
    check(status, err);
    a->done_ms = clock_ms();
}

static void ask(struct worker *w, struct asked *a, unsigned client, int n_prompt, int n_tokens) {
    ingle_error err;
    uint32_t id;
    for (int i = 0; i < n_prompt; i++) {
        a->ids[i] = (ingle_token)(300 + (client * 7919U + (unsigned)i * 31U) % 200U);
    }
    struct msg_generate m = {.prompt = {"", 0},
                             .ids = a->ids,
                             .n_ids = (size_t)n_prompt,
                             .sampling = ingle_sampling_options_default(),
                             .max_tokens = n_tokens,
                             .ignore_end = true,
                             .n_logprobs = -1};
    m.sampling.temperature = 0.9F; /* so that no guess ahead is right */
    m.sampling.seed = client + 1;
    const struct worker_ask question = {.asker = {.client = client},
                                        .type = MSG_GENERATE,
                                        .visit = msg_generate,
                                        .request = &m,
                                        .visit_result = msg_generated,
                                        .result = &a->told,
                                        .result_size = sizeof a->told,
                                        .on_answer = on_answer,
                                        .user = a,
                                        .on_done = on_done};
    a->sent_ms = clock_ms();
    check(worker_begin(w, &question, &id, &err), &err);
}

static void hear_all(struct worker *w) {
    while (worker_n_open(w) > 0) {
        struct pollfd p = {.fd = worker_socket(w), .events = POLLIN};
        (void)poll(&p, 1, 100);
        worker_turn(w);
    }
}

static struct asked all[N_SLOTS];

/* Milliseconds, for all of them together. */
static double talk(struct worker *w, int n, int n_tokens) {
    double begin = clock_ms();
    for (int i = 0; i < n; i++) ask(w, &all[i], (unsigned)i, N_PROMPT, n_tokens);
    hear_all(w);
    return clock_ms() - begin;
}

/* ---- measures ---- */

/* The best of many: who else works in the machine makes it only slower. */
static void measure_alone(struct worker *none, struct worker *slots, int n_tokens) {
    double without = 1e9, with = 1e9;
    for (int i = 0; i < N_ALONE; i++) {
        double a = talk(none, 1, n_tokens), b = talk(slots, 1, n_tokens);
        if (a < without) without = a;
        if (b < with) with = b;
    }
    without *= 1e3 / n_tokens;
    with *= 1e3 / n_tokens;
    printf("a token, asked alone: %.1f us without slots, %.1f with %d: %+.1f\n", without, with,
           N_SLOTS, with - without);
}

static void measure_together(struct worker *w, int n_tokens) {
    double rates[BASE_COUNT(counts)][N_ROUNDS];
    for (int i = 0; i < N_ROUNDS; i++) {
        for (size_t k = 0; k < BASE_COUNT(counts); k++) {
            rates[k][i] = 1e3 * counts[k] * n_tokens / talk(w, counts[k], n_tokens);
        }
    }
    double one = median(rates[0]);
    for (size_t k = 0; k < BASE_COUNT(counts); k++) {
        double rate = k == 0 ? one : median(rates[k]);
        printf("%d at once: %.0f tokens/s, %.2f of one\n", counts[k], rate, rate / one);
    }
}

/* What is neither the prompt nor the answer. */
static double around(const struct asked *a) {
    const struct msg_generated *t = &a->told;
    return a->done_ms - a->sent_ms - t->prefill_ms - t->result.first_ms - t->result.decode_ms;
}

static void measure_around(struct worker *w) {
    double first[N_ROUNDS], again[N_ROUNDS], turned[N_ROUNDS], read[N_ROUNDS];
    for (int i = 0; i < N_ROUNDS; i++) {
        unsigned client = 100 + (unsigned)i;
        ask(w, &all[0], client, N_LONG, 8);
        hear_all(w);
        first[i] = around(&all[0]);
        ask(w, &all[0], client, N_LONG, 8);
        hear_all(w);
        again[i] = around(&all[0]);
        for (unsigned k = 0; k < N_SLOTS; k++) ask(w, &all[k], 1, N_PROMPT, 8); /* all turn */
        hear_all(w);
        ask(w, &all[0], client, N_LONG, 8);
        hear_all(w);
        turned[i] = around(&all[0]);
        read[i] = all[0].told.prefill_ms;
        if (all[0].told.n_reused != N_LONG - 1) fprintf(stderr, "slots_cost: it forgot\n");
    }
    printf("around an answer at %d tokens: %.2f ms, %.2f again, %.2f in a slot that was another's "
           "(its prompt, remembered: %.2f)\n",
           N_LONG, median(first), median(again), median(turned), median(read));
}

/* All of a long answer is remembered when it has ended. */
static void measure_long_answer(struct worker *w) {
    double best = 1e9;
    for (unsigned i = 0; i < 3; i++) {
        ask(w, &all[0], 200 + i, N_PROMPT, N_ANSWER);
        hear_all(w);
        if (around(&all[0]) < best) best = around(&all[0]);
    }
    printf("around an answer of %d tokens: %.2f ms at best\n", N_ANSWER, best);
}

int main(int argc, char **argv) {
    if (worker_is_role(argc, argv)) return worker_main();
    if (argc < 2) {
        fputs("usage: slots_cost MODEL [TOKENS [THREADS]]\n", stderr);
        return 2;
    }
    int n_tokens = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 128;
    int n_threads = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 0;
    if (n_tokens < 1 || n_tokens > 2000) return 2;
    struct worker *none = start(argv[1], 0, n_threads), *slots = start(argv[1], N_SLOTS, n_threads);
    measure_alone(none, slots, n_tokens);
    worker_free(none);
    measure_together(slots, n_tokens);
    measure_around(slots);
    measure_long_answer(slots);
    worker_free(slots);
    return 0;
}
