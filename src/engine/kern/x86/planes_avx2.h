/* Reading packed planes (pack.h) of 16-row groups with AVX2: a unit of 4 consecutive k is two
 * registers, rows 0..7 and 8..15. Shared by the block kernels of the 256-bit tiers, whose products
 * are in dot_<tier>.h; everything is inlined with a constant format. */
#ifndef INGLE_ENGINE_KERN_X86_PLANES_AVX2_H
#define INGLE_ENGINE_KERN_X86_PLANES_AVX2_H

#include <string.h>

#include "engine/kern/x86/tiles_avx2.h"

/* Sizes of the planes of 32 elements, in pack.h's order. */
#define NIBBLES_SIZE (GROUP_ROWS * 16)
#define CRUMBS_SIZE (GROUP_ROWS * 8)
#define BITS_SIZE (GROUP_ROWS * 4)
#define BYTES_SIZE (GROUP_ROWS * 32)

/* Constant description of a block type: the facts of struct kern_code, and of its products. */
struct format {
    bool nibbles, crumbs, bits, bytes;
    int offset_shift;
    int n_sub;
    bool has_min, signed_scale;
    const uint8_t *table;
    bool digits; /* low and high 4 bits of the code are multiplied apart */
    int most;    /* the largest code, or table entry, or digit of it */
};

#define FORMAT(...) ((const struct format){__VA_ARGS__})

/* A format's table as vpshufb takes it: with digits, the low and the high one, else one alone. */
struct tables {
    __m256i digit[2];
};

BASE_ALWAYS_INLINE struct tables format_tables(struct format f) {
    struct tables tables = {{_mm256_setzero_si256(), _mm256_setzero_si256()}};
    if (!f.table) return tables;
    const __m256i low4 = _mm256_set1_epi8(15);
    __m128i entries = _mm_loadu_si128((const __m128i *)(const void *)f.table);
    __m256i both = _mm256_broadcastsi128_si256(entries);
    tables.digit[0] = f.digits ? _mm256_and_si256(both, low4) : both;
    tables.digit[1] = _mm256_and_si256(_mm256_srli_epi16(both, 4), low4);
    return tables;
}

BASE_ALWAYS_INLINE size_t planes_size(struct format f) {
    return (size_t)((f.nibbles ? NIBBLES_SIZE : 0) + (f.crumbs ? CRUMBS_SIZE : 0) +
                    (f.bits ? BITS_SIZE : 0) + (f.bytes ? BYTES_SIZE : 0));
}

/* Two bits a code, moved to where they belong: above a nibble, or at the bottom. */
BASE_ALWAYS_INLINE __m256i crumb_codes(const uint8_t *plane, int u, int half, int to) {
    __m256i crumbs = load_bytes(plane + u % 2 * 64 + half * 32);
    int from = u / 2 * 2;
    if (to > from) crumbs = _mm256_slli_epi16(crumbs, to - from);
    if (to < from) crumbs = _mm256_srli_epi16(crumbs, from - to);
    return _mm256_and_si256(crumbs, _mm256_set1_epi8((char)(3 << to)));
}

/* `place` where the bit of a code is set, else 0. */
BASE_ALWAYS_INLINE __m256i bit_codes(const uint8_t *plane, int u, int half, int place) {
    const __m256i spread =
        _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
    const __m256i each = _mm256_set1_epi64x((long long)0x8040201008040201);
    int32_t bits;
    memcpy(&bits, plane + u * 8 + half * 4, sizeof bits);
    __m256i bytes = _mm256_shuffle_epi8(_mm256_set1_epi32(bits), spread);
    __m256i set = _mm256_cmpeq_epi8(_mm256_and_si256(bytes, each), each);
    return _mm256_and_si256(set, _mm256_set1_epi8((char)place));
}

