/* ingle as a runner for bench/versus and bench/reach. It stays up, so that samples of several
 * engines can alternate at once: after "ready SECONDS" it answers every line on its input with one.
 *
 *   N_PROMPT N_GEN DEPTH          seconds that a prompt of N_PROMPT random tokens and then N_GEN
 *                                 single ones took, after DEPTH tokens whose time does not count
 *   batch N_SEQ N_GEN DEPTH       seconds that N_GEN tokens of each of N_SEQ sequences took, all
 *                                 sequences in one pass, each after DEPTH tokens of its own
 *   intent N N_NEW DEPTH N_LABEL  milliseconds of each of N queries of N_NEW tokens after DEPTH
 *                                 cached ones, until the likeliest of N_LABEL tokens is known
 *
 *   runner_ingle MODEL N_THREADS N_CTX [f16|bf16|int8 [FOLDER]]
 *
 * FOLDER is where prepared weights are kept. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ingle/ingle.h"

#define N_BATCH 512
#define MAX_SEQ 16
#define MAX_LABELS 64

struct runner {
    ingle_model *model;
    ingle_session_options options;
    ingle_session *sessions[MAX_SEQ]; /* the first is always there */
    int n_sessions;
    int n_vocab;
    int prefix; /* tokens that the first session's last sample began after, and still holds */
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

static ingle_kv_type kv_type(const char *name) {
    if (strcmp(name, "f16") == 0) return INGLE_KV_F16;
    if (strcmp(name, "bf16") == 0) return INGLE_KV_BF16;
    if (strcmp(name, "int8") != 0) die("the cache is f16, bf16 or int8");
    return INGLE_KV_INT8;
}

static void add_sessions(struct runner *r, int n) {
    ingle_error err;
    for (; r->n_sessions < n; r->n_sessions++) {
        if (ingle_session_new(&r->sessions[r->n_sessions], r->model, &r->options, &err) != INGLE_OK)
            die(err.msg);
    }
}

static void open_runner(struct runner *r, int argc, char **argv) {
    ingle_error err;
    ingle_model_options mo = ingle_model_options_default();
    r->options = ingle_session_options_default();
    mo.tier = getenv("INGLE_CPU");
    mo.n_threads = r->options.n_threads = (int)strtol(argv[2], NULL, 10);
    r->options.n_ctx = (int)strtol(argv[3], NULL, 10);
    r->options.n_batch = N_BATCH;
    if (argc > 4) r->options.kv_type = kv_type(argv[4]);
    if (argc > 5) mo.cache_dir = argv[5];
    if (ingle_model_open(&r->model, argv[1], &mo, &err) != INGLE_OK) die(err.msg);
    r->n_vocab = ingle_model_get_info(r->model).n_vocab;
    add_sessions(r, 1);
}

static ingle_token random_token(struct runner *r) {
    r->random = r->random * 1664525u + 1013904223u;
    return (ingle_token)((r->random >> 8) % (uint32_t)r->n_vocab);
}

static void eval(struct runner *r, ingle_session *session, int n) {
    ingle_token ids[N_BATCH];
    ingle_error err;
    for (int i = 0; i < n; i++) ids[i] = random_token(r);
    if (ingle_session_eval(session, ids, (size_t)n, NULL, &err) != INGLE_OK) die(err.msg);
}

static void fill(struct runner *r, ingle_session *session, int n) {
    for (int done = 0; done < n; done += N_BATCH)
        eval(r, session, n - done < N_BATCH ? n - done : N_BATCH);
}

/* The first session holds `depth` tokens; those of the last sample, if it was as deep. */
static void go_to(struct runner *r, int depth) {
    ingle_error err;
    bool same = r->prefix == depth && ingle_session_n_tokens(r->sessions[0]) >= depth;
    if (ingle_session_truncate(r->sessions[0], same ? depth : 0, &err) != INGLE_OK) die(err.msg);
    if (!same) fill(r, r->sessions[0], depth);
    r->prefix = depth;
}

static void sample(struct runner *r, int n_prompt, int n_gen, int depth) {
    go_to(r, depth);
    double start = now();
    fill(r, r->sessions[0], n_prompt);
    for (int i = 0; i < n_gen; i++) eval(r, r->sessions[0], 1);
    printf("%.6f\n", now() - start);
}

