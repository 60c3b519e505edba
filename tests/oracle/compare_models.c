/* Compares ingle's forward pass with llama.cpp's on models made here, in every kernel tier of this
 * machine. One argument before the oracle's folder says what:
 *
 *   float      F32 and F16 weights: logits at every position
 *   quantised  every block type: divergence from the exact evaluation of the same weights
 *   greedy     F32: 64 chosen tokens
 *   vectors    F32: texts as vectors, pooled in three ways
 *
 * Prints its measurements as the tables of docs/agreement.md. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "oracle/ask.h"
#include "oracle/cases.h"
#include "oracle/measure.h"

#define N_PROMPT 150 /* more than two blocks of keys, not a multiple of anything */
#define N_SHORT 9
#define N_NEW 64
#define FLOAT_BOUND 1e-3
#define QUANT_BOUND 1.1
#define VECTOR_BOUND 1e-5
#define SEEDS 3 /* of every model; the ratio is then known to 2 or 3 % */
#define MAX_MODELS 96
#define MAX_TIES 4
#define MAX_TIERS 8

static int n_failed;

static void make(const char *path, const struct oracle_case *c, const char *type, uint64_t seed,
                 bool exact) {
    struct make_model_spec spec = c->spec;
    spec.type = type;
    spec.seed = seed;
    spec.exact = exact;
    if (!make_model_write(path, &spec)) ask_fail("No model, no comparison.");
}

static void random_ids(int32_t *ids, int n, uint64_t seed) {
    struct rng rng;
    rng_init(&rng, seed);
    for (int i = 0; i < n; i++) ids[i] = (int32_t)rng_below(&rng, 256);
}

static void print_tiers(const char *head) {
    const char *tier;
    size_t n = 0;
    printf("| %s |", head);
    for (; (tier = ask_tier(n)); n++) printf(" %s |", tier);
    printf("\n|");
    for (const char *c = head; *c; c++) {
        if (*c == '|') printf("---|");
    }
    while (n--) printf("---|");
    printf("---|\n");
}

/* ---- F32 and F16 ---- */

/* A row of the table: every tier's logits for the model at path against `theirs`. */
static void print_errors(const char *path, const int32_t *ids, const float *theirs, int n_vocab) {
    const char *tier;
    int ours_vocab;
    for (size_t t = 0; (tier = ask_tier(t)); t++) {
        float *ours = ask_ingle_logits(path, tier, CASES_N_CTX, ids, N_PROMPT, &ours_vocab);
        double error =
            n_vocab == ours_vocab ? measure_relative(ours, theirs, N_PROMPT, n_vocab) : INFINITY;
        bool ok = error <= FLOAT_BOUND;
        n_failed += !ok;
        printf(" %.1e%s |", error, ok ? "" : " FAILED");
        free(ours);
    }
    putchar('\n');
}

/* The exact evaluation is llama.cpp's of the same values in F32 all through, the cache too. */
static void float_case(const struct oracle_case *c, const char *type, uint64_t seed) {
    const char *path = ask_scratch("model.gguf"), *exact_path = ask_scratch("exact.gguf");
    int32_t ids[N_PROMPT];
    int n_vocab;
    make(path, c, type, seed, false);
    make(exact_path, c, type, seed, true);
    random_ids(ids, N_PROMPT, seed);
    float *theirs = ask_oracle_logits(path, CASES_N_CTX, "f16", ids, N_PROMPT, &n_vocab);
    float *exact = ask_oracle_logits(exact_path, CASES_N_CTX, "f32", ids, N_PROMPT, &n_vocab);
    double distance = measure_relative(theirs, exact, N_PROMPT, n_vocab);
    printf("| %s | %s | llama.cpp | %.1e |", c->name, type, distance);
    print_errors(path, ids, theirs, n_vocab);
    printf("| | | exact | 0 |");
    print_errors(path, ids, exact, n_vocab);
    free(theirs);
    free(exact);
}

static void compare_float(void) {
    const struct oracle_case *c;
    printf("Relative error of the logits of %d positions, |ours - theirs| / |theirs|; bound %g\n\n",
           N_PROMPT, FLOAT_BOUND);
    print_tiers("model | weights | against | its own error");
    for (size_t i = 0; (c = oracle_float_case(i)); i++) {
        float_case(c, "f32", 1 + i);
        float_case(c, "f16", 1 + i);
    }
}

/* ---- vectors ---- */

