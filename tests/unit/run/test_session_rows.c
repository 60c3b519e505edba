/* A row of a pass has the same bits whatever company it keeps: how many rows, which tokens, right
 * or wrong, even such as make all that they touch NaN. Guessing ahead rests on it. */
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

#define N_VOCAB 261
#define MAX_WIDTH 9
#define N_TOKENS 140
#define FAULTY 7 /* the token whose embedding is NaN */

/* Groups of 1, 3, 5 and 7 query heads to a KV head: tiles of attention that end anywhere. */
static const struct {
    struct make_model_spec spec;
    size_t row_size; /* of the embedding, whose blocks begin with a half; 0 = left as it is */
} specs[] = {
    {{.type = "q8_0", .n_embd = 96, .n_ff = 96, .n_head = 3, .n_head_kv = 1, .biases = true}, 102},
    {{.type = "q4_0", .n_embd = 160, .n_ff = 64, .n_head = 5, .n_head_kv = 5}, 90},
    {{.type = "q4_k_m", .n_embd = 256, .n_ff = 256, .n_head = 14, .n_head_kv = 2, .head_dim = 18},
     144},
    {{.type = "bf16", .n_embd = 80, .n_ff = 48, .n_head = 5, .n_head_kv = 1, .arch = "qwen3"}, 160},
    {{.type = "f16", .n_embd = 64, .n_ff = 48, .n_head = 7, .n_head_kv = 7, .head_dim = 34}, 128},
    {{.type = "q3_k", .n_embd = 256, .n_ff = 256, .n_head = 6, .n_head_kv = 2, .tied = true}, 0}};

static ingle_token tokens[N_TOKENS];

static int make_all(void **state) {
    fixture_tokens(tokens, N_TOKENS, N_VOCAB, 5);
    for (int i = 0; i < N_TOKENS; i++) tokens[i] += tokens[i] == FAULTY;
    return folder_make(state);
}

static const char *write_spec(size_t k) {
    struct make_model_spec spec = specs[k].spec;
    spec.n_layer = 1 + (k < 2);
    spec.n_vocab = N_VOCAB;
    spec.seed = 11;
    const char *path = fixture_write("made.gguf", &spec);
    static const uint16_t nan = 0xffff; /* as f16 and as bf16 */
    size_t size = specs[k].row_size;
    if (size) fixture_patch(path, "token_embd.weight", FAULTY * size, &nan, sizeof nan);
    return path;
}

/* Logits of every token, computed one by one: [N_TOKENS][N_VOCAB]. */
static float *one_by_one(const ingle_model *model, ingle_kv_type kv_type) {
    float *logits = calloc((size_t)N_TOKENS * N_VOCAB, sizeof *logits);
    assert_non_null(logits);
    ingle_session *s =
        fixture_session(model, (struct fixture_session){.n_ctx = N_TOKENS, .kv_type = kv_type});
    for (int i = 0; i < N_TOKENS; i++) {
        fixture_eval(s, &tokens[i], 1);
        memcpy(logits + (size_t)i * N_VOCAB, ingle_session_logits(s), N_VOCAB * sizeof *logits);
        for (int k = 0; k < N_VOCAB; k++) assert_true(isfinite(ingle_session_logits(s)[k]));
    }
    ingle_session_free(s);
    return logits;
}

static bool same_bits(const void *a, const void *b, size_t size) {
    return memcmp(a, b, size) == 0;
}

/* A pass over `width` tokens of which the first n_right are the text's. */
static void expect_rows(ingle_session *s, const char *tier, const float *wanted, int pos, int width,
                        int n_right, ingle_token other) {
    float rows[MAX_WIDTH * N_VOCAB];
    ingle_token pass[MAX_WIDTH];
    for (int i = 0; i < width; i++) pass[i] = i < n_right ? tokens[pos + i] : other;
    assert_int_equal(ingle_session_eval(s, pass, (size_t)width, rows, NULL), INGLE_OK);
    for (int i = 0; i < n_right; i++) {
        if (!same_bits(rows + (size_t)i * N_VOCAB, wanted + (size_t)(pos + i) * N_VOCAB,
                       N_VOCAB * sizeof *rows)) {
            fail_msg("%s, position %d: row %d of %d (%d right) differs", tier, pos, i, width,
                     n_right);
        }
    }
    assert_int_equal(ingle_session_truncate(s, pos, NULL), INGLE_OK);
}

static void compare(const ingle_model *model, const char *tier, ingle_kv_type kv_type,
                    int n_threads) {
    float *wanted = one_by_one(model, kv_type);
    ingle_session *s = fixture_session(
        model,
        (struct fixture_session){.n_ctx = N_TOKENS, .n_threads = n_threads, .kv_type = kv_type});
    for (int pos = 0; pos < N_TOKENS - MAX_WIDTH; pos++) {
        /* All widths where blocks of keys begin and end, one elsewhere. */
        bool is_near = pos % 64 < 3 || pos % 64 > 64 - MAX_WIDTH;
        for (int width = is_near ? 1 : 1 + pos % MAX_WIDTH; width <= MAX_WIDTH; width++) {
            expect_rows(s, tier, wanted, pos, width, width, 0);
            expect_rows(s, tier, wanted, pos, width, (width + 1) / 2, FAULTY);
            if (!is_near) break;
        }
        fixture_eval(s, &tokens[pos], 1);
    }
    ingle_session_free(s);
    free(wanted);
}

static void a_row_has_the_same_bits_in_any_company(void **state) {
    (void)state;
    const char *tier;
    for (size_t k = 0; k < BASE_COUNT(specs); k++) {
        char path[256];
        snprintf(path, sizeof path, "%s", write_spec(k));
        for (size_t i = 0; (tier = fixture_tier(i)); i++) {
            ingle_model *model = fixture_open(path, tier);
            for (int kv_type = INGLE_KV_F16; kv_type <= INGLE_KV_INT8; kv_type++) {
                /* The reference is slow, and one formula for all. */
                if (i == 0 && (k > 1 || kv_type != (int)k)) continue;
                bool is_shared = k == 1 && kv_type == INGLE_KV_INT8;
                compare(model, tier, (ingle_kv_type)kv_type, is_shared ? 2 : 1);
            }
            ingle_model_close(model);
        }
    }
}

static void the_faulty_token_is_faulty(void **state) {
    (void)state;
    int n_nan = 0;
    for (size_t k = 0; k < BASE_COUNT(specs); k++) {
        ingle_model *model = fixture_open(write_spec(k), NULL);
        ingle_session *s = fixture_session(model, (struct fixture_session){.n_ctx = 4});
        fixture_eval(s, (const ingle_token[]){1, FAULTY}, 2);
        if (isnan(ingle_session_logits(s)[0]))
            n_nan++;
        else
            assert_int_equal(specs[k].row_size, 0);
        ingle_session_free(s);
        ingle_model_close(model);
    }
    assert_int_equal(n_nan, 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_has_the_same_bits_in_any_company),
        cmocka_unit_test(the_faulty_token_is_faulty),
    };
    return cmocka_run_group_tests(tests, make_all, folder_remove);
}
