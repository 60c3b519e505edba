/* What the prefix cache saves: time to the first logits of a prompt of 12 new tokens behind 200
 * known ones, with and without it; and what its snapshots cost.
 *
 *   prefix_cache MODEL [THREADS]     medians in milliseconds, of rounds that take turns */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ingle/ingle.h"

#define N_PREFIX 200
#define N_NEW 12
#define N_ALL (N_PREFIX + N_NEW)
#define N_ROUNDS 31

enum measure { ANEW, CACHED, SAME_SESSION, TYPED, N_MEASURES };
static const char *const names[N_MEASURES] = {"everything computed", "prefix from the cache",
                                              "prefix in the session",
                                              "typed: the last token at Enter"};

struct bytes {
    char *data;
    size_t size, cap, at;
};

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static void need(ingle_status status, const ingle_error *err) {
    if (status == INGLE_OK) return;
    fprintf(stderr, "prefix_cache: %s\n", err->msg);
    exit(1);
}

static bool put(const void *data, size_t size, void *user) {
    struct bytes *b = user;
    if (size > b->cap - b->size) return false;
    memcpy(b->data + b->size, data, size);
    b->size += size;
    return true;
}

static bool get(void *data, size_t size, void *user) {
    struct bytes *b = user;
    if (size > b->size - b->at) return false;
    memcpy(data, b->data + b->at, size);
    b->at += size;
    return true;
}

static ingle_session *open_session(const ingle_model *model, int n_threads,
                                   ingle_prefix_cache *cache) {
    ingle_session_options options = ingle_session_options_default();
    options.n_ctx = 512;
    options.n_threads = n_threads;
    options.prefix_cache = cache;
    ingle_session *s;
    ingle_error err;
    need(ingle_session_new(&s, model, &options, &err), &err);
    return s;
}

static ingle_prefix_cache *open_cache(const ingle_model *model) {
    ingle_prefix_cache *cache;
    ingle_error err;
    need(ingle_prefix_cache_new(&cache, model, NULL, &err), &err);
    return cache;
}

static double prompt(ingle_session *s, const ingle_token *tokens, size_t n, unsigned flags) {
    ingle_error err;
    double start = now_ms();
    need(ingle_session_prompt(s, tokens, n, flags, NULL, &err), &err);
    return now_ms() - start;
}

/* The query of a round: other tokens behind the same prefix. */
static void ask(ingle_token *tokens, int round) {
    for (int i = N_PREFIX; i < N_ALL; i++) tokens[i] = 300 + (round * 131 + i * 17) % 20000;
}

static double median(double *values) {
    for (int i = 1; i < N_ROUNDS; i++) {
        for (int k = i; k > 0 && values[k] < values[k - 1]; k--) {
            double larger = values[k - 1];
            values[k - 1] = values[k];
            values[k] = larger;
        }
    }
    return values[N_ROUNDS / 2];
}

static void measure_prompts(const ingle_model *model, int n_threads, ingle_prefix_cache *cache,
                            ingle_token *tokens) {
    static double ms[N_MEASURES][N_ROUNDS];
    ingle_session *same = open_session(model, n_threads, NULL);
    for (int round = -1; round < N_ROUNDS; round++) {
        int at = round < 0 ? 0 : round; /* the first is to warm up */
        ask(tokens, round);
        ingle_session *s = open_session(model, n_threads, NULL);
        ms[ANEW][at] = prompt(s, tokens, N_ALL, 0);
        ingle_session_free(s);
        s = open_session(model, n_threads, cache);
        ms[CACHED][at] = prompt(s, tokens, N_ALL, 0);
        ingle_session_free(s);
        ms[SAME_SESSION][at] = prompt(same, tokens, N_ALL, 0);
        s = open_session(model, n_threads, cache);
        prompt(s, tokens, N_ALL - 1, INGLE_PROMPT_MORE);
        ms[TYPED][at] = prompt(s, tokens, N_ALL, 0);
        ingle_session_free(s);
    }
    ingle_session_free(same);
    for (int i = 0; i < N_MEASURES; i++) printf("%-32s %9.2f ms\n", names[i], median(ms[i]));
}

static void measure_snapshots(const ingle_model *model, ingle_prefix_cache *cache,
                              const ingle_token *tokens) {
    static double saved[N_ROUNDS], loaded[N_ROUNDS];
    struct bytes b = {.cap = (size_t)256 << 20};
    double first = 0;
    ingle_error err;
    b.data = malloc(b.cap);
    if (!b.data) exit(1);
    memset(b.data, 1, b.cap);
    ingle_prefix_cache *other = open_cache(model);
    for (int round = -1; round < N_ROUNDS; round++) {
        b.size = b.at = 0;
        double start = now_ms();
        need(ingle_prefix_cache_save_prompt(cache, tokens, N_PREFIX, put, &b, &err), &err);
        double end = now_ms();
        if (round < 0) first = end - start;
        saved[round < 0 ? 0 : round] = end - start;
        if (round < 0) {
            start = now_ms();
            need(ingle_prefix_cache_load(other, get, &b, &err), &err);
            printf("%-32s %9.2f ms\n", "first load, with the fingerprint", now_ms() - start);
            b.at = 0;
        }
        ingle_prefix_cache_free(other);
        other = open_cache(model);
        /* The fingerprint is taken once for each cache: an empty snapshot first. */
        struct bytes none = {.data = b.data + b.size, .cap = b.cap - b.size};
        need(ingle_prefix_cache_save(other, put, &none, &err), &err);
        start = now_ms();
        need(ingle_prefix_cache_load(other, get, &b, &err), &err);
        loaded[round < 0 ? 0 : round] = now_ms() - start;
    }
    ingle_prefix_cache_free(other);
    printf("%-32s %9.2f ms\n", "first save, with the fingerprint", first);
    printf("%-32s %9.2f ms\n", "save 200 tokens", median(saved));
    printf("%-32s %9.2f ms\n", "load 200 tokens", median(loaded));
    printf("%-32s %9.2f MB\n", "snapshot of 200 tokens", (double)b.size * 1e-6);
    free(b.data);
}

int main(int argc, char **argv) {
    if (argc < 2 || argc > 3) {
        fputs("usage: prefix_cache MODEL [THREADS]\n", stderr);
        return 2;
    }
    int n_threads = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 0;
    ingle_model *model;
    ingle_error err;
    need(ingle_model_open(&model, argv[1], NULL, &err), &err);
    ingle_token tokens[N_ALL];
    for (int i = 0; i < N_PREFIX; i++) tokens[i] = 300 + i * 7919 % 20000;
    ingle_prefix_cache *cache = open_cache(model);
    ingle_session *s = open_session(model, n_threads, cache);
    prompt(s, tokens, N_PREFIX, INGLE_PROMPT_MORE);
    ingle_session_free(s);
    measure_prompts(model, n_threads, cache, tokens);
    measure_snapshots(model, cache, tokens);
    ingle_prefix_cache_free(cache);
    ingle_model_close(model);
    return 0;
}
