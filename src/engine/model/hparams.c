#include "engine/model/hparams.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Far above any published model, far below what would overflow an int or a buffer size. */
#define MAX_LAYERS 512
#define MAX_HEADS 1024
#define MAX_HEAD_DIM 1024
#define MAX_WIDTH (1 << 18)
#define MAX_CONTEXT (1 << 27)

/* Where and how to look up "<arch>.<name>". */
struct reader {
    const struct gguf *g;
    const char *arch;
    ingle_error *err;
};

static const struct gguf_kv *find(const struct reader *r, const char *name, char key[160]) {
    snprintf(key, 160, "%s.%s", r->arch, name);
    return gguf_find(r->g, key);
}

static ingle_status missing(const struct reader *r, const char *key) {
    return status_set(r->err, INGLE_INVALID, 0, "'%s' lacks the key %s.", gguf_path(r->g), key);
}

/* An integer in [low, high]; an array counts if all its elements are equal. Absent: *out keeps its
 * value, or an error if required. */
static ingle_status read_int(const struct reader *r, const char *name, bool required, int64_t low,
                             int64_t high, int *out) {
    char key[160];
    const struct gguf_kv *kv = find(r, name, key);
    if (!kv) return required ? missing(r, key) : INGLE_OK;
    int64_t value = 0;
    for (uint64_t i = 0; i < kv->count; i++) {
        int64_t element;
        if (!gguf_get_int(kv, i, &element)) {
            return status_set(r->err, INGLE_INVALID, kv->where, "%s in '%s' is not an integer.",
                              key, gguf_path(r->g));
        }
        if (i > 0 && element != value) {
            return status_set(r->err, INGLE_UNSUPPORTED, kv->where,
                              "%s differs from layer to layer in '%s', which is not supported.",
                              key, gguf_path(r->g));
        }
        value = element;
    }
    if (kv->count == 0 || value < low || value > high) {
        return status_set(r->err, INGLE_INVALID, kv->where,
                          "%s is %" PRId64 " in '%s'; it must be from %" PRId64 " to %" PRId64 ".",
                          key, value, gguf_path(r->g), low, high);
    }
    *out = (int)value;
    return INGLE_OK;
}

/* A finite number in [low, high]. */
static ingle_status read_float(const struct reader *r, const char *name, bool required, double low,
                               double high, float *out) {
    char key[160];
    const struct gguf_kv *kv = find(r, name, key);
    if (!kv) return required ? missing(r, key) : INGLE_OK;
    double value;
    if (kv->is_array || !gguf_get_float(kv, 0, &value)) {
        return status_set(r->err, INGLE_INVALID, kv->where, "%s in '%s' is not a number.", key,
                          gguf_path(r->g));
    }
    if (!isfinite(value) || value < low || value > high) {
        return status_set(r->err, INGLE_INVALID, kv->where,
                          "%s is %g in '%s'; it must be from %g to %g.", key, value,
                          gguf_path(r->g), low, high);
    }
    *out = (float)value;
    return INGLE_OK;
}

static ingle_status read_heads(struct hparams *hp, const struct reader *r) {
    INGLE_TRY(read_int(r, "attention.head_count", true, 1, MAX_HEADS, &hp->n_head));
    hp->n_head_kv = hp->n_head;
    INGLE_TRY(read_int(r, "attention.head_count_kv", false, 1, MAX_HEADS, &hp->n_head_kv));
    if (hp->n_head % hp->n_head_kv != 0) {
        return status_set(r->err, INGLE_INVALID, 0,
                          "%d attention heads in '%s' do not divide among %d KV heads.", hp->n_head,
                          gguf_path(r->g), hp->n_head_kv);
    }
    hp->head_dim = hp->n_embd / hp->n_head;
    INGLE_TRY(read_int(r, "attention.key_length", false, 1, MAX_HEAD_DIM, &hp->head_dim));
    int value_length = hp->head_dim;
    INGLE_TRY(read_int(r, "attention.value_length", false, 1, MAX_HEAD_DIM, &value_length));
    if (value_length != hp->head_dim) {
        return status_set(r->err, INGLE_UNSUPPORTED, 0,
                          "Keys of length %d with values of length %d in '%s' are not supported.",
                          hp->head_dim, value_length, gguf_path(r->g));
    }
    if (hp->head_dim < 2 || hp->head_dim > MAX_HEAD_DIM || hp->head_dim % 2 != 0) {
        return status_set(r->err, INGLE_INVALID, 0,
                          "A head of %d dims in '%s' is impossible; it must be even, from 2 to %d.",
                          hp->head_dim, gguf_path(r->g), MAX_HEAD_DIM);
    }
    float scale = 0;
    INGLE_TRY(read_float(r, "attention.scale", false, 0, 1e6, &scale));
    hp->attn_scale = scale > 0 ? scale : 1.0f / sqrtf((float)hp->head_dim);
    return INGLE_OK;
}

