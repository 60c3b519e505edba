/* The forward pass of every architecture and tier against the formulas in double precision. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "support/fixture.h"
#include "support/folder.h"
#include "support/gguf_edit.h"
#include "support/reference.h"

#define N_TOKENS 70 /* more than a block of attention */
#define N_SHORT 3
#define MAX_TIERS 8
#define N_SEEDS 5
#define N_VOCAB 320

/* Errors of logits, relative to the greatest logit. A key or value that lies between two f16
 * numbers may be rounded to the one here and to the other there, which shifts all that follows by
 * some 1e-5. In a short text that is rare: some seeds go without it. */
#define ANY_BOUND 3e-4
#define BEST_BOUND 2e-6

static ingle_token tokens[N_TOKENS];

static int make_tokens(void **state) {
    fixture_tokens(tokens, N_TOKENS, N_VOCAB, 21);
    return folder_make(state);
}

/* What a made model is by its spec; the rope is the caller's. */
static struct reference describe(const struct make_model_spec *s) {
    bool smollm3 = s->arch && strcmp(s->arch, "smollm3") == 0;
    struct reference r = {
        .n_layer = s->n_layer ? s->n_layer
                   : smollm3  ? 5
                              : 3,
        .n_embd = 64,
        .n_head = s->n_head ? s->n_head : 4,
        .n_head_kv = s->n_head_kv ? s->n_head_kv : 2,
        .n_ff = s->n_ff ? s->n_ff : 128,
        .n_vocab = N_VOCAB,
        .eps = 1e-5,
        .neox = s->arch && !smollm3 && strcmp(s->arch, "llama") != 0,
        .nope_every = smollm3 ? 4 : 0,
        .rope_base = s->rope_base == 0 ? 10000 : (double)s->rope_base,
        .magnitude = (double)s->attn_factor,
    };
    r.head_dim = s->head_dim ? s->head_dim : r.n_embd / r.n_head;
    r.n_rot = s->n_rot ? s->n_rot : r.head_dim;
    if (s->rope == MAKE_ROPE_LINEAR) r.linear_factor = (double)s->rope_factor;
    if (s->rope == MAKE_ROPE_YARN) r.yarn_factor = (double)s->rope_factor;
    if (s->rope == MAKE_ROPE_LLAMA3) r.factors = "rope_freqs.weight";
    r.n_ctx_orig = s->n_ctx_orig ? s->n_ctx_orig : 128;
    return r;
}

