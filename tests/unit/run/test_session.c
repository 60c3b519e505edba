/* Sessions: the same bits however the work is divided, truncation, limits, memory. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "support/fixture.h"
#include "support/folder.h"
#include "support/process.h"
#include "support/sanitized.h"

/* More keys than two blocks of attention hold. */
#define N_VOCAB FIXTURE_ODD_VOCAB
#define N_TOKENS 150

static ingle_token tokens[N_TOKENS];

static int make_all(void **state) {
    fixture_tokens(tokens, N_TOKENS, N_VOCAB, 5);
    return folder_make(state);
}

/* How the tokens of a run are divided. */
struct way {
    int n_threads, n_batch, n_call;
};

/* All logits of the first n tokens in a session of their own. */
static float *evaluate(const ingle_model *model, ingle_kv_type kv_type, struct way way, int n) {
    size_t n_vocab = (size_t)ingle_model_get_info(model).n_vocab;
    float *logits = calloc((size_t)n * n_vocab, sizeof *logits);
    assert_non_null(logits);
    ingle_session *s = fixture_session(model, (struct fixture_session){.n_ctx = n + 9,
                                                                       .n_batch = way.n_batch,
                                                                       .n_threads = way.n_threads,
                                                                       .kv_type = kv_type});
    for (int at = 0; at < n; at += way.n_call) {
        int n_now = way.n_call < n - at ? way.n_call : n - at;
        assert_int_equal(
            ingle_session_eval(s, tokens + at, (size_t)n_now, logits + (size_t)at * n_vocab, NULL),
            INGLE_OK);
        assert_memory_equal(ingle_session_logits(s), logits + (size_t)(at + n_now - 1) * n_vocab,
                            n_vocab * sizeof *logits);
    }
    assert_int_equal(ingle_session_n_tokens(s), n);
    ingle_session_free(s);
    return logits;
}

/* The first row that differs, or -1. */
static int first_difference(const float *a, const float *b, int n_rows, int n_vocab) {
    for (int i = 0; i < n_rows; i++) {
        size_t at = (size_t)i * (size_t)n_vocab;
        if (memcmp(a + at, b + at, (size_t)n_vocab * sizeof *a) != 0) return i;
    }
    return -1;
}

static void expect_same_bits(const ingle_model *model, ingle_kv_type kv_type,
                             const struct way *ways, size_t n_ways, int n) {
    ingle_model_info info = ingle_model_get_info(model);
    float *wanted = evaluate(model, kv_type, (struct way){1, n, n}, n);
    for (int i = 0; i < n * info.n_vocab; i++) assert_true(isfinite(wanted[i]));
    for (size_t i = 0; i < n_ways; i++) {
        float *got = evaluate(model, kv_type, ways[i], n);
        int row = first_difference(got, wanted, n, info.n_vocab);
        if (row >= 0) {
            fail_msg("%s, kv type %d, %d threads, batches of %d, calls of %d: token %d differs",
                     info.tier, (int)kv_type, ways[i].n_threads, ways[i].n_batch, ways[i].n_call,
                     row);
        }
        free(got);
    }
    free(wanted);
}

static void threads_batches_and_calls_do_not_change_a_bit_in_any_tier(void **state) {
    (void)state;
    /* All for F16, the first few for the other types of cache. */
    static const struct way ways[] = {{1, 1, 1},   {1, 7, 30},   {2, 33, 50},  {7, 40, 77},
                                      {2, 1, 150}, {2, 64, 150}, {7, 150, 150}};
    const char *tier;
    for (size_t i = 0; (tier = fixture_tier(i)); i++) {
        ingle_model *model = fixture_model(&fixture_odd, tier);
        assert_string_equal(ingle_model_get_info(model).tier, tier);
        int n = i == 0 ? 70 : N_TOKENS; /* the reference is slow */
        expect_same_bits(model, INGLE_KV_F16, ways, BASE_COUNT(ways), n);
        expect_same_bits(model, INGLE_KV_BF16, ways, 4, n);
        expect_same_bits(model, INGLE_KV_INT8, ways, 4, n);
        ingle_model_close(model);
    }
}

