/* llama.cpp as a runner for bench/versus, over the library that tests/oracle/fetch downloads, which
 * also builds this program. The protocol is runner_ingle.c's. As llama-bench does it: random
 * tokens, logits of the last one only, no sampling, a thread pool that outlives the passes. Flash
 * attention is an argument, because which is faster depends on the machine and the length.
 *
 *   runner_llama MODEL N_THREADS N_CTX FLASH(0 or 1) */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "llama.h"

#define N_BATCH 512

struct runner {
    struct llama_context *ctx;
    int n_vocab;
    int n_threads;
    int prefix; /* tokens that the last sample began after, still in the cache */
};

static void die(const char *what) {
    fprintf(stderr, "runner_llama: %s\n", what);
    exit(1);
}

static void quiet(enum ggml_log_level level, const char *text, void *user) {
    (void)user;
    if (level == GGML_LOG_LEVEL_ERROR) fputs(text, stderr);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* A function of the CPU back end, which is loaded at run time. */
static void *cpu_function(const char *name) {
    ggml_backend_dev_t cpu = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
    if (!cpu) die("there is no CPU back end");
    void *f = ggml_backend_reg_get_proc_address(ggml_backend_dev_backend_reg(cpu), name);
    if (!f) die(name);
    return f;
}

/* Without a pool of its own, this build of llama.cpp would start threads for every token. */
static void open_pool(struct runner *r) {
    struct ggml_threadpool *(*make)(struct ggml_threadpool_params *);
    struct ggml_threadpool_params params = ggml_threadpool_params_default(r->n_threads);
    *(void **)&make = cpu_function("ggml_threadpool_new");
    struct ggml_threadpool *pool = make(&params);
    if (!pool) die("cannot make a thread pool");
    llama_attach_threadpool(r->ctx, pool, NULL);
}

/* Idle threads of the pool poll for about 0.1 s before they sleep, which would slow down the next
 * engine: the answer waits for that. */
static void calm_down(void) {
    nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
}

static void open_runner(struct runner *r, char **argv) {
    char dir[4096];
    const char *slash = strrchr(argv[0], '/');
    snprintf(dir, sizeof dir, "%.*s/lib", slash ? (int)(slash - argv[0]) : 1,
             slash ? argv[0] : ".");
    llama_log_set(quiet, NULL);
    ggml_backend_load_all_from_path(dir);
    llama_backend_init();
    struct llama_model_params mp = llama_model_default_params();
    mp.n_gpu_layers = 0;
    struct llama_model *model = llama_model_load_from_file(argv[1], mp);
    if (!model) die("cannot load the model");
    struct llama_context_params cp = llama_context_default_params();
    cp.n_ctx = (uint32_t)atoi(argv[3]);
    cp.n_batch = cp.n_ubatch = N_BATCH;
    cp.n_threads = cp.n_threads_batch = r->n_threads = atoi(argv[2]);
    cp.flash_attn_type =
        atoi(argv[4]) ? LLAMA_FLASH_ATTN_TYPE_ENABLED : LLAMA_FLASH_ATTN_TYPE_DISABLED;
    r->ctx = llama_init_from_model(model, cp);
    if (!r->ctx) die("cannot make a context");
    r->n_vocab = llama_vocab_n_tokens(llama_model_get_vocab(model));
    open_pool(r);
}

static void decode(struct runner *r, int n) {
    llama_token ids[N_BATCH];
    for (int i = 0; i < n; i++) ids[i] = rand() % r->n_vocab;
    if (llama_decode(r->ctx, llama_batch_get_one(ids, n)) != 0) die("decoding failed");
    llama_synchronize(r->ctx);
}

static void fill(struct runner *r, int n) {
    for (int done = 0; done < n; done += N_BATCH)
        decode(r, n - done < N_BATCH ? n - done : N_BATCH);
}

/* The cache holds `depth` tokens and nothing else. */
static void go_to(struct runner *r, int depth) {
    llama_memory_t memory = llama_get_memory(r->ctx);
    if (r->prefix == depth && llama_memory_seq_rm(memory, 0, depth, -1)) return;
    llama_memory_clear(memory, false);
    fill(r, depth);
    r->prefix = depth;
}

static double sample(struct runner *r, int n_prompt, int n_gen, int depth) {
    go_to(r, depth);
    double start = now();
    fill(r, n_prompt);
    for (int i = 0; i < n_gen; i++) decode(r, 1);
    double seconds = now() - start;
    calm_down();
    return seconds;
}

int main(int argc, char **argv) {
    if (argc != 5) die("usage: runner_llama MODEL N_THREADS N_CTX FLASH");
    struct runner r = {0};
    double start = now();
    open_runner(&r, argv);
    printf("ready %.6f\n", now() - start);
    fflush(stdout);
    int n_prompt, n_gen, depth;
    while (scanf("%d %d %d", &n_prompt, &n_gen, &depth) == 3) {
        printf("%.6f\n", sample(&r, n_prompt, n_gen, depth));
        fflush(stdout);
    }
    return 0;
}
