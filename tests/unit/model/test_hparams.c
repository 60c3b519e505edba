/* What the metadata keys of a file mean: every key present, missing, of another type, out of range,
 * as an array. */
#include "engine/model/hparams.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "support/fixture.h"
#include "support/folder.h"
#include "support/gguf_writer.h"

/* A key that holds one integer: its range, and a value other than the usual that goes with the
 * other keys. */
struct int_key {
    const char *name;
    bool required;
    int64_t low, high;
    int usual, other;
    size_t at; /* in struct hparams */
};

#define FIELD(field) offsetof(struct hparams, field)

static const struct int_key int_keys[] = {
    {"x.context_length", true, 1, 1 << 27, 512, 1024, FIELD(n_ctx_train)},
    {"x.embedding_length", true, 1, 1 << 18, 64, 128, FIELD(n_embd)},
    {"x.block_count", true, 1, 512, 3, 5, FIELD(n_layer)},
    {"x.feed_forward_length", true, 1, 1 << 18, 128, 777, FIELD(n_ff)},
    {"x.attention.head_count", true, 1, 1024, 4, 2, FIELD(n_head)},
    {"x.attention.head_count_kv", false, 1, 1024, 2, 1, FIELD(n_head_kv)},
    {"x.rope.dimension_count", false, 2, 1024, 16, 8, FIELD(rope.n_rot)},
    {"x.rope.scaling.original_context_length", false, 1, 1 << 27, 256, 128, FIELD(rope.n_ctx_orig)},
};

struct float_key {
    const char *name;
    bool required;
    double low, high;
    float otherwise; /* if it is missing */
    float other;
    size_t at;
};

static const struct float_key float_keys[] = {
    {"x.attention.layer_norm_rms_epsilon", true, 1e-30, 1, 0, 1e-6f, FIELD(norm_eps)},
    {"x.attention.scale", false, 0, 1e6, 0.25f, 0.5f, FIELD(attn_scale)},
    {"x.rope.freq_base", false, 1, 1e15, 10000, 5e6f, FIELD(rope.freq_base)},
    {"x.rope.scaling.factor", false, 0, 1e6, 1, 4, FIELD(rope.factor)},
    {"x.rope.scale_linear", false, 0, 1e6, 1, 8, FIELD(rope.factor)},
    {"x.rope.scaling.attn_factor", false, 1e-6, 1e6, 1, 1.19f, FIELD(rope.attn_factor)},
    {"x.rope.scaling.yarn_beta_fast", false, 1e-6, 1e6, 32, 16, FIELD(rope.yarn_beta_fast)},
    {"x.rope.scaling.yarn_beta_slow", false, 1e-6, 1e6, 1, 2, FIELD(rope.yarn_beta_slow)},
    {"x.rope.scaling.yarn_log_multiplier", false, 0, 1e6, 0, 1, FIELD(rope.yarn_log_multiplier)},
};

/* ---- files with keys ---- */

static struct gguf_writer writer;

/* A file with all the keys that are needed or usual, but for one. */
static void begin(const char *without) {
    gguf_writer_init(&writer);
    for (size_t i = 0; i < BASE_COUNT(int_keys); i++) {
        if (without && strcmp(int_keys[i].name, without) == 0) continue;
        gguf_writer_u32(&writer, int_keys[i].name, (uint32_t)int_keys[i].usual);
    }
    static const char epsilon[] = "x.attention.layer_norm_rms_epsilon";
    if (without && strcmp(epsilon, without) == 0) return;
    gguf_writer_key(&writer, epsilon, GGUF_F32);
    put_f32(&writer.kvs, 1e-5f);
}

static void add_f64(const char *key, double value) {
    gguf_writer_key(&writer, key, GGUF_F64);
    put_f64(&writer.kvs, value);
}

static void add_i64(const char *key, int64_t value) {
    gguf_writer_key(&writer, key, GGUF_I64);
    put_u64(&writer.kvs, (uint64_t)value);
}

static ingle_status read(struct hparams *hp, ingle_error *err) {
    const char *path = folder_file("keys.gguf");
    struct gguf *g;
    assert_true(gguf_writer_save(&writer, path));
    assert_int_equal(gguf_open(&g, path, NULL), INGLE_OK);
    ingle_status status = hparams_read(hp, g, "x", err);
    gguf_close(g);
    return status;
}

static struct hparams accepts(void) {
    struct hparams hp;
    ingle_error err;
    mark_error(&err);
    if (read(&hp, &err) != INGLE_OK) fail_msg("refused: %s", err.msg);
    expect_marked(&err);
    return hp;
}

