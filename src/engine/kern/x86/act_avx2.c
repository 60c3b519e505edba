/* Bringing activations into the forms that the matrix kernels read. */
#include <math.h>
#include <string.h>

#include "engine/kern/half.h"
#include "engine/kern/x86/kern_x86.h"
#include "engine/kern/x86/quant_avx2.h"

static KERN_DECL_ACT(act_f32) {
    memcpy(a->x + (size_t)t * (size_t)a->stride, x, (size_t)a->n_cols * sizeof *x);
}

static KERN_DECL_ACT(act_f16) {
    float *to = a->x + (size_t)t * (size_t)a->stride;
    for (int i = 0; i < a->n_cols; i += 8) {
        __m256i m = lanes(a->n_cols, i);
        _mm256_maskstore_ps(to + i, m, round_to_f16_bits(_mm256_maskload_ps(x + i, m)));
    }
}

static KERN_DECL_ACT(act_bf16) {
    uint16_t *h = a->h + (size_t)t * (size_t)a->stride;
    int i = 0;
    for (; i + 8 <= a->n_cols; i += 8) {
        _mm_storeu_si128((__m128i *)(void *)(h + i), to_bf16(_mm256_loadu_ps(x + i)));
    }
    for (; i < a->n_cols; i++) h[i] = f32_to_bf16(x[i]);
}

/* The sums of the first and the second 16 of 32 int8. */
static inline void two_sums(__m256i q, int *first, int *second) {
    /* vpsadbw adds unsigned bytes, eight at a time. */
    __m256i eights =
        _mm256_sad_epu8(_mm256_xor_si256(q, _mm256_set1_epi8((char)0x80)), _mm256_setzero_si256());
    __m256i swapped = _mm256_shuffle_epi32(eights, 0x4e);
    __m256i sums = _mm256_sub_epi32(_mm256_add_epi32(eights, swapped), _mm256_set1_epi32(16 * 128));
    *first = _mm_cvtsi128_si32(_mm256_castsi256_si128(sums));
    *second = _mm_cvtsi128_si32(_mm256_extracti128_si256(sums, 1));
}

static KERN_DECL_ACT(act_q8_32) {
    size_t stride = (size_t)a->stride;
    int8_t *q = a->q + (size_t)t * stride;
    float *d = a->d + (size_t)t * (stride / 32);
    int32_t *nsum = a->nsum + (size_t)t * (stride / 32);
    for (int b = 0; b < a->n_cols / 32; b++, x += 32) {
        float factor;
        d[b] = block_scale(x, 32, &factor);
        __m256i all = quantise32(x, factor);
        _mm256_storeu_si256((__m256i *)(void *)(q + 32 * b), all);
        int first, second;
        two_sums(all, &first, &second);
        nsum[b] = -(first + second);
    }
}

static KERN_DECL_ACT(act_q8_256) {
    size_t stride = (size_t)a->stride;
    int8_t *q = a->q + (size_t)t * stride;
    float *d = a->d + (size_t)t * (stride / 256);
    int32_t *nsum = a->nsum + (size_t)t * (stride / 16);
    int16_t *sum16 = a->sum16 + (size_t)t * (stride / 16);
    int16_t *sum32 = a->sum32 + (size_t)t * (stride / 32);
    for (int b = 0; b < a->n_cols / 256; b++) {
        float factor;
        d[b] = block_scale(x + 256 * b, 256, &factor);
        for (int i = 8 * b; i < 8 * (b + 1); i++) {
            __m256i all = quantise32(x + 32 * i, factor);
            _mm256_storeu_si256((__m256i *)(void *)(q + 32 * i), all);
            int first, second;
            two_sums(all, &first, &second);
            nsum[2 * i] = -first;
            nsum[2 * i + 1] = -second;
            sum16[2 * i] = (int16_t)first;
            sum16[2 * i + 1] = (int16_t)second;
            sum32[i] = (int16_t)(first + second);
        }
    }
}

void kern_act_avx2(struct kern_ops *ops) {
    ops->act[KERN_ACT_F32] = act_f32;
    ops->act[KERN_ACT_F16] = act_f16;
    ops->act[KERN_ACT_BF16] = act_bf16;
    ops->act[KERN_ACT_Q8_32] = act_q8_32;
    ops->act[KERN_ACT_Q8_256] = act_q8_256;
}
