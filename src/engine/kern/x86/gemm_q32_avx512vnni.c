/* Products of the 32-element block types with int8 activations: one scale a block on either side,
 * integers within. Tiles of 32 rows x up to 6 tokens. */
#include "engine/kern/x86/kern_x86.h"
#include "engine/kern/x86/planes_avx512.h"

enum scale_kind { SCALE_F16, SCALE_E8M0 };

/* 16 scales of rows 16 * half ... */
BASE_ALWAYS_INLINE __m512 load_scale(const uint8_t *src, int half, enum scale_kind kind) {
    if (kind == SCALE_F16) return load_f16(src + half * 32);
    __m512i e = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)src + half));
    __m512 power = _mm512_cvtepi32_ps(_mm512_sub_epi32(e, _mm512_set1_epi32(128)));
    return _mm512_scalef_ps(_mm512_set1_ps(1.0f), power);
}

/* What every block of a run needs of a token, made ready sixteen blocks at a time: in the loop over
 * blocks each costs one broadcast from memory. */
#define RUN_BLOCKS 64
struct run {
    int32_t start[TOKENS_PER_TILE][RUN_BLOCKS]; /* of the integer sums: offset times nsum */
    float whole[TOKENS_PER_TILE][RUN_BLOCKS];   /* types with a min: d * nsum */
};

BASE_ALWAYS_INLINE void prepare_run(struct run *run, const int32_t *nsum, const float *d,
                                    size_t n_scales, int n_blocks, int n_tokens, struct format f) {
    for (int t = 0; t < n_tokens; t++, nsum += n_scales, d += n_scales) {
        for (int b = 0; b < n_blocks; b += 16) {
            int left = n_blocks - b;
            __mmask16 m = left >= 16 ? (__mmask16)0xffff : (__mmask16)((1u << left) - 1);
            __m512i sums = _mm512_maskz_loadu_epi32(m, nsum + b);
            if (f.offset_shift) {
                __m512i start = _mm512_slli_epi32(sums, (unsigned)f.offset_shift);
                _mm512_storeu_si512(run->start[t] + b, start);
            }
            if (f.has_min) {
                __m512 whole =
                    _mm512_mul_ps(_mm512_maskz_loadu_ps(m, d + b), _mm512_cvtepi32_ps(sums));
                _mm512_storeu_ps(run->whole[t] + b, whole);
            }
        }
    }
}