static ingle_status read_scaling_type(struct rope_params *rope, const struct reader *r) {
    char key[160];
    const struct gguf_kv *kv = find(r, "rope.scaling.type", key);
    rope->scaling = ROPE_SCALING_LINEAR;
    if (!kv) return INGLE_OK;
    struct gguf_str type;
    if (!gguf_get_str(kv, &type)) {
        return status_set(r->err, INGLE_INVALID, kv->where, "%s in '%s' is not a string.", key,
                          gguf_path(r->g));
    }
    static const struct {
        const char *name;
        enum rope_scaling scaling;
    } known[] = {{"none", ROPE_SCALING_NONE},
                 {"linear", ROPE_SCALING_LINEAR},
                 {"yarn", ROPE_SCALING_YARN},
                 {"longrope", ROPE_SCALING_LINEAR}}; /* its divisors are tensors */
    for (size_t i = 0; i < BASE_COUNT(known); i++) {
        if (type.len == strlen(known[i].name) && memcmp(type.data, known[i].name, type.len) == 0) {
            rope->scaling = known[i].scaling;
            return INGLE_OK;
        }
    }
    return status_set(r->err, INGLE_UNSUPPORTED, kv->where, "%s '%.*s' in '%s' is not supported.",
                      key, (int)(type.len > 40 ? 40 : type.len), type.data, gguf_path(r->g));
}

static ingle_status read_rope(struct hparams *hp, const struct reader *r) {
    struct rope_params *rope = &hp->rope;
    rope->n_rot = hp->head_dim;
    INGLE_TRY(read_int(r, "rope.dimension_count", false, 2, MAX_HEAD_DIM, &rope->n_rot));
    if (rope->n_rot % 2 != 0 || rope->n_rot > hp->head_dim) {
        return status_set(
            r->err, INGLE_INVALID, 0,
            "%d rotated dims in '%s' are impossible; they must be even and at most the "
            "head's %d.",
            rope->n_rot, gguf_path(r->g), hp->head_dim);
    }
    rope->freq_base = 10000.0f;
    INGLE_TRY(read_float(r, "rope.freq_base", false, 1.0, 1e15, &rope->freq_base));
    INGLE_TRY(read_scaling_type(rope, r));

    float factor = 0, old_factor = 0;
    INGLE_TRY(read_float(r, "rope.scaling.factor", false, 0, 1e6, &factor));
    INGLE_TRY(read_float(r, "rope.scale_linear", false, 0, 1e6, &old_factor));
    if (factor == 0) factor = old_factor;
    rope->factor = factor > 0 && rope->scaling != ROPE_SCALING_NONE ? factor : 1.0f;

    rope->n_ctx_orig = hp->n_ctx_train;
    INGLE_TRY(read_int(r, "rope.scaling.original_context_length", false, 1, MAX_CONTEXT,
                       &rope->n_ctx_orig));
    rope->attn_factor = 1.0f;
    INGLE_TRY(read_float(r, "rope.scaling.attn_factor", false, 1e-6, 1e6, &rope->attn_factor));
    rope->yarn_beta_fast = 32.0f;
    rope->yarn_beta_slow = 1.0f;
    INGLE_TRY(
        read_float(r, "rope.scaling.yarn_beta_fast", false, 1e-6, 1e6, &rope->yarn_beta_fast));
    INGLE_TRY(
        read_float(r, "rope.scaling.yarn_beta_slow", false, 1e-6, 1e6, &rope->yarn_beta_slow));
    return read_float(r, "rope.scaling.yarn_log_multiplier", false, 0, 1e6,
                      &rope->yarn_log_multiplier);
}

ingle_status hparams_read(struct hparams *hp, const struct gguf *g, const char *arch,
                          ingle_error *err) {
    *hp = (struct hparams){0};
    const struct reader r = {.g = g, .arch = arch, .err = err};
    int n_expert = 0;
    INGLE_TRY(read_int(&r, "expert_count", false, 0, INT32_MAX, &n_expert));
    if (n_expert > 0) {
        return status_set(err, INGLE_UNSUPPORTED, 0,
                          "'%s' is a mixture of %d experts, which is not supported.", gguf_path(g),
                          n_expert);
    }
    INGLE_TRY(read_int(&r, "context_length", true, 1, MAX_CONTEXT, &hp->n_ctx_train));
    INGLE_TRY(read_int(&r, "embedding_length", true, 1, MAX_WIDTH, &hp->n_embd));
    INGLE_TRY(read_int(&r, "block_count", true, 1, MAX_LAYERS, &hp->n_layer));
    INGLE_TRY(read_int(&r, "feed_forward_length", true, 1, MAX_WIDTH, &hp->n_ff));
    INGLE_TRY(read_float(&r, "attention.layer_norm_rms_epsilon", true, 1e-30, 1.0, &hp->norm_eps));
    INGLE_TRY(read_int(&r, "pooling_type", false, 0, INT32_MAX, &hp->pooling));
    INGLE_TRY(read_heads(hp, &r));
    return read_rope(hp, &r);
}
