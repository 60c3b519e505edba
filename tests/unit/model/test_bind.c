/* Binding tensors: what a model must have, may have in several forms, and may not have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "support/fixture.h"
#include "support/folder.h"
#include "support/gguf_edit.h"

#define N_VOCAB 320

static char made[128], edited[128];

static int make_names(void **state) {
    if (folder_make(state) != 0) return -1;
    snprintf(made, sizeof made, "%s", folder_file("made.gguf"));
    snprintf(edited, sizeof edited, "%s", folder_file("edited.gguf"));
    return 0;
}

static ingle_status open_edited(const struct gguf_edit *edit, ingle_model **model,
                                ingle_error *err) {
    assert_true(gguf_edit_copy(made, edited, edit));
    ingle_model_options options = ingle_model_options_default();
    options.n_threads = 1;
    options.tier = "ref";
    *err = (ingle_error){0};
    return ingle_model_open(model, edited, &options, err);
}

static void refuses(const struct gguf_edit *edit, ingle_status code, const char *saying) {
    ingle_model *model;
    ingle_error err;
    uint64_t live = mem_live();
    expect_refusal(open_edited(edit, &model, &err), code, &err, saying);
    assert_non_null(strstr(err.msg, edited));
    assert_null(model);
    assert_int_equal(mem_live(), live);
}

static void accepts(const struct gguf_edit *edit) {
    ingle_model *model;
    ingle_error err;
    if (open_edited(edit, &model, &err) != INGLE_OK) fail_msg("refused: %s", err.msg);
    ingle_model_close(model);
}

/* Calls fn for every tensor of the file. */
static void each_tensor(void (*fn)(const char *name, const ingle_file_tensor *t)) {
    ingle_file *file;
    assert_int_equal(ingle_file_open(&file, made, NULL), INGLE_OK);
    for (size_t i = 0; i < ingle_file_n_tensors(file); i++) {
        ingle_file_tensor t;
        assert_int_equal(ingle_file_get_tensor(file, i, &t), INGLE_OK);
        char name[96];
        snprintf(name, sizeof name, "%.*s", (int)t.name.len, t.name.data);
        fn(name, &t);
    }
    ingle_file_close(file);
}

static void each_architecture(void (*fn)(const char *name, const ingle_file_tensor *t)) {
    static const struct make_model_spec specs[] = {
        {.arch = "llama", .n_layer = 2, .biases = true, .rope = MAKE_ROPE_LLAMA3},
        {.arch = "smollm3", .n_layer = 1},
        {.arch = "phi3", .n_layer = 1, .rope = MAKE_ROPE_LONGROPE},
        {.arch = "qwen2", .n_layer = 1},
        {.arch = "qwen3", .n_layer = 1},
    };
    for (size_t i = 0; i < BASE_COUNT(specs); i++) {
        assert_true(make_model_write(made, &specs[i]));
        accepts(&(struct gguf_edit){0});
        each_tensor(fn);
    }
}

/* ---- missing, misshapen, unknown ---- */

static bool is_optional(const char *name) {
    return strcmp(name, "output.weight") == 0 || strncmp(name, "rope_", 5) == 0;
}

static void drop(const char *name, const ingle_file_tensor *t) {
    (void)t;
    const struct gguf_edit edit = {.drop = name};
    if (is_optional(name)) {
        accepts(&edit);
    } else if (strstr(name, "ffn_gate")) {
        refuses(&edit, INGLE_INVALID, "ffn_up.weight"); /* which now must be both */
    } else if (strstr(name, "attn_qkv.weight")) {
        refuses(&edit, INGLE_INVALID, "lacks the tensor blk.0.attn_q.weight");
    } else if (strstr(name, ".bias")) {
        ingle_model *model;
        ingle_error err;
        if (open_edited(&edit, &model, &err) == INGLE_OK) {
            assert_string_equal(ingle_model_get_info(model).architecture, "llama");
            ingle_model_close(model);
        } else {
            expect_refusal(err.code, INGLE_INVALID, &err, "lacks the biases of Q, K or V");
        }
    } else {
        char saying[128];
        snprintf(saying, sizeof saying, "lacks the tensor %s", name);
        refuses(&edit, INGLE_INVALID, saying);
    }
}

