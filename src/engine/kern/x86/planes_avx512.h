/* Reading packed planes (pack.h) of 32-row groups with AVX-512: a unit of 4 consecutive k is two
 * registers, rows 0..15 and 16..31. Shared by the block kernels; everything is inlined with a
 * constant format. */
#ifndef INGLE_ENGINE_KERN_X86_PLANES_AVX512_H
#define INGLE_ENGINE_KERN_X86_PLANES_AVX512_H

#include <immintrin.h>
#include <string.h>

#include "engine/kern/x86/tiles_avx512.h"

/* Sizes of the planes of 32 elements, in pack.h's order. */
#define NIBBLES_SIZE (GROUP_ROWS * 16)
#define CRUMBS_SIZE (GROUP_ROWS * 8)
#define BITS_SIZE (GROUP_ROWS * 4)
#define BYTES_SIZE (GROUP_ROWS * 32)

/* Constant description of a block type; the same facts as struct kern_code. */
struct format {
    bool nibbles, crumbs, bits, bytes;
    int offset_shift;
    int n_sub;
    bool has_min, signed_scale;
    const uint8_t *table;
};

BASE_ALWAYS_INLINE size_t planes_size(struct format f) {
    return (size_t)((f.nibbles ? NIBBLES_SIZE : 0) + (f.crumbs ? CRUMBS_SIZE : 0) +
                    (f.bits ? BITS_SIZE : 0) + (f.bytes ? BYTES_SIZE : 0));
}

/* v shifted up, or down for a negative count, within 16 bits. Compilers disagree about the type of
 * the count, but for literals. */
BASE_ALWAYS_INLINE __m512i shift16(__m512i v, int up) {
    switch (up) {
    case 4:
        return _mm512_slli_epi16(v, 4);
    case 2:
        return _mm512_slli_epi16(v, 2);
    case -2:
        return _mm512_srli_epi16(v, 2);
    case -4:
        return _mm512_srli_epi16(v, 4);
    case -6:
        return _mm512_srli_epi16(v, 6);
    default:
        return v;
    }
}

/* Codes of unit u (k = 4u .. 4u + 3) of rows 16 * half .. 16 * half + 15. */
BASE_ALWAYS_INLINE __m512i unit_codes(const uint8_t *planes, int u, int half, struct format f,
                                      __m512i table) {
    if (f.bytes) return _mm512_loadu_si512(planes + u * 128 + half * 64);
    const __m512i low4 = _mm512_set1_epi8(15);
    __m512i code = _mm512_setzero_si512();
    if (f.nibbles) {
        code = _mm512_loadu_si512(planes + u % 4 * 128 + half * 64);
        if (u >= 4) code = _mm512_srli_epi16(code, 4);
        code = _mm512_and_si512(code, low4);
        if (f.table) code = _mm512_shuffle_epi8(table, code);
        planes += NIBBLES_SIZE;
    }
    if (f.crumbs) {
        /* Two bits, moved to where they belong: above a nibble, or at the bottom. */
        __m512i crumb = _mm512_loadu_si512(planes + u % 2 * 128 + half * 64);
        int from = u / 2 * 2, to = f.nibbles ? 4 : 0;
        crumb = _mm512_and_si512(shift16(crumb, to - from), _mm512_set1_epi8((char)(3 << to)));
        code = _mm512_or_si512(code, crumb);
        planes += CRUMBS_SIZE;
    }
    if (f.bits) {
        uint64_t mask;
        memcpy(&mask, planes + u * 16 + half * 8, sizeof mask);
        int place = f.nibbles ? 16 : 4;
        code = _mm512_mask_add_epi8(code, mask, code, _mm512_set1_epi8((char)place));
    }
    return code;
}

BASE_ALWAYS_INLINE __m512i format_table(struct format f) {
    if (!f.table) return _mm512_setzero_si512();
    return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)f.table));
}

/* acc[t][half] += codes . q over 16 consecutive k: the first (part 0) or second half of the 32.
 * q points at the 32 elements of the tile's first token. */
BASE_ALWAYS_INLINE void dot16(__m512i acc[][2], const uint8_t *planes, int part, struct format f,
                              __m512i table, const int8_t *q, size_t stride, int n_tokens) {
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        int u = 4 * part + i;
        __m512i top = unit_codes(planes, u, 0, f, table);
        __m512i bottom = unit_codes(planes, u, 1, f, table);
#pragma GCC unroll 6
        for (int t = 0; t < n_tokens; t++) {
            int32_t four;
            memcpy(&four, q + (size_t)t * stride + 4 * u, sizeof four);
            __m512i x = _mm512_set1_epi32(four);
            acc[t][0] = _mm512_dpbusd_epi32(acc[t][0], top, x);
            acc[t][1] = _mm512_dpbusd_epi32(acc[t][1], bottom, x);
        }
    }
}

#endif
