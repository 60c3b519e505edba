/* Compares ingle's forward pass with llama.cpp's on models made here, in every kernel tier of this
 * machine. One argument before the oracle's folder says what:
 *
 *   float      F32 and F16 weights: logits at every position
 *   quantised  every block type: divergence from the exact evaluation of the same weights
 *   greedy     F32: 64 chosen tokens
 *
 * Prints its measurements as the tables of docs/oracle.md. */
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
#define SEEDS 2

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

/* ---- F32 and F16 ---- */

static void float_case(const struct oracle_case *c, const char *type, uint64_t seed) {
    const char *path = ask_scratch("model.gguf");
    int32_t ids[N_PROMPT];
    int n_vocab, ours_vocab;
    make(path, c, type, seed, false);
    random_ids(ids, N_PROMPT, seed);
    float *theirs = ask_oracle_logits(path, CASES_N_CTX, "f16", ids, N_PROMPT, &n_vocab);
    printf("| %s | %s |", c->name, type);
    const char *tier;
    for (size_t t = 0; (tier = ask_tier(t)); t++) {
        float *ours = ask_ingle_logits(path, tier, CASES_N_CTX, ids, N_PROMPT, &ours_vocab);
        double diff =
            n_vocab == ours_vocab ? measure_max_diff(ours, theirs, N_PROMPT, n_vocab) : INFINITY;
        bool ok = diff <= FLOAT_BOUND;
        n_failed += !ok;
        printf(" %.1e%s |", diff, ok ? "" : " FAILED");
        free(ours);
    }
    putchar('\n');
    free(theirs);
}

static void print_tiers(const char *head) {
    const char *tier;
    size_t n = 0;
    printf("| %s |", head);
    for (; (tier = ask_tier(n)); n++) printf(" %s |", tier);
    printf("\n|---|---|");
    while (n--) printf("---|");
    putchar('\n');
}

static void compare_float(void) {
    const struct oracle_case *c;
    printf("Largest difference of a logit, over the deviation of the logits; bound %g\n\n",
           FLOAT_BOUND);
    print_tiers("model | weights");
    for (size_t i = 0; (c = oracle_float_case(i)); i++) {
        float_case(c, "f32", 1 + i);
        float_case(c, "f16", 1 + i);
    }
}

/* ---- greedy ---- */

static void compare_greedy(void) {
    const struct oracle_case *c;
    const char *path = ask_scratch("model.gguf"), *tier;
    printf("Tokens chosen alike, of %d after a prompt of %d\n\n", N_NEW, N_SHORT);
    print_tiers("model | weights");
    for (size_t i = 0; (c = oracle_float_case(i)); i++) {
        int32_t ids[N_SHORT];
        make(path, c, "f32", 100 + i, false);
        random_ids(ids, N_SHORT, i);
        int32_t *theirs = ask_oracle_greedy(path, CASES_N_CTX, ids, N_SHORT, N_NEW);
        printf("| %s | f32 |", c->name);
        for (size_t t = 0; (tier = ask_tier(t)); t++) {
            int32_t *ours = ask_ingle_greedy(path, tier, CASES_N_CTX, ids, N_SHORT, N_NEW);
            int same = 0;
            while (same < N_NEW && ours[same] == theirs[same]) same++;
            n_failed += same < N_NEW;
            printf(" %d%s |", same, same < N_NEW ? " FAILED" : "");
            free(ours);
        }
        putchar('\n');
        free(theirs);
    }
}

/* ---- quantised types ---- */

/* bound: of the mean divergence of ingle from the exact evaluation; docs/oracle.md defends it. */
static const struct quant_type {
    const char *name;
    double bound;
} quant_types[] = {
    {"bf16", 1},   {"q4_0", 1},  {"q4_1", 1},   {"q5_0", 1},   {"q5_1", 1}, {"q8_0", 1},
    {"q2_k", 1},   {"q3_k", 1},  {"q4_k", 1},   {"q5_k", 1},   {"q6_k", 1}, {"iq4_nl", 1},
    {"iq4_xs", 1}, {"mxfp4", 1}, {"q4_k_m", 1}, {"q5_k_m", 1},
};