BASE_ALWAYS_INLINE void tile(float *out, size_t ld, const uint8_t *block, int n_cols,
                             const struct kern_acts *x, int t0, int n_tokens, struct format f,
                             enum scale_kind kind) {
    const size_t scale_size = kind == SCALE_F16 ? 2 * GROUP_ROWS : GROUP_ROWS;
    const size_t min_size = f.has_min ? 2 * GROUP_ROWS : 0;
    const size_t block_size = scale_size + min_size + planes_size(f);
    const size_t stride = (size_t)x->stride, n_scales = stride / 32;
    const int n_blocks = n_cols / 32;
    const int8_t *q = x->q + (size_t)t0 * stride;
    const float *d = x->d + (size_t)t0 * n_scales;
    const int32_t *nsum = x->nsum + (size_t)t0 * n_scales;
    const __m512i table = format_table(f);
    struct run run;
    __m512 sum[TOKENS_PER_TILE][2];
    prefetch_tile(out, ld, n_tokens);
#pragma GCC unroll 6
    for (int t = 0; t < n_tokens; t++) sum[t][0] = sum[t][1] = _mm512_setzero_ps();

    for (int b = 0; b < n_blocks; b++, block += block_size) {
        const int at = b % RUN_BLOCKS;
        if (at == 0) {
            int n = n_blocks - b < RUN_BLOCKS ? n_blocks - b : RUN_BLOCKS;
            prepare_run(&run, nsum + b, d + b, n_scales, n, n_tokens, f);
        }
        const uint8_t *planes = block + scale_size + min_size;
        __m512i acc[TOKENS_PER_TILE][2];
#pragma GCC unroll 6
        for (int t = 0; t < n_tokens; t++) {
            acc[t][0] = acc[t][1] =
                f.offset_shift ? _mm512_set1_epi32(run.start[t][at]) : _mm512_setzero_si512();
        }
        for (int ahead = 0; ahead < (int)block_size; ahead += 64) {
            _mm_prefetch((const char *)block + 4608 + ahead, _MM_HINT_T0);
        }
        dot16(acc, planes, 0, f, table, q + 32 * b, stride, n_tokens);
        dot16(acc, planes, 1, f, table, q + 32 * b, stride, n_tokens);

        __m512 scale[2] = {load_scale(block, 0, kind), load_scale(block, 1, kind)};
        __m512 min[2] = {_mm512_setzero_ps(), _mm512_setzero_ps()};
        if (f.has_min) {
            min[0] = load_f16(block + scale_size);
            min[1] = load_f16(block + scale_size + 32);
        }
#pragma GCC unroll 6
        for (int t = 0; t < n_tokens; t++) {
            __m512 dx = _mm512_set1_ps(d[(size_t)t * n_scales + (size_t)b]);
#pragma GCC unroll 2
            for (int half = 0; half < 2; half++) {
                __m512 dot = _mm512_cvtepi32_ps(acc[t][half]);
                /* The token's scale last: it is then a broadcast operand, and no register. A scale
                 * of E8M0 may be too large to be multiplied with dot alone. */
                sum[t][half] =
                    kind == SCALE_F16
                        ? _mm512_fmadd_ps(_mm512_mul_ps(scale[half], dot), dx, sum[t][half])
                        : _mm512_fmadd_ps(_mm512_mul_ps(scale[half], dx), dot, sum[t][half]);
                if (f.has_min) {
                    __m512 whole = _mm512_set1_ps(run.whole[t][at]);
                    sum[t][half] = _mm512_fnmadd_ps(min[half], whole, sum[t][half]);
                }
            }
        }
    }
    store_tile(out, ld, sum, n_tokens);
}

#define FORMAT(...) ((const struct format){__VA_ARGS__})

DEFINE_GEMM(gemm_q4_0, tile, FORMAT(.nibbles = true, .offset_shift = 3), SCALE_F16)
DEFINE_GEMM(gemm_q4_1, tile, FORMAT(.nibbles = true, .has_min = true), SCALE_F16)
DEFINE_GEMM(gemm_q5_0, tile, FORMAT(.nibbles = true, .bits = true, .offset_shift = 4), SCALE_F16)
DEFINE_GEMM(gemm_q5_1, tile, FORMAT(.nibbles = true, .bits = true, .has_min = true), SCALE_F16)
DEFINE_GEMM(gemm_q8_0, tile, FORMAT(.bytes = true, .offset_shift = 7), SCALE_F16)
DEFINE_GEMM(gemm_iq4_nl, tile, FORMAT(.nibbles = true, .offset_shift = 7, .table = kern_table_iq4),
            SCALE_F16)
DEFINE_GEMM(gemm_mxfp4, tile, FORMAT(.nibbles = true, .offset_shift = 4, .table = kern_table_e2m1),
            SCALE_E8M0)

void kern_gemm_q32_avx512vnni(struct kern_ops *ops) {
    ops->gemm[KERN_Q4_0] = gemm_q4_0;
    ops->gemm[KERN_Q4_1] = gemm_q4_1;
    ops->gemm[KERN_Q5_0] = gemm_q5_0;
    ops->gemm[KERN_Q5_1] = gemm_q5_1;
    ops->gemm[KERN_Q8_0] = gemm_q8_0;
    ops->gemm[KERN_IQ4_NL] = gemm_iq4_nl;
    ops->gemm[KERN_MXFP4] = gemm_mxfp4;
}