static void refuses(ingle_status code, const char *saying) {
    struct hparams hp;
    ingle_error err = {0};
    expect_refusal(read(&hp, &err), code, &err, saying);
    assert_non_null(strstr(err.msg, "keys.gguf"));
}

static int int_at(const struct hparams *hp, size_t at) {
    int value;
    memcpy(&value, (const char *)hp + at, sizeof value);
    return value;
}

static float float_at(const struct hparams *hp, size_t at) {
    float value;
    memcpy(&value, (const char *)hp + at, sizeof value);
    return value;
}

/* ---- integers ---- */

static void the_usual_keys_are_read(void **state) {
    (void)state;
    begin(NULL);
    struct hparams hp = accepts();
    for (size_t i = 0; i < BASE_COUNT(int_keys); i++) {
        assert_int_equal(int_at(&hp, int_keys[i].at), int_keys[i].usual);
    }
    assert_int_equal(hp.head_dim, 16);
    assert_true(hp.norm_eps == 1e-5f);
    assert_true(hp.attn_scale == 0.25f);
    assert_true(hp.rope.freq_base == 10000);
    assert_int_equal(hp.rope.scaling, ROPE_SCALING_LINEAR);
    assert_true(hp.rope.factor == 1);
    assert_null(hp.rope.divisors);
    assert_int_equal(hp.n_vocab, 0);
}

static void a_missing_integer_is_named_or_has_its_default(void **state) {
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(int_keys); i++) {
        const struct int_key *k = &int_keys[i];
        begin(k->name);
        if (k->required) {
            char saying[96];
            snprintf(saying, sizeof saying, "lacks the key %s", k->name);
            refuses(INGLE_INVALID, saying);
            continue;
        }
        struct hparams hp = accepts();
        int wanted = k->at == FIELD(n_head_kv)    ? hp.n_head
                     : k->at == FIELD(rope.n_rot) ? hp.head_dim
                                                  : hp.n_ctx_train;
        assert_int_equal(int_at(&hp, k->at), wanted);
    }
}

/* Any numeric type, if the value is a whole number. */
static void an_integer_may_be_stored_in_any_type(void **state) {
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(int_keys); i++) {
        const struct int_key *k = &int_keys[i];
        for (int how = 0; how < 5; how++) {
            begin(k->name);
            if (how == 0) gguf_writer_u32(&writer, k->name, (uint32_t)k->other);
            if (how == 1) add_i64(k->name, k->other);
            if (how == 2) add_f64(k->name, k->other);
            if (how == 3) {
                gguf_writer_key(&writer, k->name, GGUF_F32);
                put_f32(&writer.kvs, (float)k->other);
            }
            if (how == 4) {
                gguf_writer_key(&writer, k->name, GGUF_U16);
                put_u16(&writer.kvs, (uint16_t)k->other);
            }
            struct hparams hp = accepts();
            assert_int_equal(int_at(&hp, k->at), k->other);
        }
    }
}

static void what_is_no_integer_is_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(int_keys); i++) {
        const struct int_key *k = &int_keys[i];
        char saying[96];
        snprintf(saying, sizeof saying, "%s in", k->name);
        static const double wrong[] = {2.5, NAN, INFINITY, -INFINITY, 1e300, 0x1p63};
        for (size_t n = 0; n < BASE_COUNT(wrong); n++) {
            begin(k->name);
            add_f64(k->name, wrong[n]);
            refuses(INGLE_INVALID, saying);
        }
        begin(k->name);
        gguf_writer_str(&writer, k->name, "16");
        refuses(INGLE_INVALID, "is not an integer");
        begin(k->name);
        gguf_writer_key(&writer, k->name, GGUF_U64);
        put_u64(&writer.kvs, UINT64_MAX);
        refuses(INGLE_INVALID, saying);
    }
}

static void integers_out_of_range_are_refused_with_the_range(void **state) {
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(int_keys); i++) {
        const struct int_key *k = &int_keys[i];
        const int64_t wrong[] = {k->low - 1, k->high + 1,     0, -1, INT64_MIN,
                                 INT64_MAX,  (int64_t)1 << 32};
        for (size_t n = 0; n < BASE_COUNT(wrong); n++) {
            begin(k->name);
            add_i64(k->name, wrong[n]);
            char saying[128];
            snprintf(saying, sizeof saying, "%s is %lld in", k->name, (long long)wrong[n]);
            refuses(INGLE_INVALID, saying);
            snprintf(saying, sizeof saying, "it must be from %lld to %lld", (long long)k->low,
                     (long long)k->high);
            begin(k->name);
            add_i64(k->name, wrong[n]);
            refuses(INGLE_INVALID, saying);
        }
    }
}