static double cosine(const float *a, const float *b, int n) {
    double ab = 0, aa = 0, bb = 0;
    for (int i = 0; i < n; i++) {
        ab += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    return ab / sqrt(aa * bb);
}

static void vector_case(const struct oracle_case *c, int pooling, uint64_t seed) {
    static const char *const names[] = {"", "mean", "first", "last"};
    const char *path = ask_scratch("model.gguf"), *tier;
    int32_t ids[N_PROMPT];
    int n_theirs, n_ours;
    make(path, c, "f32", seed, false);
    random_ids(ids, N_PROMPT, seed);
    float *theirs = ask_oracle_embedding(path, CASES_N_CTX, pooling, ids, N_PROMPT, &n_theirs);
    printf("| %s | %s |", c->name, names[pooling]);
    for (size_t t = 0; (tier = ask_tier(t)); t++) {
        float *ours = ask_ingle_embedding(path, tier, CASES_N_CTX, pooling, ids, N_PROMPT, &n_ours);
        double distance = n_ours == n_theirs ? 1 - cosine(ours, theirs, n_ours) : INFINITY;
        bool ok = distance <= VECTOR_BOUND;
        n_failed += !ok;
        printf(" %.1e%s |", distance, ok ? "" : " FAILED");
        free(ours);
    }
    putchar('\n');
    free(theirs);
}

static void compare_vectors(void) {
    const struct oracle_case *c;
    printf("1 - cosine of the vectors of a text of %d tokens; bound %g\n\n", N_PROMPT,
           VECTOR_BOUND);
    print_tiers("model | pooling");
    for (size_t i = 0; (c = oracle_float_case(i)); i++) {
        for (int pooling = 1; pooling <= 3; pooling++) vector_case(c, pooling, 1 + i);
    }
}

/* ---- greedy ---- */

/* Whether llama.cpp holds its token and ours for equally good after the prompt and `same` tokens:
 * apart by less than the error that float weights are allowed. Such a choice says nothing. */
static bool is_tie(const char *path, const int32_t *prompt, const int32_t *theirs, int same,
                   int32_t our_choice) {
    int32_t ids[N_SHORT + N_NEW];
    int n = N_SHORT + same, n_vocab;
    memcpy(ids, prompt, N_SHORT * sizeof *ids);
    memcpy(ids + N_SHORT, theirs, (size_t)same * sizeof *ids);
    float *logits = ask_oracle_logits(path, CASES_N_CTX, "f16", ids, n, &n_vocab);
    const float *row = logits + (size_t)(n - 1) * (size_t)n_vocab;
    double squares = 0, gap = (double)row[theirs[same]] - (double)row[our_choice];
    for (int i = 0; i < n_vocab; i++) squares += (double)row[i] * (double)row[i];
    free(logits);
    return gap <= FLOAT_BOUND * sqrt(squares / n_vocab);
}

/* Prints how far each tier goes along. False, with nothing printed, at a tie. */
static bool greedy_case(const struct oracle_case *c, uint64_t seed) {
    const char *path = ask_scratch("model.gguf"), *tier;
    int32_t ids[N_SHORT];
    int same[MAX_TIERS], n_tiers = 0;
    bool tie = false;
    make(path, c, "f32", seed, false);
    random_ids(ids, N_SHORT, seed);
    int32_t *theirs = ask_oracle_greedy(path, CASES_N_CTX, ids, N_SHORT, N_NEW);
    for (; n_tiers < MAX_TIERS && !tie && (tier = ask_tier((size_t)n_tiers)); n_tiers++) {
        int32_t *ours = ask_ingle_greedy(path, tier, CASES_N_CTX, ids, N_SHORT, N_NEW);
        int n = 0;
        while (n < N_NEW && ours[n] == theirs[n]) n++;
        tie = n < N_NEW && is_tie(path, ids, theirs, n, ours[n]);
        same[n_tiers] = n;
        free(ours);
    }
    free(theirs);
    if (tie) return false;
    printf("| %s | f32 |", c->name);
    for (int t = 0; t < n_tiers; t++) {
        n_failed += same[t] < N_NEW;
        printf(" %d%s |", same[t], same[t] < N_NEW ? " FAILED" : "");
    }
    putchar('\n');
    return true;
}

static void compare_greedy(void) {
    const struct oracle_case *c;
    int n_ties = 0;
    printf("Tokens chosen alike, of %d after a prompt of %d\n\n", N_NEW, N_SHORT);
    print_tiers("model | weights");
    for (size_t i = 0; (c = oracle_float_case(i)); i++) {
        uint64_t seed = 100 + i;
        while (!greedy_case(c, seed)) {
            seed += 1000;
            if (++n_ties > MAX_TIES) ask_fail("More than %d near ties.", MAX_TIES);
        }
    }
    printf(
        "\n%d runs met two tokens that llama.cpp holds for equally good and were made again with "
        "another seed.\n",
        n_ties);
}

/* ---- quantised types ---- */

static const char *const quant_types[] = {
    "bf16", "q4_0", "q4_1",   "q5_0",   "q5_1",  "q8_0",   "q2_k",   "q3_k", "q4_k",
    "q5_k", "q6_k", "iq4_nl", "iq4_xs", "mxfp4", "q4_k_m", "q5_k_m", "f16",
};

/* Of all positions of one type; the sums a model as well, for the error of their ratio. */
struct quant_sums {
    struct divergence theirs;          /* llama.cpp from the exact evaluation */
    struct divergence ours[MAX_TIERS]; /* ingle from it */
    double theirs_of[MAX_MODELS], ours_of[MAX_TIERS][MAX_MODELS];
    int n_models;
};

static double add_divergence(struct divergence *d, const float *exact, const float *other,
                             int n_vocab) {
    double before = d->sum;
    measure_divergence(d, exact, other, N_PROMPT, n_vocab);
    return d->sum - before;
}

static void quant_case(struct quant_sums *sums, const struct oracle_case *c, const char *type,
                       uint64_t seed) {
    const char *path = ask_scratch("model.gguf"), *exact_path = ask_scratch("exact.gguf"), *tier;
    int32_t ids[N_PROMPT];
    int n_vocab, model = sums->n_models++;
    make(path, c, type, seed, false);
    make(exact_path, c, type, seed, true);
    random_ids(ids, N_PROMPT, seed);
    float *exact = ask_oracle_logits(exact_path, CASES_N_CTX, "f32", ids, N_PROMPT, &n_vocab);
    float *theirs = ask_oracle_logits(path, CASES_N_CTX, "f16", ids, N_PROMPT, &n_vocab);
    sums->theirs_of[model] = add_divergence(&sums->theirs, exact, theirs, n_vocab);
    for (size_t t = 0; t < MAX_TIERS && (tier = ask_tier(t)); t++) {
        float *ours = ask_ingle_logits(path, tier, CASES_N_CTX, ids, N_PROMPT, &n_vocab);
        sums->ours_of[t][model] = add_divergence(&sums->ours[t], exact, ours, n_vocab);
        free(ours);
    }
    free(exact);
    free(theirs);
}

static double percent_same(const struct divergence *d) {
    return 100.0 * d->n_same / d->n;
}

/* Both engines round activations to 8 bits (bf16 for bf16 weights), each in its own order: neither
 * is the truth, and ingle must be as near to it as llama.cpp is. */
static void print_quant(const char *type, const struct quant_sums *s) {
    const char *tier;
    double theirs = divergence_mean(&s->theirs);
    for (size_t t = 0; t < MAX_TIERS && (tier = ask_tier(t)); t++) {
        double ours = divergence_mean(&s->ours[t]), ratio = ours / theirs;
        double error = measure_ratio_error(s->ours_of[t], s->theirs_of, s->n_models);
        bool ok = ratio <= QUANT_BOUND;
        n_failed += !ok;
        printf("| %s | %s | %.2e | %.2e | %.3f%s | %.3f | %.1e | %.1e | %.1f %% | %.1f %% |\n",
               type, tier, theirs, ours, ratio, ok ? "" : " FAILED", error, s->theirs.max,
               s->ours[t].max, percent_same(&s->theirs), percent_same(&s->ours[t]));
        fflush(stdout);
    }
}

static void compare_quantised(int n_seeds) {
    const struct oracle_case *c;
    size_t n_cases = 0;
    while (oracle_quant_case(n_cases)) n_cases++;
    if (n_seeds < 1 || (size_t)n_seeds * n_cases > MAX_MODELS) ask_fail("Too many seeds.");
    printf("Divergence in nats from the exact evaluation (llama.cpp in F32 on the values of the "
           "blocks): mean over %zu positions, and the largest.\nBound: ingle's mean at most %g "
           "times llama.cpp's. The error is one standard error of that ratio.\n\n",
           (size_t)n_seeds * n_cases * N_PROMPT, QUANT_BOUND);
    printf("| type | tier | llama.cpp | ingle | ratio | error | llama.cpp's largest | ingle's "
           "largest | llama.cpp's choice is exact's | ingle's |\n"
           "|---|---|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < sizeof quant_types / sizeof quant_types[0]; i++) {
        struct quant_sums sums = {0};
        for (int seed = 1; seed <= n_seeds; seed++) {
            for (size_t j = 0; (c = oracle_quant_case(j)); j++)
                quant_case(&sums, c, quant_types[i], (uint64_t)seed * 1000 + i);
        }
        print_quant(quant_types[i], &sums);
    }
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr,
                "usage: compare_models float|quantised|greedy|vectors ORACLE_DIR [SEEDS]\n");
        return 2;
    }
    ask_init(argv[2]);
    if (strcmp(argv[1], "float") == 0) compare_float();
    if (strcmp(argv[1], "greedy") == 0) compare_greedy();
    if (strcmp(argv[1], "vectors") == 0) compare_vectors();
    if (strcmp(argv[1], "quantised") == 0)
        compare_quantised(argc > 3 ? (int)strtol(argv[3], NULL, 10) : SEEDS);
    if (n_failed) printf("\nFAILED: %d comparisons are out of bounds\n", n_failed);
    return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