static void a_missing_tensor_is_named(void **state) {
    (void)state;
    each_architecture(drop);
}

static void misshape(const char *name, const ingle_file_tensor *t) {
    for (int d = 0; d < 3; d++) {
        struct gguf_edit edit = {.reshape = name};
        memcpy(edit.dims, t->dims, sizeof edit.dims);
        edit.dims[d] += d < 2 ? 32 : 1;
        /* More rows of the embedding are a larger vocabulary, which the head then lacks. */
        bool vocabulary = d == 1 && strcmp(name, "token_embd.weight") == 0;
        refuses(&edit, INGLE_INVALID, vocabulary ? "output.weight" : name);
    }
    struct gguf_edit edit = {.reshape = name, .dims = {t->dims[0] / 2, t->dims[1]}};
    refuses(&edit, INGLE_INVALID, name);
}

static void a_tensor_of_another_shape_is_named_with_both(void **state) {
    (void)state;
    each_architecture(misshape);
    refuses(&(struct gguf_edit){.reshape = "blk.0.attn_output.weight", .dims = {64, 96}},
            INGLE_INVALID, "is 64 x 96; the hyper-parameters ask for 64 x 64");
}

static void retype(const char *name, const ingle_file_tensor *t) {
    struct gguf_edit edit = {.retype = name, .type = 24}; /* I8 */
    (void)t;
    char saying[128];
    snprintf(saying, sizeof saying, "%s", name);
    refuses(&edit, INGLE_UNSUPPORTED, saying);
}

static void a_tensor_of_a_type_without_kernels_is_named(void **state) {
    (void)state;
    each_architecture(retype);
    refuses(&(struct gguf_edit){.retype = "output.weight", .type = 24}, INGLE_UNSUPPORTED,
            "has the type I8, which is not supported");
}

static void vectors_may_be_of_any_type_that_kernels_know(void **state) {
    (void)state;
    assert_true(make_model_write(made, &(struct make_model_spec){.n_layer = 1}));
    static const uint32_t types[] = {0, 1, 30, 8};
    for (size_t i = 0; i < BASE_COUNT(types); i++) {
        accepts(&(struct gguf_edit){.retype = "blk.0.attn_norm.weight", .type = types[i]});
    }
}

static void a_tensor_that_nothing_uses_is_refused_by_name(void **state) {
    (void)state;
    static const char *const names[] = {
        "blk.0.ffn_gate_inp.weight", "blk.0.attn_q_norm.weight", "blk.2.attn_norm.weight",
        "blk.0.attn_q.scale",        "output_norm.bias",         "blk.00.attn_norm.weight",
        "position_embd.weight",      "token_embd.bias",          "blk.0.attn_qkv.bias",
        "rope_factors_long.weight",  "blk.0.attn_norm.bias",     "x"};
    for (int tied = 0; tied <= 1; tied++) {
        assert_true(make_model_write(made, &(struct make_model_spec){.n_layer = 2, .tied = tied}));
        for (size_t i = 0; i < BASE_COUNT(names); i++) {
            struct gguf_edit edit = {.add = names[i], .add_dims = {64, 1}};
            if (strcmp(names[i], "token_embd.bias") == 0) edit.add_dims[0] = N_VOCAB;
            char saying[96];
            snprintf(saying, sizeof saying, "Tensor %s in", names[i]);
            refuses(&edit, INGLE_UNSUPPORTED, saying);
        }
    }
}

static void rotary_frequencies_of_old_files_are_ignored(void **state) {
    (void)state;
    assert_true(make_model_write(made, &(struct make_model_spec){.n_layer = 2}));
    accepts(&(struct gguf_edit){.add = "blk.1.attn_rot_embd.weight", .add_dims = {8, 1}});
}