#define MAX_TIERS 8

struct quant_sums {
    struct divergence theirs;           /* llama.cpp from the exact evaluation */
    struct divergence ours[MAX_TIERS];  /* ingle from it */
    struct divergence apart[MAX_TIERS]; /* ingle from llama.cpp */
};

static void quant_case(struct quant_sums *sums, const struct oracle_case *c, const char *type,
                       uint64_t seed) {
    const char *path = ask_scratch("model.gguf"), *exact_path = ask_scratch("exact.gguf"), *tier;
    int32_t ids[N_PROMPT];
    int n_vocab;
    make(path, c, type, seed, false);
    make(exact_path, c, type, seed, true);
    random_ids(ids, N_PROMPT, seed);
    float *exact = ask_oracle_logits(exact_path, CASES_N_CTX, "f32", ids, N_PROMPT, &n_vocab);
    float *theirs = ask_oracle_logits(path, CASES_N_CTX, "f16", ids, N_PROMPT, &n_vocab);
    measure_divergence(&sums->theirs, exact, theirs, N_PROMPT, n_vocab);
    for (size_t t = 0; t < MAX_TIERS && (tier = ask_tier(t)); t++) {
        float *ours = ask_ingle_logits(path, tier, CASES_N_CTX, ids, N_PROMPT, &n_vocab);
        measure_divergence(&sums->ours[t], exact, ours, N_PROMPT, n_vocab);
        measure_divergence(&sums->apart[t], theirs, ours, N_PROMPT, n_vocab);
        free(ours);
    }
    free(exact);
    free(theirs);
}

static void print_quant(const struct quant_type *type, const struct quant_sums *s) {
    const char *tier;
    for (size_t t = 0; t < MAX_TIERS && (tier = ask_tier(t)); t++) {
        double ours = divergence_mean(&s->ours[t]);
        bool ok = ours <= type->bound;
        n_failed += !ok;
        printf("| %s | %s | %.1e | %.1e | %.1e | %.1e | %.1e | %.1f %% | %.1e%s |\n", type->name,
               tier, divergence_mean(&s->theirs), s->theirs.max, ours, s->ours[t].max,
               divergence_mean(&s->apart[t]), 100.0 * s->apart[t].n_same / s->apart[t].n,
               type->bound, ok ? "" : " FAILED");
    }
}

static void compare_quantised(int n_seeds) {
    printf("Divergence in nats, mean and largest over positions. Exact: llama.cpp in F32 on the "
           "values of the blocks.\n\n");
    printf("| type | tier | llama.cpp from exact | largest | ingle from exact | largest "
           "| ingle from llama.cpp | same choice | bound |\n"
           "|---|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < sizeof quant_types / sizeof quant_types[0]; i++) {
        struct quant_sums sums = {0};
        const struct oracle_case *c;
        for (int seed = 1; seed <= n_seeds; seed++) {
            for (size_t j = 0; (c = oracle_quant_case(j)); j++)
                quant_case(&sums, c, quant_types[i].name, (uint64_t)seed * 1000 + i);
        }
        print_quant(&quant_types[i], &sums);
    }
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: compare_models float|quantised|greedy ORACLE_DIR [SEEDS]\n");
        return 2;
    }
    ask_init(argv[2]);
    if (strcmp(argv[1], "float") == 0) compare_float();
    if (strcmp(argv[1], "greedy") == 0) compare_greedy();
    if (strcmp(argv[1], "quantised") == 0)
        compare_quantised(argc > 3 ? (int)strtol(argv[3], NULL, 10) : SEEDS);
    if (n_failed) printf("\nFAILED: %d comparisons are out of bounds\n", n_failed);
    return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