static void nor_do_they_for_any_kind_of_weights(void **state) {
    (void)state;
    static const struct way ways[] = {{1, 1, 1}, {2, 5, 5}, {2, 6, 13}, {7, 24, 24}};
    static const struct make_model_spec specs[] = {
        {.type = "f16", .n_layer = 1, .n_vocab = 259, .tied = true},
        {.type = "bf16", .n_layer = 1, .n_vocab = 259, .arch = "qwen3"},
        {.type = "q4_0", .n_layer = 2, .n_vocab = 259, .arch = "qwen2"},
        {.type = "q4_k_m", .n_layer = 2, .n_embd = 256, .n_ff = 256, .n_vocab = 259, .tied = true},
        {.type = "q3_k", .n_layer = 1, .n_embd = 256, .n_ff = 256, .arch = "phi3", .n_rot = 48},
    };
    for (int t = 0; t < N_TOKENS; t++) tokens[t] %= 259;
    for (size_t k = 0; k < BASE_COUNT(specs); k++) {
        char path[128];
        const char *tier;
        snprintf(path, sizeof path, "%s", fixture_write("made.gguf", &specs[k]));
        for (size_t i = 0; (tier = fixture_tier(i)); i++) {
            ingle_model *model = fixture_open(path, tier);
            expect_same_bits(model, INGLE_KV_F16, ways, BASE_COUNT(ways), 24);
            ingle_model_close(model);
        }
    }
    fixture_tokens(tokens, N_TOKENS, N_VOCAB, 5);
}

static void tiers_agree_but_for_rounding(void **state) {
    (void)state;
    float *wanted = NULL;
    const char *tier;
    for (size_t i = 0; (tier = fixture_tier(i)); i++) {
        ingle_model *model = fixture_model(&fixture_odd, tier);
        float *got = evaluate(model, INGLE_KV_F16, (struct way){2, 64, 64}, 70);
        for (int k = 0; wanted && k < 70 * N_VOCAB; k++) {
            if (fabsf(got[k] - wanted[k]) > 2e-3f) fail_msg("%s is too far from ref", tier);
        }
        if (wanted) free(got);
        if (!wanted) wanted = got;
        ingle_model_close(model);
    }
    free(wanted);
}

/* ---- truncation ---- */

static void expect_logits(const ingle_session *s, const float *wanted) {
    assert_non_null(ingle_session_logits(s));
    assert_memory_equal(ingle_session_logits(s), wanted, N_VOCAB * sizeof *wanted);
}

static void a_truncated_session_goes_on_like_a_fresh_one(void **state) {
    (void)state;
    ingle_token other[40];
    fixture_tokens(other, BASE_COUNT(other), N_VOCAB, 77);
    ingle_model *model = fixture_model(&fixture_odd, NULL);
    for (int kv_type = INGLE_KV_F16; kv_type <= INGLE_KV_INT8; kv_type++) {
        struct fixture_session options = {.n_ctx = N_TOKENS, .kv_type = (ingle_kv_type)kv_type};
        ingle_session *fresh = fixture_session(model, options);
        ingle_session *used = fixture_session(model, options);
        fixture_eval(fresh, tokens, 61);
        fixture_eval(fresh, other, 40);
        fixture_eval(used, tokens, N_TOKENS);
        assert_int_equal(ingle_session_truncate(used, 61, NULL), INGLE_OK);
        assert_int_equal(ingle_session_n_tokens(used), 61);
        assert_null(ingle_session_logits(used));
        fixture_eval(used, other, 40);
        expect_logits(used, ingle_session_logits(fresh));
        /* From nothing, and again. */
        assert_int_equal(ingle_session_truncate(used, 0, NULL), INGLE_OK);
        fixture_eval(used, tokens, 61);
        assert_int_equal(ingle_session_truncate(used, 61, NULL), INGLE_OK);
        fixture_eval(used, other, 40);
        expect_logits(used, ingle_session_logits(fresh));
        ingle_session_free(fresh);
        ingle_session_free(used);
    }
    ingle_model_close(model);
}

/* What was forgotten still lies in the cache, beyond the last key, where kernels may read. */
static void nothing_of_a_forgotten_token_is_felt_even_if_it_was_nan(void **state) {
    (void)state;
    const char *path = fixture_write("nan.gguf", &fixture_odd);
    float nan = NAN;
    fixture_patch(path, "token_embd.weight", 7 * 96 * sizeof nan, &nan, sizeof nan);
    const char *tier;
    for (size_t i = 0; (tier = fixture_tier(i)); i++) {
        ingle_model *model = fixture_open(path, tier);
        for (int kv_type = INGLE_KV_F16; kv_type <= INGLE_KV_INT8; kv_type++) {
            struct fixture_session options = {.n_ctx = 64, .kv_type = (ingle_kv_type)kv_type};
            ingle_session *fresh = fixture_session(model, options);
            ingle_session *used = fixture_session(model, options);
            const ingle_token faulty[] = {1, 2, 3, 7, 7, 7, 7, 7};
            fixture_eval(used, faulty, BASE_COUNT(faulty));
            assert_true(isnan(ingle_session_logits(used)[0]));
            assert_int_equal(ingle_session_truncate(used, 2, NULL), INGLE_OK);
            bool one_by_one = i % 2;
            fixture_eval(used, (const ingle_token[]){4, 5}, one_by_one ? 1 : 2);
            if (one_by_one) fixture_eval(used, (const ingle_token[]){5}, 1);
            fixture_eval(fresh, (const ingle_token[]){1, 2, 4, 5}, 4);
            if (first_difference(ingle_session_logits(used), ingle_session_logits(fresh), 1,
                                 N_VOCAB) >= 0) {
                fail_msg("%s, kv type %d: a forgotten token is felt", tier, kv_type);
            }
            ingle_session_free(fresh);
            ingle_session_free(used);
        }
        ingle_model_close(model);
    }
}

