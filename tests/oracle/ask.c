#include "oracle/ask.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ingle/ingle.h"

#define MAX_SCRATCH 64

static char oracle_program[4096];
static char *scratch[MAX_SCRATCH];
static int n_scratch;

void ask_fail(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    fputs("FAILED: ", stdout);
    vprintf(fmt, args);
    va_end(args);
    putchar('\n');
    exit(EXIT_FAILURE);
}

static void remove_scratch(void) {
    for (int i = 0; i < n_scratch; i++) unlink(scratch[i]);
}

const char *ask_scratch(const char *name) {
    const char *tmp = getenv("TMPDIR");
    char path[4096];
    snprintf(path, sizeof path, "%s/ingle-oracle-%ld-%s", tmp ? tmp : "/tmp", (long)getpid(), name);
    for (int i = 0; i < n_scratch; i++) {
        if (strcmp(scratch[i], path) == 0) return scratch[i];
    }
    if (n_scratch == MAX_SCRATCH) ask_fail("Too many scratch files.");
    if (n_scratch == 0) atexit(remove_scratch);
    scratch[n_scratch] = strdup(path);
    return scratch[n_scratch++];
}

void ask_init(const char *dir) {
    const char *override = getenv("INGLE_ORACLE_DIR"), *require = getenv("INGLE_REQUIRE_ORACLE");
    snprintf(oracle_program, sizeof oracle_program, "%s/oracle_llama",
             override && *override ? override : dir);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (access(oracle_program, X_OK) == 0) return;
    if (require && strcmp(require, "1") == 0)
        ask_fail("INGLE_REQUIRE_ORACLE is set, and %s is missing.", oracle_program);
    printf("skipped: no llama.cpp to compare with (%s is missing)\n", oracle_program);
    exit(EXIT_SKIPPED);
}

void ask_need(const char *program) {
    const char *path = getenv("PATH"), *require = getenv("INGLE_REQUIRE_ORACLE");
    char place[4096];
    setvbuf(stdout, NULL, _IOLBF, 0);
    while (path && *path) {
        size_t len = strcspn(path, ":");
        snprintf(place, sizeof place, "%.*s/%s", (int)len, path, program);
        if (access(place, X_OK) == 0) return;
        path += len + (path[len] == ':');
    }
    if (require && strcmp(require, "1") == 0)
        ask_fail("INGLE_REQUIRE_ORACLE is set, and there is no %s.", program);
    printf("skipped: there is no %s to compare with\n", program);
    exit(EXIT_SKIPPED);
}

/* ---- llama.cpp ---- */

static void write_file(const char *path, const void *data, size_t size) {
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0)
        ask_fail("Cannot write '%s'.", path);
}

