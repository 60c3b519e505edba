/* Products of the 32-element block types with int8 activations: one scale a block on either side,
 * integers within. Tiles of 16 rows x up to 4 tokens. */
#include "engine/kern/x86/kern_x86.h"
#include "engine/kern/x86/planes_avx2.h"

enum scale_kind { SCALE_F16, SCALE_E8M0 };

/* 8 scales of rows 8 * half ... */
BASE_ALWAYS_INLINE __m256 load_scale(const uint8_t *src, int half, enum scale_kind kind) {
    if (kind == SCALE_F16) return load_f16(src + half * 16);
    /* 2^(e - 128): exponent field e - 1, but for e = 0 and 1 a subnormal with one bit set. */
    __m256i e =
        _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)(src + half * 8)));
    __m256i normal = _mm256_slli_epi32(_mm256_sub_epi32(e, _mm256_set1_epi32(1)), 23);
    __m256i tiny = _mm256_sllv_epi32(_mm256_set1_epi32(0x00200000), e);
    __m256i is_tiny = _mm256_cmpgt_epi32(_mm256_set1_epi32(2), e);
    return _mm256_castsi256_ps(_mm256_blendv_epi8(normal, tiny, is_tiny));
}

BASE_ALWAYS_INLINE void tile(float *out, size_t ld, const uint8_t *block, int n_cols,
                             const struct kern_acts *x, int t0, int n_tokens, struct format f,
                             enum scale_kind kind) {
    const size_t scale_size = kind == SCALE_F16 ? 2 * GROUP_ROWS : GROUP_ROWS;
    const size_t min_size = f.has_min ? 2 * GROUP_ROWS : 0;
    const size_t block_size = scale_size + min_size + planes_size(f);
    const size_t stride = (size_t)x->stride, n_scales = stride / 32;
    const int8_t *q = x->q + (size_t)t0 * stride;
    const float *d = x->d + (size_t)t0 * n_scales;
    const int32_t *nsum = x->nsum + (size_t)t0 * n_scales;
    const struct tables tables = format_tables(f);
    const __m256i ones[2] = {_mm256_set1_epi16(1), _mm256_set1_epi16(1)};
    __m256 sum[TOKENS_PER_TILE][2];
#pragma GCC unroll 4
    for (int t = 0; t < n_tokens; t++) sum[t][0] = sum[t][1] = _mm256_setzero_ps();

    for (int b = 0; b < n_cols / 32; b++, block += block_size) {
        const uint8_t *planes = block + scale_size + min_size;
        __m256i total[TOKENS_PER_TILE][2];
#pragma GCC unroll 4
        for (int t = 0; t < n_tokens; t++) {
            __m256i start = _mm256_setzero_si256();
            if (f.offset_shift) {
                start = _mm256_set1_epi32(nsum[(size_t)t * n_scales + (size_t)b]);
                start = _mm256_slli_epi32(start, f.offset_shift);
            }
            total[t][0] = total[t][1] = start;
        }
        prefetch_ahead(block, block_size);
        scaled_dot(total, planes, 0, 8, ones, f, &tables, q + 32 * b, stride, n_tokens);

        __m256 scale[2] = {load_scale(block, 0, kind), load_scale(block, 1, kind)};
        __m256 min[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
        if (f.has_min) {
            min[0] = load_f16(block + scale_size);
            min[1] = load_f16(block + scale_size + 16);
        }
#pragma GCC unroll 4
        for (int t = 0; t < n_tokens; t++) {
            size_t at = (size_t)t * n_scales + (size_t)b;
            __m256 dx = _mm256_set1_ps(d[at]);
#pragma GCC unroll 2
            for (int half = 0; half < 2; half++) {
                sum[t][half] = _mm256_fmadd_ps(_mm256_mul_ps(scale[half], dx),
                                               _mm256_cvtepi32_ps(total[t][half]), sum[t][half]);
                if (f.has_min) {
                    __m256 whole = _mm256_mul_ps(dx, _mm256_set1_ps((float)nsum[at]));
                    sum[t][half] = _mm256_fnmadd_ps(min[half], whole, sum[t][half]);
                }
            }
        }
    }
    store_tile(out, ld, sum, n_tokens);
}

DEFINE_GEMM(gemm_q4_0, tile, FORMAT(.nibbles = true, .offset_shift = 3, .most = 15), SCALE_F16)
DEFINE_GEMM(gemm_q4_1, tile, FORMAT(.nibbles = true, .has_min = true, .most = 15), SCALE_F16)
DEFINE_GEMM(gemm_q5_0, tile, FORMAT(.nibbles = true, .bits = true, .offset_shift = 4, .most = 31),
            SCALE_F16)
DEFINE_GEMM(gemm_q5_1, tile, FORMAT(.nibbles = true, .bits = true, .has_min = true, .most = 31),
            SCALE_F16)
DEFINE_GEMM(gemm_q8_0, tile, FORMAT(.bytes = true, .offset_shift = 7, .digits = true, .most = 15),
            SCALE_F16)
DEFINE_GEMM(gemm_iq4_nl, tile,
            FORMAT(.nibbles = true, .offset_shift = 7, .table = kern_table_iq4, .digits = true,
                   .most = 15),
            SCALE_F16)
DEFINE_GEMM(gemm_mxfp4, tile,
            FORMAT(.nibbles = true, .offset_shift = 4, .table = kern_table_e2m1, .most = 28),
            SCALE_E8M0)

void kern_gemm_q32_avx2(struct kern_ops *ops) {
    ops->gemm[KERN_Q4_0] = gemm_q4_0;
    ops->gemm[KERN_Q4_1] = gemm_q4_1;
    ops->gemm[KERN_Q5_0] = gemm_q5_0;
    ops->gemm[KERN_Q5_1] = gemm_q5_1;
    ops->gemm[KERN_Q8_0] = gemm_q8_0;
    ops->gemm[KERN_IQ4_NL] = gemm_iq4_nl;
    ops->gemm[KERN_MXFP4] = gemm_mxfp4;
}