/* The greatest error of one tier over the first n tokens. */
static double error_of(const char *path, const char *tier, int n_ctx, int n, const double *wanted) {
    static float got[N_TOKENS * N_VOCAB];
    ingle_model *model = fixture_open(path, tier);
    ingle_session *s =
        fixture_session(model, (struct fixture_session){.n_ctx = n_ctx, .n_batch = 32});
    assert_int_equal(ingle_session_eval(s, tokens, (size_t)n, got, NULL), INGLE_OK);
    ingle_session_free(s);
    ingle_model_close(model);
    double error = 0, greatest = 0;
    for (int i = 0; i < n * N_VOCAB; i++) {
        assert_true(isfinite(got[i]));
        error = fmax(error, fabs((double)got[i] - wanted[i]));
        greatest = fmax(greatest, fabs(wanted[i]));
    }
    assert_true(greatest > 3 && greatest < 30); /* logits as a trained model's are */
    return error / greatest;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The spec with N_SEEDS seeds, changed by the edit, in every tier. */
static void compare(struct make_model_spec spec, const struct gguf_edit *edit,
                    const struct reference *r, int n_ctx) {
    static double wanted[N_TOKENS * N_VOCAB], of_short[N_SHORT * N_VOCAB];
    double errors[MAX_TIERS][N_SEEDS];
    const char *tier;
    for (int seed = 0; seed < N_SEEDS; seed++) {
        spec.seed = (uint64_t)seed;
        char path[128];
        snprintf(path, sizeof path, "%s", folder_file("edited.gguf"));
        assert_true(gguf_edit_copy(fixture_write("made.gguf", &spec), path, edit));
        assert_true(reference_logits(r, path, tokens, N_SHORT, of_short));
        if (seed == 0) assert_true(reference_logits(r, path, tokens, N_TOKENS, wanted));
        for (size_t i = 0; (tier = fixture_tier(i)); i++) {
            errors[i][seed] = error_of(path, tier, n_ctx, N_SHORT, of_short);
            double error = errors[i][seed];
            if (seed == 0) error = fmax(error, error_of(path, tier, n_ctx, N_TOKENS, wanted));
            if (!(error < ANY_BOUND)) fail_msg("%s differs by %g", tier, error);
        }
    }
    for (size_t i = 0; (tier = fixture_tier(i)); i++) {
        qsort(errors[i], N_SEEDS, sizeof errors[i][0], ascending);
        double error = errors[i][1]; /* of two seeds: one alone might be luck */
        if (!(error < BEST_BOUND)) fail_msg("%s differs by %g at best", tier, error);
    }
}

static const struct gguf_edit no_change;

static void agrees(const struct make_model_spec *spec) {
    struct reference r = describe(spec);
    compare(*spec, &no_change, &r, 100);
}

static void llama_is_its_formulas(void **state) {
    (void)state;
    agrees(&(struct make_model_spec){0});
    agrees(&(struct make_model_spec){.tied = true});
    agrees(&(struct make_model_spec){.biases = true, .rope_base = 500000});
}

static void heads_share_keys_and_values_in_groups(void **state) {
    (void)state;
    agrees(&(struct make_model_spec){.n_layer = 1, .n_head = 4, .n_head_kv = 4});
    agrees(&(struct make_model_spec){.n_layer = 1, .n_head = 8, .n_head_kv = 1});
    agrees(&(struct make_model_spec){.n_layer = 1, .n_head = 6, .n_head_kv = 3, .head_dim = 32});
    agrees(&(struct make_model_spec){.n_layer = 1, .n_head = 1, .n_head_kv = 1, .head_dim = 2});
}

static void sizes_need_not_be_round(void **state) {
    (void)state;
    agrees(&(struct make_model_spec){
        .n_layer = 2, .n_ff = 101, .n_head = 3, .n_head_kv = 1, .head_dim = 22});
}

static void part_of_a_head_may_be_rotated(void **state) {
    (void)state;
    agrees(&(struct make_model_spec){.n_layer = 2, .n_rot = 6});
    agrees(&(struct make_model_spec){.n_layer = 2, .n_rot = 2, .arch = "qwen3"});
}

static void smollm3_has_layers_without_positions(void **state) {
    (void)state;
    agrees(&(struct make_model_spec){.arch = "smollm3", .n_layer = 5, .tied = true});
}

static void qwen2_has_biases_and_pairs_far_apart(void **state) {
    (void)state;
    agrees(&(struct make_model_spec){.arch = "qwen2", .tied = true, .rope_base = 1e6f});
    agrees(&(struct make_model_spec){.arch = "qwen2", .fused = true});
}

static void qwen3_norms_its_heads(void **state) {
    (void)state;
    agrees(&(struct make_model_spec){.arch = "qwen3", .head_dim = 24, .tied = true});
}

static void phi3_is_fused_and_stretched(void **state) {
    (void)state;
    agrees(&(struct make_model_spec){.arch = "phi3", .n_head_kv = 4});
    const struct make_model_spec spec = {.arch = "phi3",
                                         .rope = MAKE_ROPE_LONGROPE,
                                         .attn_factor = 1.19f,
                                         .n_rot = 12,
                                         .tied = true,
                                         .n_ctx_orig = 100};
    struct reference r = describe(&spec);
    r.factors = "rope_factors_short.weight";
    compare(spec, &no_change, &r, 100);
    r.factors = "rope_factors_long.weight";
    compare(spec, &no_change, &r, 101);
}

static void angles_can_be_stretched_in_each_way(void **state) {
    (void)state;
    agrees(&(struct make_model_spec){.n_layer = 2, .rope = MAKE_ROPE_LINEAR, .rope_factor = 4});
    agrees(&(struct make_model_spec){.n_layer = 2, .rope = MAKE_ROPE_LLAMA3, .rope_factor = 8});
    agrees(&(struct make_model_spec){
        .n_layer = 2, .rope = MAKE_ROPE_YARN, .rope_factor = 4, .arch = "qwen2"});
    agrees(&(struct make_model_spec){.n_layer = 2,
                                     .rope = MAKE_ROPE_YARN,
                                     .rope_factor = 16,
                                     .n_ctx_orig = 64,
                                     .attn_factor = 0.9f,
                                     .rope_base = 1e6f});
}

static void the_scale_of_attention_and_epsilon_come_from_the_file(void **state) {
    (void)state;
    const struct make_model_spec spec = {.n_layer = 2};
    struct reference r = describe(&spec);
    r.eps = (double)0.1f;
    compare(spec,
            &(struct gguf_edit){.key = "llama.attention.layer_norm_rms_epsilon", .value = 0.1f}, &r,
            100);
    r.eps = 1e-5;
    r.attn_scale = (double)0.4f;
    compare(spec, &(struct gguf_edit){.key = "llama.attention.scale", .value = 0.4f}, &r, 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(llama_is_its_formulas),
        cmocka_unit_test(heads_share_keys_and_values_in_groups),
        cmocka_unit_test(sizes_need_not_be_round),
        cmocka_unit_test(part_of_a_head_may_be_rotated),
        cmocka_unit_test(smollm3_has_layers_without_positions),
        cmocka_unit_test(qwen2_has_biases_and_pairs_far_apart),
        cmocka_unit_test(qwen3_norms_its_heads),
        cmocka_unit_test(phi3_is_fused_and_stretched),
        cmocka_unit_test(angles_can_be_stretched_in_each_way),
        cmocka_unit_test(the_scale_of_attention_and_epsilon_come_from_the_file),
    };
    return cmocka_run_group_tests(tests, make_tokens, folder_remove);
}
