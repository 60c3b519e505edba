/* Compares ingle's block formats with llama.cpp's: the values of random blocks, which must be equal
 * to the bit, and the blocks that our quantisers make of random rows, which must be equal to the
 * byte where the format's documentation calls the published quantiser exact. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "engine/kern/dequant.h"
#include "engine/kern/quant.h"
#include "oracle/ask.h"

#define N 1024
#define N_ROWS 64

static const struct block_type {
    enum kern_type type;
    const char *name; /* llama.cpp's */
    bool same_bytes;  /* required of the quantiser */
} types[] = {
    {KERN_F32, "f32", true},      {KERN_F16, "f16", true},        {KERN_BF16, "bf16", true},
    {KERN_Q4_0, "q4_0", true},    {KERN_Q4_1, "q4_1", true},      {KERN_Q5_0, "q5_0", true},
    {KERN_Q5_1, "q5_1", true},    {KERN_Q8_0, "q8_0", true},      {KERN_Q2_K, "q2_K", false},
    {KERN_Q3_K, "q3_K", false},   {KERN_Q4_K, "q4_K", true},      {KERN_Q5_K, "q5_K", true},
    {KERN_Q6_K, "q6_K", true},    {KERN_IQ4_NL, "iq4_nl", false}, {KERN_IQ4_XS, "iq4_xs", false},
    {KERN_MXFP4, "mxfp4", false},
};

/* Rows of every temper: plain, with outliers, tiny, large, mostly zero, constant, one-sided. */
static void fill_rows(float *rows, uint64_t seed) {
    struct rng rng;
    rng_init(&rng, seed);
    for (int r = 0; r < N_ROWS; r++) {
        for (int i = 0; i < N; i++) {
            float x = rng_normal(&rng);
            switch (r % 8) {
            case 1:
                x *= i % 61 == 0 ? 30.0f : 1.0f;
                break;
            case 2:
                x *= 1e-4f;
                break;
            case 3:
                x *= 1e3f;
                break;
            case 4:
                x = i % 7 == 0 ? x : 0.0f;
                break;
            case 5:
                x = i % 256 < 64 ? 0.0f : floorf(x * 4.0f);
                break;
            case 6:
                x = fabsf(x) + 0.5f;
                break;
            case 7:
                x = i / 32 % 2 ? 0.125f : -x * x;
                break;
            default:
                break;
            }
            rows[r * N + i] = x;
        }
    }
}

static char *ask(const char *verb, const struct block_type *t, const void *in, size_t size,
                 size_t want) {
    char n[16];
    size_t out_size;
    snprintf(n, sizeof n, "%d", N);
    char *out = ask_oracle((const char *const[4]){verb, t->name, n, NULL}, in, size, &out_size);
    if (out_size != want) {
        ask_fail("llama.cpp gave %zu bytes, not %zu, when asked to %s %s.", out_size, want, verb,
                 t->name);
    }
    return out;
}

/* Blocks whose bytes differ, of all. */
static int count_blocks(const struct block_type *t, const uint8_t *a, const uint8_t *b, size_t size,
                        int *n_blocks) {
    size_t block = (size_t)kern_type_info(t->type)->block_bytes;
    int n_differ = 0;
    for (size_t at = 0; at < size; at += block) n_differ += memcmp(a + at, b + at, block) != 0;
    *n_blocks = (int)(size / block);
    return n_differ;
}

/* Squared error of blocks against what they were made of, over the squares of that. */
static double relative_error(const struct block_type *t, const uint8_t *blocks, const float *rows) {
    size_t row_size = kern_row_size(t->type, N);
    double error = 0, total = 0;
    for (int r = 0; r < N_ROWS; r++) {
        float values[N];
        kern_dequant_row(t->type, blocks + (size_t)r * row_size, values, N);
        double row_error = 0, row_total = 0;
        for (int i = 0; i < N; i++) {
            double x = (double)rows[r * N + i], d = x - (double)values[i];
            row_error += d * d;
            row_total += x * x;
        }
        error += row_error / row_total;
        total += 1;
    }
    return sqrt(error / total);
}

static bool compare(const struct block_type *t, const float *rows) {
    size_t row_size = kern_row_size(t->type, N), size = row_size * N_ROWS;
    size_t float_size = (size_t)N * N_ROWS * sizeof(float);
    uint8_t *ours = malloc(size);
    float *values = malloc(float_size);
    if (!ours || !values) ask_fail("Out of memory.");
    for (size_t r = 0; r < N_ROWS; r++)
        kern_quant_row(t->type, rows + r * N, ours + r * row_size, N);
    char *theirs = ask("quantize", t, rows, float_size, size);
    int n_blocks;
    int n_differ = count_blocks(t, ours, (const uint8_t *)theirs, size, &n_blocks);

    for (size_t r = 0; r < N_ROWS; r++)
        kern_dequant_row(t->type, theirs + r * row_size, values + r * N, N);
    char *their_values = ask("dequant", t, theirs, size, float_size);
    bool same_values = memcmp(values, their_values, float_size) == 0;

    bool ok = same_values && (n_differ == 0 || !t->same_bytes);
    printf("| %s | %s | %d of %d%s | %.5f | %.5f | %s |\n", t->name, same_values ? "yes" : "no",
           n_differ, n_blocks, t->same_bytes ? "" : " (allowed)", relative_error(t, ours, rows),
           relative_error(t, (const uint8_t *)theirs, rows), ok ? "ok" : "FAILED");
    free(ours);
    free(values);
    free(theirs);
    free(their_values);
    return ok;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: compare_blocks ORACLE_DIR\n");
        return 2;
    }
    ask_init(argv[1]);
    static float rows[N * N_ROWS];
    fill_rows(rows, 7);
    bool ok = true;
    printf(
        "| type | values equal to the bit | blocks that differ | error of ingle's | of llama.cpp's "
        "| |\n|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) ok &= compare(&types[i], rows);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