static char *read_file(const char *path, size_t *size) {
    FILE *f = fopen(path, "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0) ask_fail("Cannot read '%s'.", path);
    long end = ftell(f);
    rewind(f);
    char *data = calloc(1, (size_t)end + 1);
    if (!data || fread(data, 1, (size_t)end, f) != (size_t)end) ask_fail("Cannot read '%s'.", path);
    fclose(f);
    *size = (size_t)end;
    return data;
}

char *ask_program(const char *program, const char *const *args, const void *in, size_t in_size,
                  size_t *out_size) {
    const char *in_path = ask_scratch("in"), *out_path = ask_scratch("out");
    write_file(in_path, in, in_size);
    char *argv[10] = {strdup(program)};
    for (int i = 0; i < 8 && args[i]; i++) argv[i + 1] = strdup(args[i]);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, in_path, O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, out_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t pid;
    int status = -1;
    if (posix_spawnp(&pid, program, &files, NULL, argv, environ) != 0 ||
        waitpid(pid, &status, 0) != pid || status != 0)
        ask_fail("'%s %s %s' ended with status %d.", program, args[0], args[1], status);
    posix_spawn_file_actions_destroy(&files);
    for (int i = 0; argv[i]; i++) free(argv[i]);
    return read_file(out_path, out_size);
}

char *ask_oracle(const char *const args[4], const void *in, size_t in_size, size_t *out_size) {
    const char *const all[] = {args[0], args[1], args[1] ? args[2] : NULL,
                               args[1] && args[2] ? args[3] : NULL, NULL};
    return ask_program(oracle_program, all, in, in_size, out_size);
}

static char *join_ids(const int32_t *ids, int n) {
    char *text = calloc((size_t)n + 1, 12), *at = text;
    if (!text) ask_fail("Out of memory.");
    for (int i = 0; i < n; i++) at += snprintf(at, 12, "%d ", ids[i]);
    return text;
}

float *ask_oracle_logits(const char *model, int n_ctx, const char *kv, const int32_t *ids, int n,
                         int *n_vocab) {
    char ctx[16], *in = join_ids(ids, n);
    snprintf(ctx, sizeof ctx, "%d", n_ctx);
    size_t size;
    char *out = ask_oracle((const char *const[4]){"logits", model, ctx, kv}, in, strlen(in), &size);
    free(in);
    *n_vocab = (int)(size / sizeof(float) / (size_t)n);
    if (size == 0 || size != (size_t)n * (size_t)*n_vocab * sizeof(float))
        ask_fail("llama.cpp gave %zu bytes of logits for %d tokens of '%s'.", size, n, model);
    return (float *)(void *)out;
}

float *ask_oracle_embedding(const char *model, int n_ctx, int pooling, const int32_t *ids, int n,
                            int *n_embd) {
    char ctx[16], how[16], *in = join_ids(ids, n);
    snprintf(ctx, sizeof ctx, "%d", n_ctx);
    snprintf(how, sizeof how, "%d", pooling);
    size_t size;
    char *out = ask_oracle((const char *const[4]){"embed", model, ctx, how}, in, strlen(in), &size);
    free(in);
    *n_embd = (int)(size / sizeof(float));
    return (float *)(void *)out;
}

int32_t *ask_oracle_greedy(const char *model, int n_ctx, const int32_t *ids, int n, int n_new) {
    char ctx[16], count[16], *in = join_ids(ids, n);
    snprintf(ctx, sizeof ctx, "%d", n_ctx);
    snprintf(count, sizeof count, "%d", n_new);
    size_t size;
    char *out =
        ask_oracle((const char *const[4]){"greedy", model, ctx, count}, in, strlen(in), &size);
    int32_t *chosen = calloc((size_t)n_new, sizeof *chosen);
    char *at = out;
    for (int i = 0; i < n_new; i++) {
        char *end;
        chosen[i] = (int32_t)strtol(at, &end, 10);
        if (end == at) ask_fail("llama.cpp chose %d tokens instead of %d.", i, n_new);
        at = end;
    }
    free(in);
    free(out);
    return chosen;
}

/* ---- ingle ---- */

struct ingle {
    ingle_model *model;
    ingle_session *session;
    int n_vocab;
};

static struct ingle open_ingle(const char *path, const char *tier, int n_ctx) {
    struct ingle in = {0};
    ingle_error err;
    ingle_model_options mo = ingle_model_options_default();
    mo.n_threads = 2;
    mo.tier = tier;
    if (ingle_model_open(&in.model, path, &mo, &err) != INGLE_OK) ask_fail("ingle: %s", err.msg);
    ingle_session_options so = ingle_session_options_default();
    so.n_ctx = n_ctx;
    so.n_threads = 2;
    if (ingle_session_new(&in.session, in.model, &so, &err) != INGLE_OK)
        ask_fail("ingle: %s", err.msg);
    in.n_vocab = ingle_model_get_info(in.model).n_vocab;
    return in;
}

static void close_ingle(struct ingle *in) {
    ingle_session_free(in->session);
    ingle_model_close(in->model);
}

static void eval(struct ingle *in, const int32_t *ids, int n, float *logits) {
    ingle_error err;
    if (ingle_session_eval(in->session, ids, (size_t)n, logits, &err) != INGLE_OK)
        ask_fail("ingle: %s", err.msg);
}

float *ask_ingle_logits(const char *model, const char *tier, int n_ctx, const int32_t *ids, int n,
                        int *n_vocab) {
    struct ingle in = open_ingle(model, tier, n_ctx);
    float *logits = calloc((size_t)n * (size_t)in.n_vocab, sizeof *logits);
    if (!logits) ask_fail("Out of memory.");
    eval(&in, ids, n, logits);
    *n_vocab = in.n_vocab;
    close_ingle(&in);
    return logits;
}

float *ask_ingle_embedding(const char *model, const char *tier, int n_ctx, int pooling,
                           const int32_t *ids, int n, int *n_embd) {
    static const ingle_pooling poolings[] = {INGLE_POOLING_MODEL, INGLE_POOLING_MEAN,
                                             INGLE_POOLING_FIRST, INGLE_POOLING_LAST};
    struct ingle in = open_ingle(model, tier, n_ctx);
    ingle_error err;
    *n_embd = ingle_model_get_info(in.model).n_embd;
    float *vector = calloc((size_t)*n_embd, sizeof *vector);
    if (!vector) ask_fail("Out of memory.");
    if (ingle_session_embed(in.session, ids, (size_t)n, poolings[pooling], vector, &err)) {
        ask_fail("%s", err.msg);
    }
    close_ingle(&in);
    return vector;
}

int32_t *ask_ingle_greedy(const char *model, const char *tier, int n_ctx, const int32_t *ids, int n,
                          int n_new) {
    struct ingle in = open_ingle(model, tier, n_ctx);
    int32_t *chosen = calloc((size_t)n_new, sizeof *chosen);
    if (!chosen) ask_fail("Out of memory.");
    eval(&in, ids, n, NULL);
    for (int i = 0; i < n_new; i++) {
        const float *logits = ingle_session_logits(in.session);
        for (int id = 1; id < in.n_vocab; id++) {
            if (logits[id] > logits[chosen[i]]) chosen[i] = id;
        }
        if (i + 1 < n_new) eval(&in, &chosen[i], 1, NULL);
    }
    close_ingle(&in);
    return chosen;
}

const char *ask_tier(size_t i) {
    const char *name;
    bool available;
    for (size_t t = 0; (name = ingle_cpu_tier(t, &available)); t++) {
        if (available && i-- == 0) return name;
    }
    return NULL;
}
