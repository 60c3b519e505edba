/* A model that `ingle learn text` makes, in both engines: the ids of a text, the logits behind each
 * of them, what is written on from there. Trained here, for a few seconds, on a made-up language.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ingle/ingle.h"
#include "learn/text/text_file.h"
#include "oracle/ask.h"
#include "support/made_language.h"

#define N_CTX 128
#define N_STEPS 150
#define N_NEW 60
#define MAX_IDS 128
#define PROMPT "Gwen has a golden goose. The goose of Gwen is golden.\nHugo has a"

struct trained {
    struct learn l;
    struct text_data data;
    struct text_run run;
};

static void need(ingle_status status, const ingle_error *err) {
    if (status != INGLE_OK) ask_fail("ingle: %s", err->msg);
}

static void train(struct trained *t) {
    struct buf text;
    ingle_error err;
    struct text_options opt = text_options_default();
    opt.n_vocab = 400;
    opt.n_embd = 64;
    opt.n_layer = 2;
    opt.n_head = 2;
    opt.n_ctx = N_CTX;
    opt.n_batch = 1024;
    opt.n_steps = N_STEPS;
    buf_init(&text, 1 << 20);
    (void)made_language_write(&text, 200000, 3);
    need(learn_init(&t->l, cpu_tier_detect(), 2, 1, &err), &err);
    struct text_source source = {"made", text.data, text.size};
    need(text_data_init(&t->data, &source, 1, opt.n_vocab, N_CTX, &err), &err);
    need(text_run_init(&t->run, &t->l, &t->data, &opt, &err), &err);
    while (t->run.step < N_STEPS) need(text_run_step(&t->run, &err), &err);
    buf_clear(&text);
}

static const char *write_file(const struct trained *t, enum text_file_type type) {
    static const char *const names[] = {"trained-f16.gguf", "trained-f32.gguf",
                                        "trained-q8_0.gguf"};
    static const struct text_file_labels labels = {"trained", "", ""};
    struct buf bytes;
    ingle_error err;
    buf_init(&bytes, 64 << 20);
    need(text_file_make(&t->run, type, &labels, &bytes, &err), &err);
    const char *path = ask_scratch(names[type]);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes.data, 1, bytes.size, f) != bytes.size || fclose(f) != 0) {
        ask_fail("Cannot write to %s.", path);
    }
    buf_clear(&bytes);
    return path;
}

/* The ids of the prompt, which both engines must find alike. */
static int prompt_ids(const char *path, int32_t *ids) {
    char in[4 + sizeof PROMPT];
    uint32_t len = sizeof PROMPT - 1;
    size_t size, n_ours;
    int n = 0;
    int32_t ours[MAX_IDS];
    ingle_model *model;
    ingle_error err;
    memcpy(in, &len, 4);
    memcpy(in + 4, PROMPT, len);
    char *out = ask_oracle((const char *const[4]){"tokens", path, "1", NULL}, in, 4 + len, &size);
    for (char *at = out, *end; n < MAX_IDS; at = end, n++) {
        ids[n] = (int32_t)strtol(at, &end, 10);
        if (end == at) break;
    }
    free(out);
    need(ingle_model_open(&model, path, NULL, &err), &err);
    need(ingle_tokenize(model, PROMPT, len, INGLE_TOKENIZE_ADD_SPECIAL, ours, MAX_IDS, &n_ours,
                        &err),
         &err);
    ingle_model_close(model);
    if ((int)n_ours != n || memcmp(ours, ids, (size_t)n * sizeof *ids) != 0)
        ask_fail("The prompt has %zu tokens in ingle, %d other ones in llama.cpp.", n_ours, n);
    return n;
}

static double worst_difference(const float *a, const float *b, size_t n) {
    double worst = 0.0;
    for (size_t i = 0; i < n; i++) worst = fmax(worst, fabs((double)a[i] - (double)b[i]));
    return worst;
}

/* Returns how many comparisons failed. */
static int compare(const char *path, const char *name, double bound) {
    int32_t ids[MAX_IDS];
    int n = prompt_ids(path, ids), n_vocab, n_theirs, n_failed = 0;
    const char *tier;
    float *theirs = ask_oracle_logits(path, N_CTX, "f16", ids, n, &n_theirs);
    int32_t *go_on = ask_oracle_greedy(path, N_CTX, ids, n, N_NEW);
    for (size_t t = 0; (tier = ask_tier(t)); t++) {
        float *ours = ask_ingle_logits(path, tier, N_CTX, ids, n, &n_vocab);
        if (n_vocab != n_theirs)
            ask_fail("The vocabulary has %d tokens, not %d.", n_theirs, n_vocab);
        double worst = worst_difference(ours, theirs, (size_t)n * (size_t)n_vocab);
        int32_t *chosen = ask_ingle_greedy(path, tier, N_CTX, ids, n, N_NEW);
        int same = 0;
        while (same < N_NEW && chosen[same] == go_on[same]) same++;
        printf("%s %s: logits differ by %.5f at most, %d of %d tokens alike\n", name, tier, worst,
               same, N_NEW);
        n_failed += worst > bound || same < N_NEW;
        free(ours);
        free(chosen);
    }
    free(theirs);
    free(go_on);
    return n_failed;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: compare_trained ORACLE_DIR\n");
        return 2;
    }
    ask_init(argv[1]);
    struct trained t = {0};
    train(&t);
    int n_failed = compare(write_file(&t, TEXT_FILE_F32), "f32", 0.02);
    n_failed += compare(write_file(&t, TEXT_FILE_F16), "f16", 0.05);
    n_failed += compare(write_file(&t, TEXT_FILE_Q8_0), "q8_0", 0.3);
    text_run_clear(&t.run);
    text_data_clear(&t.data);
    learn_clear(&t.l);
    return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