static void truncation_out_of_range_is_refused_and_changes_nothing(void **state) {
    (void)state;
    ingle_model *model = fixture_model(&fixture_odd, NULL);
    ingle_session *s = fixture_session(model, (struct fixture_session){.n_ctx = 20});
    fixture_eval(s, tokens, 10);
    static const int wrong[] = {-1, 11, 20, INT32_MIN, INT32_MAX};
    for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
        ingle_error err = {0};
        ingle_status status = ingle_session_truncate(s, wrong[i], &err);
        char both[64];
        snprintf(both, sizeof both, "Cannot keep %d tokens of 10", wrong[i]);
        expect_refusal(status, INGLE_BAD_ARGUMENT, &err, both);
        assert_int_equal(ingle_session_n_tokens(s), 10);
        assert_non_null(ingle_session_logits(s));
    }
    ingle_session_free(s);
    ingle_model_close(model);
}

/* ---- limits ---- */

static void a_full_context_is_an_error_with_both_counts_and_changes_nothing(void **state) {
    (void)state;
    ingle_model *model = fixture_model(&fixture_odd, NULL);
    ingle_session *s = fixture_session(model, (struct fixture_session){.n_ctx = 20, .n_batch = 4});
    assert_int_equal(ingle_session_n_ctx(s), 20);
    float before[N_VOCAB], all[N_VOCAB] = {42};
    fixture_eval(s, tokens, 13);
    memcpy(before, ingle_session_logits(s), sizeof before);
    static const size_t too_many[] = {8, 9, 1000, SIZE_MAX};
    for (size_t i = 0; i < BASE_COUNT(too_many); i++) {
        ingle_error err = {0};
        ingle_status status = ingle_session_eval(s, tokens, too_many[i], all, &err);
        expect_refusal(status, INGLE_CONTEXT_FULL, &err, "holds 20 tokens: 13 are used");
        char more[32];
        snprintf(more, sizeof more, "%zu more", too_many[i]);
        assert_non_null(strstr(err.msg, more));
        assert_int_equal(ingle_session_n_tokens(s), 13);
        expect_logits(s, before);
        assert_true(all[0] == 42);
    }
    fixture_eval(s, tokens + 13, 7); /* exactly full is fine */
    ingle_error err = {0};
    expect_refusal(ingle_session_eval(s, tokens, 1, NULL, &err), INGLE_CONTEXT_FULL, &err,
                   "20 are used and 1 more");
    fixture_eval(s, NULL, 0);
    assert_int_equal(ingle_session_truncate(s, 13, NULL), INGLE_OK);
    fixture_eval(s, tokens + 13, 7);
    ingle_session_free(s);
    ingle_model_close(model);
}

static void a_token_outside_the_vocabulary_is_named_and_changes_nothing(void **state) {
    (void)state;
    ingle_model *model = fixture_model(&fixture_odd, NULL);
    ingle_session *s = fixture_session(model, (struct fixture_session){.n_ctx = 20});
    fixture_eval(s, tokens, 3);
    static const ingle_token wrong[] = {-1, N_VOCAB, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
        ingle_error err = {0};
        const ingle_token list[] = {1, 2, wrong[i], 3};
        char saying[64];
        snprintf(saying, sizeof saying, "Token 2 is %d; the vocabulary has 0 to 332", wrong[i]);
        expect_refusal(ingle_session_eval(s, list, 4, NULL, &err), INGLE_BAD_ARGUMENT, &err,
                       saying);
        assert_int_equal(ingle_session_n_tokens(s), 3);
        assert_non_null(ingle_session_logits(s));
    }
    ingle_session_free(s);
    ingle_model_close(model);
}

static void defaults_are_what_the_header_says(void **state) {
    (void)state;
    static const struct {
        int n_ctx_train, n_ctx, wanted;
    } rows[] = {{512, 0, 512}, {9000, 0, 4096}, {512, 100, 100}, {512, 600, 600}, {512, 1, 1}};
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        struct make_model_spec spec = fixture_odd;
        spec.n_ctx_train = rows[i].n_ctx_train;
        ingle_model *model = fixture_model(&spec, "ref");
        ingle_session *s = fixture_session(model, (struct fixture_session){.n_ctx = rows[i].n_ctx});
        assert_int_equal(ingle_session_n_ctx(s), rows[i].wanted);
        assert_int_equal(ingle_session_n_tokens(s), 0);
        assert_null(ingle_session_logits(s));
        fixture_eval(s, NULL, 0);
        assert_null(ingle_session_logits(s));
        fixture_eval(s, tokens, 1);
        assert_non_null(ingle_session_logits(s));
        ingle_session_free(s);
        ingle_model_close(model);
    }
}