/* Codes of unit u (k = 4u .. 4u + 3) of rows 8 * half .. 8 * half + 7, or a digit of them. */
BASE_ALWAYS_INLINE __m256i unit_codes(const uint8_t *planes, int u, int half, int digit,
                                      struct format f, const struct tables *tables) {
    const __m256i low4 = _mm256_set1_epi8(15);
    __m256i code = _mm256_setzero_si256();
    if (f.bytes) {
        code = load_bytes(planes + u * 64 + half * 32);
        if (!f.digits) return code;
        if (digit) code = _mm256_srli_epi16(code, 4);
        return _mm256_and_si256(code, low4);
    }
    if (f.nibbles) {
        code = load_bytes(planes + u % 4 * 64 + half * 32);
        if (u >= 4) code = _mm256_srli_epi16(code, 4);
        code = _mm256_and_si256(code, low4);
        if (f.table) code = _mm256_shuffle_epi8(tables->digit[digit], code);
        planes += NIBBLES_SIZE;
    }
    if (f.crumbs) {
        code = _mm256_or_si256(code, crumb_codes(planes, u, half, f.nibbles ? 4 : 0));
        planes += CRUMBS_SIZE;
    }
    if (f.bits) {
        code = _mm256_or_si256(code, bit_codes(planes, u, half, f.nibbles ? 16 : 4));
    }
    return code;
}

/* The codes of 32 elements taken apart, for several tiles of tokens. */
struct ready_codes {
    __m256i code[8][2][2]; /* unit, half, digit */
};

BASE_ALWAYS_INLINE void make_ready(struct ready_codes *ready, const uint8_t *planes,
                                   struct format f, const struct tables *tables) {
    BASE_UNROLL
    for (int u = 0; u < 8; u++) {
        BASE_UNROLL
        for (int half = 0; half < 2; half++) {
            ready->code[u][half][0] = unit_codes(planes, u, half, 0, f, tables);
            if (f.digits) ready->code[u][half][1] = unit_codes(planes, u, half, 1, f, tables);
        }
    }
}

/* Where the codes of 32 elements are: in planes, or taken apart already if ready is not NULL. */
struct codes {
    const uint8_t *planes;
    const struct ready_codes *ready;
    struct format f;
    const struct tables *tables;
};

BASE_ALWAYS_INLINE __m256i codes_of(const struct codes *c, int u, int half, int digit) {
    if (c->ready) return c->ready->code[u][half][digit];
    return unit_codes(c->planes, u, half, digit, c->f, c->tables);
}

/* What a tier has in dot_<tier>.h, for a tile's tokens, q at the 32 elements of the first:
 *   total[t][half] += codes . q                over the 32 elements, and
 *   total[t][half] += sum of scale * codes . q over their sub-blocks, of which c->f.n_sub / 8 have
 *                     their 16 scales each, one a row, at scales */
#define DECL_DOT32(name)                                                                           \
    void name(__m256i total[][2], const struct codes *c, const int8_t *q, size_t stride,           \
              int n_tokens)
#define DECL_SCALED_DOT32(name)                                                                    \
    void name(__m256i total[][2], const struct codes *c, const uint8_t *scales, const int8_t *q,   \
              size_t stride, int n_tokens)
typedef DECL_DOT32((*dot32_fn));
typedef DECL_SCALED_DOT32((*scaled_dot32_fn));

/* Bytes as int16. */
BASE_ALWAYS_INLINE __m256i widen(__m128i bytes, bool is_signed) {
    return is_signed ? _mm256_cvtepi8_epi16(bytes) : _mm256_cvtepu8_epi16(bytes);
}

/* One byte a row of a group. */
BASE_ALWAYS_INLINE __m128i load_rows(const uint8_t *src) {
    return _mm_loadu_si128((const __m128i *)(const void *)src);
}

/* Bytes a and b of 16 rows each as pairs of int16, (a, b) of a row side by side: rows 0..7 in
 * pair[0], rows 8..15 in pair[1]. */
BASE_ALWAYS_INLINE void pair_rows(__m256i pair[2], __m128i a, __m128i b, bool is_signed) {
    pair[0] = widen(_mm_unpacklo_epi8(a, b), is_signed);
    pair[1] = widen(_mm_unpackhi_epi8(a, b), is_signed);
}

#endif