static void add_array(const char *key, const int *values, uint64_t n) {
    gguf_writer_array(&writer, key, GGUF_I32, n);
    for (uint64_t i = 0; i < n; i++) put_u32(&writer.kvs, (uint32_t)values[i]);
}

static void an_array_of_equal_integers_is_one(void **state) {
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(int_keys); i++) {
        const struct int_key *k = &int_keys[i];
        begin(k->name);
        add_array(k->name, (const int[]){k->other, k->other, k->other}, 3);
        struct hparams hp = accepts();
        assert_int_equal(int_at(&hp, k->at), k->other);
    }
}

static void an_array_of_different_or_no_integers_is_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(int_keys); i++) {
        const struct int_key *k = &int_keys[i];
        for (int odd = 0; odd < 3; odd++) {
            int values[3] = {k->other, k->other, k->other};
            values[odd] = k->usual;
            begin(k->name);
            add_array(k->name, values, 3);
            refuses(INGLE_UNSUPPORTED, "differs from layer to layer");
        }
        begin(k->name);
        add_array(k->name, NULL, 0);
        refuses(INGLE_INVALID, k->name);
        begin(k->name);
        gguf_writer_array(&writer, k->name, GGUF_STRING, 1);
        put_str(&writer.kvs, "16");
        refuses(INGLE_INVALID, "is not an integer");
    }
}

/* ---- numbers ---- */

static void a_missing_number_is_named_or_has_its_default(void **state) {
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(float_keys); i++) {
        const struct float_key *k = &float_keys[i];
        begin(k->name);
        if (k->required) {
            refuses(INGLE_INVALID, "lacks the key x.attention.layer_norm_rms_epsilon");
        } else {
            struct hparams hp = accepts();
            assert_true(float_at(&hp, k->at) == k->otherwise);
        }
    }
}

static void a_number_may_be_stored_in_any_type(void **state) {
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(float_keys); i++) {
        const struct float_key *k = &float_keys[i];
        begin(k->name);
        add_f64(k->name, (double)k->other);
        struct hparams hp = accepts();
        assert_true(float_at(&hp, k->at) == k->other);
        begin(k->name);
        gguf_writer_u32(&writer, k->name, 1);
        hp = accepts();
        assert_true(float_at(&hp, k->at) == 1);
    }
}

static void what_is_no_number_or_out_of_range_is_refused(void **state) {
    (void)state;
    for (size_t i = 0; i < BASE_COUNT(float_keys); i++) {
        const struct float_key *k = &float_keys[i];
        const double wrong[] = {NAN, INFINITY,       -INFINITY,
                                -1,  k->high * 1.01, k->low > 0 ? k->low * 0.99 : -1e-9};
        for (size_t n = 0; n < BASE_COUNT(wrong); n++) {
            begin(k->name);
            add_f64(k->name, wrong[n]);
            refuses(INGLE_INVALID, k->name);
        }
        begin(k->name);
        gguf_writer_str(&writer, k->name, "1");
        refuses(INGLE_INVALID, "is not a number");
        begin(k->name);
        gguf_writer_array(&writer, k->name, GGUF_F32, 1);
        put_f32(&writer.kvs, k->other);
        refuses(INGLE_INVALID, "is not a number");
    }
}

/* ---- rules between keys ---- */

static void heads_divide_among_kv_heads(void **state) {
    (void)state;
    static const int wrong[] = {3, 8};
    for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
        begin("x.attention.head_count_kv");
        add_i64("x.attention.head_count_kv", wrong[i]);
        refuses(INGLE_INVALID, "do not divide among");
    }
}

static void a_head_has_the_length_that_the_file_says(void **state) {
    (void)state;
    begin(NULL);
    add_i64("x.attention.key_length", 24);
    struct hparams hp = accepts();
    assert_int_equal(hp.head_dim, 24);
    assert_true(hp.attn_scale == 1 / sqrtf(24));
    begin(NULL);
    add_i64("x.attention.key_length", 24);
    add_i64("x.attention.value_length", 24);
    assert_int_equal(accepts().head_dim, 24);
    begin(NULL);
    add_i64("x.attention.key_length", 24);
    add_i64("x.attention.value_length", 16);
    refuses(INGLE_UNSUPPORTED, "Keys of length 24 with values of length 16");
    static const int wrong[] = {15, 17, 1};
    for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
        begin("x.rope.dimension_count");
        add_i64("x.attention.key_length", wrong[i]);
        refuses(INGLE_INVALID, "it must be even");
    }
    begin("x.attention.head_count"); /* 64 / 64 = a head of one dim */
    add_i64("x.attention.head_count", 64);
    refuses(INGLE_INVALID, "A head of 1 dims");
    begin("x.attention.head_count"); /* no dims at all */
    add_i64("x.attention.head_count", 128);
    refuses(INGLE_INVALID, "A head of 0 dims");
}