/* ---- memory ---- */

static void the_token_loop_allocates_nothing(void **state) {
    (void)state;
    ingle_model *model = fixture_model(&fixture_odd, NULL);
    ingle_session *s = fixture_session(
        model, (struct fixture_session){.n_ctx = N_TOKENS, .n_batch = 16, .n_threads = 2});
    ingle_sampling_options options = ingle_sampling_options_default();
    options.repetition_penalty = 1.1f;
    options.dry_multiplier = 0.8f;
    ingle_sampler *sampler = fixture_sampler(model, &options);
    uint64_t count = mem_count(), live = mem_live();
    fixture_eval(s, tokens, 70);
    for (int i = 0; i < 64; i++) {
        ingle_token token = ingle_sampler_sample(sampler, ingle_session_logits(s));
        ingle_sampler_accept(sampler, token);
        fixture_eval(s, &token, 1);
    }
    assert_int_equal(ingle_session_truncate(s, 70, NULL), INGLE_OK);
    fixture_eval(s, tokens, 1);
    ingle_generate_options generate = ingle_generate_options_default();
    generate.max_tokens = 64;
    generate.ignore_end = true;
    ingle_generate_result result;
    assert_int_equal(ingle_session_generate(s, sampler, &generate, &result, NULL), INGLE_OK);
    assert_int_equal(result.n_tokens, 64);
    assert_int_equal(mem_count(), count);
    assert_int_equal(mem_live(), live);
    ingle_sampler_free(sampler);
    ingle_session_free(s);
    ingle_model_close(model);
}

/* KV cache: 2 layers, 2 heads of 16, keys and values of 2 bytes: 256 bytes a token. The token
 * itself and its place in the index of pairs: 12. */
static void a_batch_larger_than_the_context_takes_no_memory(void **state) {
    (void)state;
    if (SANITIZED) skip(); /* its shadow counts too */
    ingle_model *model = fixture_model(&fixture_odd, NULL);
    struct process_memory before = process_memory();
    ingle_session *s =
        fixture_session(model, (struct fixture_session){.n_ctx = 16, .n_batch = 1 << 24});
    assert_true(process_memory().reserved < before.reserved + (16 << 20));
    fixture_eval(s, tokens, 16);
    ingle_session_free(s);
    ingle_model_close(model);
}

static void a_session_takes_its_cache_and_a_workspace_and_touches_what_it_uses(void **state) {
    (void)state;
    if (SANITIZED) skip(); /* its shadow counts too */
    const size_t n_ctx = 1 << 20, cache = (256 + 12) * n_ctx, workspace = 8 << 20;
    ingle_model *model = fixture_model(&fixture_odd, NULL);
    struct process_memory before = process_memory();
    ingle_session *s =
        fixture_session(model, (struct fixture_session){.n_ctx = (int)n_ctx, .n_batch = 64});
    struct process_memory made = process_memory();
    assert_in_range(made.reserved - before.reserved, cache, cache + workspace);
    assert_true(made.resident < before.resident + (1 << 20));
    fixture_eval(s, tokens, N_TOKENS);
    struct process_memory used = process_memory();
    assert_int_equal(used.reserved, made.reserved);
    assert_true(used.resident < made.resident + workspace);
    ingle_session_free(s);
    assert_true(process_memory().reserved < before.reserved + (1 << 20));
    ingle_model_close(model);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_batches_and_calls_do_not_change_a_bit_in_any_tier),
        cmocka_unit_test(nor_do_they_for_any_kind_of_weights),
        cmocka_unit_test(tiers_agree_but_for_rounding),
        cmocka_unit_test(a_truncated_session_goes_on_like_a_fresh_one),
        cmocka_unit_test(nothing_of_a_forgotten_token_is_felt_even_if_it_was_nan),
        cmocka_unit_test(truncation_out_of_range_is_refused_and_changes_nothing),
        cmocka_unit_test(a_full_context_is_an_error_with_both_counts_and_changes_nothing),
        cmocka_unit_test(a_token_outside_the_vocabulary_is_named_and_changes_nothing),
        cmocka_unit_test(defaults_are_what_the_header_says),
        cmocka_unit_test(the_token_loop_allocates_nothing),
        cmocka_unit_test(a_batch_larger_than_the_context_takes_no_memory),
        cmocka_unit_test(a_session_takes_its_cache_and_a_workspace_and_touches_what_it_uses),
    };
    return cmocka_run_group_tests(tests, make_all, folder_remove);
}
