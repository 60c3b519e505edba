/* Bringing activations into the forms that matrix kernels read, and keys and values into the
 * cache. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "engine/kern/half.h"
#include "engine/kern/ref/ref.h"

/* A block's scale, and the factor that brings its values to -127..127. A block of zeros, or of
 * values so small that the factor would overflow, has scale 0; one with a NaN or an infinity has
 * scale NaN, so that the fault shows in the result. Either way the factor is 0. */
static float block_scale(const float *x, int n, float *factor) {
    float amax = 0.0f;
    *factor = 0.0f;
    for (int i = 0; i < n; i++) {
        if (!(fabsf(x[i]) <= FLT_MAX)) return NAN;
        if (fabsf(x[i]) > amax) amax = fabsf(x[i]);
    }
    if (amax < KERN_ACT_TINY) return 0.0f;
    *factor = 127.0f / amax;
    return amax / 127.0f;
}

static int8_t quantise(float x, float factor) {
    if (factor == 0.0f) return 0;
    return (int8_t)fmaxf(-127.0f, fminf(127.0f, nearbyintf(x * factor)));
}

static KERN_DECL_ACT(act_f32) {
    memcpy(a->x + (size_t)t * (size_t)a->stride, x, (size_t)a->n_cols * sizeof *x);
}

static KERN_DECL_ACT(act_f16) {
    float *to = a->x + (size_t)t * (size_t)a->stride;
    for (int i = 0; i < a->n_cols; i++) to[i] = f32_to_f16_bits(x[i]);
}

static KERN_DECL_ACT(act_bf16) {
    uint16_t *h = a->h + (size_t)t * (size_t)a->stride;
    for (int i = 0; i < a->n_cols; i++) h[i] = f32_to_bf16(x[i]);
}

static KERN_DECL_ACT(act_q8_32) {
    size_t stride = (size_t)a->stride, row = (size_t)t;
    for (int b = 0; b < a->n_cols / 32; b++) {
        float factor;
        int32_t sum = 0;
        a->d[row * (stride / 32) + (size_t)b] = block_scale(x + 32 * b, 32, &factor);
        for (int i = 32 * b; i < 32 * (b + 1); i++) {
            int8_t q = quantise(x[i], factor);
            a->q[row * stride + (size_t)i] = q;
            sum += q;
        }
        a->nsum[row * (stride / 32) + (size_t)b] = -sum;
    }
}

static KERN_DECL_ACT(act_q8_256) {
    size_t stride = (size_t)a->stride, row = (size_t)t;
    int16_t *sum16 = a->sum16 + row * (stride / 16), *sum32 = a->sum32 + row * (stride / 32);
    int32_t *nsum = a->nsum + row * (stride / 16);
    for (int b = 0; b < a->n_cols / 256; b++) {
        float factor;
        a->d[row * (stride / 256) + (size_t)b] = block_scale(x + 256 * b, 256, &factor);
        for (int s = 16 * b; s < 16 * (b + 1); s++) {
            int sum = 0;
            for (int i = 16 * s; i < 16 * (s + 1); i++) {
                int8_t q = quantise(x[i], factor);
                a->q[row * stride + (size_t)i] = q;
                sum += q;
            }
            sum16[s] = (int16_t)sum;
            nsum[s] = -sum;
            if (s % 2) sum32[s / 2] = (int16_t)(sum16[s - 1] + sum16[s]);
        }
    }
}

static KERN_DECL_KV_STORE(kv_store) {
    struct kern_kv_page page = kern_kv_page(kv, pos / KERN_ATTN_KEYS);
    int dim = kv->head_dim, at = pos % KERN_ATTN_KEYS;
    size_t key_block = (size_t)(at / KERN_KEY_BLOCK) * (size_t)dim;
    size_t lane = (size_t)(at % KERN_KEY_BLOCK);
    size_t row = (size_t)at * (size_t)dim;
    float k_factor = 0.0f, v_factor = 0.0f;
    if (kv->type == KERN_KV_I8) {
        page.k_scale[at] = block_scale(key, dim, &k_factor);
        page.v_scale[at] = block_scale(value, dim, &v_factor);
    }
    for (int d = 0; d < dim; d++) {
        size_t k_at = (key_block + (size_t)d) * KERN_KEY_BLOCK + lane, v_at = row + (size_t)d;
        if (kv->type == KERN_KV_F16) {
            ((uint16_t *)page.k)[k_at] = f32_to_f16(key[d]);
            ((uint16_t *)page.v)[v_at] = f32_to_f16(value[d]);
        } else if (kv->type == KERN_KV_BF16) {
            ((uint16_t *)page.k)[k_at] = f32_to_bf16(key[d]);
            ((uint16_t *)page.v)[v_at] = f32_to_bf16(value[d]);
        } else {
            ((int8_t *)page.k)[k_at] = quantise(key[d], k_factor);
            ((int8_t *)page.v)[v_at] = quantise(value[d], v_factor);
        }
    }
}

void kern_act_ref(struct kern_ops *ops) {
    ops->act[KERN_ACT_F32] = act_f32;
    ops->act[KERN_ACT_F16] = act_f16;
    ops->act[KERN_ACT_BF16] = act_bf16;
    ops->act[KERN_ACT_Q8_32] = act_q8_32;
    ops->act[KERN_ACT_Q8_256] = act_q8_256;
    ops->kv_store = kv_store;
}