static void rotated_dims_are_even_and_within_the_head(void **state) {
    (void)state;
    static const int wrong[] = {3, 15, 18, 1024};
    for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
        begin("x.rope.dimension_count");
        add_i64("x.rope.dimension_count", wrong[i]);
        refuses(INGLE_INVALID, "rotated dims");
    }
}

static void mixtures_of_experts_are_refused(void **state) {
    (void)state;
    begin(NULL);
    add_i64("x.expert_count", 8);
    refuses(INGLE_UNSUPPORTED, "a mixture of 8 experts");
    begin(NULL);
    add_i64("x.expert_count", 0);
    (void)accepts();
    begin(NULL);
    add_i64("x.expert_count", -1);
    refuses(INGLE_INVALID, "x.expert_count is -1");
}

static void a_kind_of_scaling_is_known_or_refused(void **state) {
    (void)state;
    static const struct {
        const char *name;
        enum rope_scaling scaling;
        float factor;
    } rows[] = {{"none", ROPE_SCALING_NONE, 1},
                {"linear", ROPE_SCALING_LINEAR, 4},
                {"yarn", ROPE_SCALING_YARN, 4},
                {"longrope", ROPE_SCALING_LINEAR, 4}};
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        begin(NULL);
        gguf_writer_str(&writer, "x.rope.scaling.type", rows[i].name);
        add_f64("x.rope.scaling.factor", 4);
        struct hparams hp = accepts();
        assert_int_equal(hp.rope.scaling, rows[i].scaling);
        assert_true(hp.rope.factor == rows[i].factor);
    }
    static const char *const wrong[] = {"", "Yarn", "yar", "yarn2", "dynamic"};
    for (size_t i = 0; i < BASE_COUNT(wrong); i++) {
        begin(NULL);
        gguf_writer_str(&writer, "x.rope.scaling.type", wrong[i]);
        char saying[64];
        snprintf(saying, sizeof saying, "x.rope.scaling.type '%s' in", wrong[i]);
        refuses(INGLE_UNSUPPORTED, saying);
    }
    begin(NULL);
    gguf_writer_u32(&writer, "x.rope.scaling.type", 1);
    refuses(INGLE_INVALID, "is not a string");
}

static void the_old_key_of_the_factor_counts_only_without_the_new(void **state) {
    (void)state;
    begin(NULL);
    add_f64("x.rope.scale_linear", 8);
    add_f64("x.rope.scaling.factor", 4);
    assert_true(accepts().rope.factor == 4);
    begin(NULL);
    add_f64("x.rope.scale_linear", 8);
    add_f64("x.rope.scaling.factor", 0); /* none */
    assert_true(accepts().rope.factor == 8);
    begin(NULL);
    add_f64("x.rope.scaling.factor", 0);
    assert_true(accepts().rope.factor == 1);
    begin(NULL);
    add_f64("x.attention.scale", 0); /* none */
    assert_true(accepts().attn_scale == 0.25f);
    begin(NULL);
    add_f64("x.attention.scale", 1e-6); /* however small */
    assert_true(accepts().attn_scale == 1e-6f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_usual_keys_are_read),
        cmocka_unit_test(a_missing_integer_is_named_or_has_its_default),
        cmocka_unit_test(an_integer_may_be_stored_in_any_type),
        cmocka_unit_test(what_is_no_integer_is_refused),
        cmocka_unit_test(integers_out_of_range_are_refused_with_the_range),
        cmocka_unit_test(an_array_of_equal_integers_is_one),
        cmocka_unit_test(an_array_of_different_or_no_integers_is_refused),
        cmocka_unit_test(a_missing_number_is_named_or_has_its_default),
        cmocka_unit_test(a_number_may_be_stored_in_any_type),
        cmocka_unit_test(what_is_no_number_or_out_of_range_is_refused),
        cmocka_unit_test(heads_divide_among_kv_heads),
        cmocka_unit_test(a_head_has_the_length_that_the_file_says),
        cmocka_unit_test(rotated_dims_are_even_and_within_the_head),
        cmocka_unit_test(mixtures_of_experts_are_refused),
        cmocka_unit_test(a_kind_of_scaling_is_known_or_refused),
        cmocka_unit_test(the_old_key_of_the_factor_counts_only_without_the_new),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
