/* llama.cpp as a runner for bench/versus, over the library that tests/oracle/fetch prepares; built
 * there. The protocol is peer_ingle.c's. Like llama-bench: random tokens, logits of the last one
 * only, no sampling, a thread pool that lives as long as the context.
 *
 *   peer_llama MODEL N_THREADS N_CTX FLASH(0/1) */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "llama.h"

#define N_BATCH 512

static void die(const char *what) {
    fprintf(stderr, "peer_llama: %s\n", what);
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

/* The pool's functions live in the CPU back end, which is loaded at run time. */
struct pool {
    struct ggml_threadpool *pool;
    void (*pause)(struct ggml_threadpool *);
    void (*resume)(struct ggml_threadpool *);
};

static void *cpu_function(const char *name) {
    ggml_backend_dev_t cpu = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
    if (!cpu) die("no CPU back end");
    void *f = ggml_backend_reg_get_proc_address(ggml_backend_dev_backend_reg(cpu), name);
    if (!f) die(name);
    return f;
}

static struct pool open_pool(struct llama_context *ctx, int n_threads) {
    struct ggml_threadpool *(*make)(struct ggml_threadpool_params *);
    struct pool p;
    struct ggml_threadpool_params params = ggml_threadpool_params_default(n_threads);
    *(void **)&make = cpu_function("ggml_threadpool_new");
    ggml_backend_dev_t cpu = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
    (void)cpu;
    p.pool = make(&params);
    p.pause = NULL;
    p.resume = NULL;
    llama_attach_threadpool(ctx, p.pool, NULL);
    return p;
}

static void decode(struct llama_context *ctx, int n, int n_vocab) {
    llama_token ids[N_BATCH];
    for (int i = 0; i < n; i++) ids[i] = rand() % n_vocab;
    if (llama_decode(ctx, llama_batch_get_one(ids, n)) != 0) die("decode failed");
    llama_synchronize(ctx);
}

static void fill(struct llama_context *ctx, int n, int n_vocab) {
    for (int done = 0; done < n; done += N_BATCH) {
        decode(ctx, n - done < N_BATCH ? n - done : N_BATCH, n_vocab);
    }
}

/* One sample: n_prompt tokens at once, or n_gen one by one, after depth tokens. */
static double sample(struct llama_context *ctx, int n_prompt, int n_gen, int depth, int n_vocab) {
    llama_memory_clear(llama_get_memory(ctx), false);
    fill(ctx, depth, n_vocab);
    double start = now();
    fill(ctx, n_prompt, n_vocab);
    for (int i = 0; i < n_gen; i++) decode(ctx, 1, n_vocab);
    return now() - start;
}

int main(int argc, char **argv) {
    if (argc != 5) die("usage: peer_llama MODEL N_THREADS N_CTX FLASH");
    char dir[4096];
    const char *slash = strrchr(argv[0], '/');
    snprintf(dir, sizeof dir, "%.*s/lib", slash ? (int)(slash - argv[0]) : 1,
             slash ? argv[0] : ".");
    llama_log_set(quiet, NULL);
    double start = now();
    ggml_backend_load_all_from_path(dir);
    llama_backend_init();
    struct llama_model_params mp = llama_model_default_params();
    mp.n_gpu_layers = 0;
    struct llama_model *model = llama_model_load_from_file(argv[1], mp);
    if (!model) die("cannot load the model");
    struct llama_context_params cp = llama_context_default_params();
    cp.n_ctx = (uint32_t)atoi(argv[3]);
    cp.n_batch = cp.n_ubatch = N_BATCH;
    cp.n_threads = cp.n_threads_batch = atoi(argv[2]);
    cp.flash_attn_type =
        atoi(argv[4]) ? LLAMA_FLASH_ATTN_TYPE_ENABLED : LLAMA_FLASH_ATTN_TYPE_DISABLED;
    struct llama_context *ctx = llama_init_from_model(model, cp);
    if (!ctx) die("cannot make a context");
    open_pool(ctx, cp.n_threads);
    int n_vocab = llama_vocab_n_tokens(llama_model_get_vocab(model));
    printf("ready %.6f\n", now() - start);
    fflush(stdout);
    int n_prompt, n_gen, depth;
    while (scanf("%d %d %d", &n_prompt, &n_gen, &depth) == 3) {
        printf("%.6f\n", sample(ctx, n_prompt, n_gen, depth, n_vocab));
        fflush(stdout);
    }
    return 0;
}