static void both_forms_at_once_are_refused(void **state) {
    (void)state;
    assert_true(make_model_write(made, &(struct make_model_spec){.n_layer = 1}));
    refuses(&(struct gguf_edit){.add = "blk.0.attn_qkv.weight", .add_dims = {64, 128}},
            INGLE_UNSUPPORTED, "blk.0.attn_q.weight");
}

/* ---- several forms, the same bits ---- */

static void logits_of(const char *path, const char *tier, float *logits) {
    static const ingle_token tokens[] = {5, 6, 7, 300, 1, 2};
    ingle_model *model = fixture_open(path, tier);
    ingle_session *s = fixture_session(model, (struct fixture_session){.n_ctx = 64});
    fixture_eval(s, tokens, BASE_COUNT(tokens));
    memcpy(logits, ingle_session_logits(s), N_VOCAB * sizeof *logits);
    ingle_session_free(s);
    ingle_model_close(model);
}

static void expect_same(const char *a, const char *b) {
    const char *tier;
    for (size_t i = 0; (tier = fixture_tier(i)); i++) {
        float of_a[N_VOCAB], of_b[N_VOCAB];
        logits_of(a, tier, of_a);
        logits_of(b, tier, of_b);
        assert_memory_equal(of_a, of_b, sizeof of_a);
    }
}

static void fused_and_separate_qkv_give_the_same_bits(void **state) {
    (void)state;
    static const struct make_model_spec specs[] = {
        {.type = "f32"},
        {.type = "q5_0", .biases = true},
        {.arch = "qwen2", .type = "bf16"},
        {.arch = "qwen3", .type = "q8_0", .n_head_kv = 1, .head_dim = 20}};
    for (size_t i = 0; i < BASE_COUNT(specs); i++) {
        struct make_model_spec spec = specs[i];
        spec.n_layer = 2;
        assert_true(make_model_write(made, &spec));
        spec.fused = true;
        assert_true(make_model_write(edited, &spec));
        expect_same(made, edited);
    }
}

static void fused_and_separate_gate_and_up_give_the_same_bits(void **state) {
    (void)state;
    static const struct make_model_spec specs[] = {
        {.n_ff = 101}, /* the second half does not begin with a group of rows */
        {.type = "mxfp4", .n_ff = 96},
        {.type = "q4_1"},
    };
    for (size_t i = 0; i < BASE_COUNT(specs); i++) {
        assert_true(make_model_write(made, &specs[i]));
        assert_true(gguf_edit_copy(made, edited, &(struct gguf_edit){.fuse_gate_up = true}));
        expect_same(made, edited);
    }
}

static void a_head_of_its_own_that_equals_the_embedding_is_as_good_as_tied(void **state) {
    (void)state;
    static const char *const types[] = {"f32", "f16", "bf16", "q4_0", "q8_0", "iq4_nl"};
    for (size_t i = 0; i < BASE_COUNT(types); i++) {
        assert_true(make_model_write(
            made, &(struct make_model_spec){.n_layer = 1, .type = types[i], .tied = true}));
        assert_true(gguf_edit_copy(
            made, edited,
            &(struct gguf_edit){.copy = "token_embd.weight", .copy_as = "output.weight"}));
        expect_same(made, edited);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_missing_tensor_is_named),
        cmocka_unit_test(a_tensor_of_another_shape_is_named_with_both),
        cmocka_unit_test(a_tensor_of_a_type_without_kernels_is_named),
        cmocka_unit_test(vectors_may_be_of_any_type_that_kernels_know),
        cmocka_unit_test(a_tensor_that_nothing_uses_is_refused_by_name),
        cmocka_unit_test(rotary_frequencies_of_old_files_are_ignored),
        cmocka_unit_test(both_forms_at_once_are_refused),
        cmocka_unit_test(fused_and_separate_qkv_give_the_same_bits),
        cmocka_unit_test(fused_and_separate_gate_and_up_give_the_same_bits),
        cmocka_unit_test(a_head_of_its_own_that_equals_the_embedding_is_as_good_as_tied),
    };
    return cmocka_run_group_tests(tests, make_names, folder_remove);
}