/* ---- several sequences in one pass ---- */

/* One token more for each of n sessions. */
static void eval_together(struct runner *r, int n) {
    ingle_batch_item items[MAX_SEQ];
    ingle_token ids[MAX_SEQ];
    ingle_error err;
    for (int i = 0; i < n; i++) {
        ids[i] = random_token(r);
        items[i] = (ingle_batch_item){r->sessions[i], &ids[i], 1};
    }
    if (ingle_session_eval_batch(items, (size_t)n, &err) != INGLE_OK) die(err.msg);
}

static void sample_batch(struct runner *r, int n_seq, int n_gen, int depth) {
    ingle_error err;
    if (n_seq < 1 || n_seq > MAX_SEQ) die("too many sequences");
    add_sessions(r, n_seq);
    go_to(r, depth);
    for (int i = 1; i < n_seq; i++) {
        if (ingle_session_truncate(r->sessions[i], 0, &err) != INGLE_OK) die(err.msg);
        fill(r, r->sessions[i], depth);
    }
    double start = now();
    for (int i = 0; i < n_gen; i++) eval_together(r, n_seq);
    printf("%.6f\n", now() - start);
}

/* ---- intent ---- */

/* The likeliest of the labels. */
static int choose_label(const struct runner *r, const ingle_token *labels, int n) {
    const float *logits = ingle_session_logits(r->sessions[0]);
    int best = 0;
    for (int i = 1; i < n; i++) {
        if (logits[labels[i]] > logits[labels[best]]) best = i;
    }
    return best;
}

static void allow(struct runner *r, const ingle_token *ids, int n) {
    ingle_error err;
    if (ingle_session_allow(r->sessions[0], ids, (size_t)n, &err) != INGLE_OK) die(err.msg);
}

static void sample_intent(struct runner *r, int n, int n_new, int depth, int n_label) {
    ingle_token labels[MAX_LABELS]; /* spread over the vocabulary */
    int sum = 0;
    if (n_label < 1 || n_label > MAX_LABELS) die("too many labels");
    for (int i = 0; i < n_label; i++) labels[i] = (ingle_token)(r->n_vocab / n_label * i);
    go_to(r, depth);
    allow(r, labels, n_label);
    for (int i = 0; i < n; i++) {
        double start = now();
        go_to(r, depth);
        eval(r, r->sessions[0], n_new);
        sum += choose_label(r, labels, n_label);
        printf("%.4f ", 1e3 * (now() - start));
    }
    printf("labels %d\n", sum);
    allow(r, NULL, 0);
}

/* The numbers after `word` at the start of the line; false if that is not where the line begins or
 * there are not n numbers and no more. */
static bool parse(const char *line, const char *word, int n, int numbers[]) {
    size_t len = strlen(word);
    if (strncmp(line, word, len) != 0) return false;
    const char *at = line + len;
    for (int i = 0; i < n; i++) {
        char *end;
        numbers[i] = (int)strtol(at, &end, 10);
        if (end == at) return false;
        at = end;
    }
    return *at == '\n';
}

static void answer(struct runner *r, const char *line) {
    int n[4];
    if (parse(line, "batch ", 3, n))
        sample_batch(r, n[0], n[1], n[2]);
    else if (parse(line, "intent ", 4, n))
        sample_intent(r, n[0], n[1], n[2], n[3]);
    else if (parse(line, "", 3, n))
        sample(r, n[0], n[1], n[2]);
    else
        die("it does not understand that line");
    fflush(stdout);
}

int main(int argc, char **argv) {
    if (argc < 4 || argc > 6) die("usage: runner_ingle MODEL N_THREADS N_CTX [KV [FOLDER]]");
    struct runner r = {0};
    char line[128];
    double start = now();
    open_runner(&r, argc, argv);
    printf("ready %.6f\n", now() - start);
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) answer(&r, line);
    for (int i = 0; i < r.n_sessions; i++) ingle_session_free(r.sessions[i]);
    ingle_model_close(r.model);
    return 0;
}
