/* Reading packed planes (pack.h) of 16-row groups with AVX2, and their products with int8: a unit
 * of 4 consecutive k is two registers, rows 0..7 and 8..15. Shared by the block kernels; everything
 * is inlined with a constant format.
 *
 * vpmaddubsw adds two products in int16 and saturates. So codes enter unsigned (offsets are taken
 * off later), the sums of several units stay in int16 only as long as the largest code allows, and
 * codes of 8 bits are taken as two digits of 4. */
#ifndef INGLE_ENGINE_KERN_X86_PLANES_AVX2_H
#define INGLE_ENGINE_KERN_X86_PLANES_AVX2_H

#include <string.h>

#include "engine/kern/x86/tiles_avx2.h"

/* Keeps a compiler from putting additions off, and so from keeping all products till then: gcc has
 * no registers for that, and loses a third of its speed storing them. */
#define COMPUTE_NOW(vector) __asm__("" : "+x"(vector))

/* What was loaded through the pointer is to be loaded again: cheaper than keeping it. */
#define FORGET_LOADED(pointer) __asm__("" : "+r"(pointer))

/* Sizes of the planes of 32 elements, in pack.h's order. */
#define NIBBLES_SIZE (GROUP_ROWS * 16)
#define CRUMBS_SIZE (GROUP_ROWS * 8)
#define BITS_SIZE (GROUP_ROWS * 4)
#define BYTES_SIZE (GROUP_ROWS * 32)

/* Constant description of a block type: the facts of struct kern_code, and `most`, the largest
 * code, or table entry, or digit of it. */
struct format {
    bool nibbles, crumbs, bits, bytes;
    int offset_shift;
    int n_sub;
    bool has_min, signed_scale;
    const uint8_t *table;
    bool digits; /* low and high 4 bits of the code are multiplied apart */
    int most;
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

/* Units whose products fit one int16 sum: two products each, of a code and at most 127. */
BASE_ALWAYS_INLINE int units_per_run(struct format f) {
    const int fit = INT16_MAX / (2 * 127 * f.most);
    if (fit >= 8 && f.n_sub < 16) return 8; /* a scale's elements */
    return fit >= 4 ? 4 : 2;
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

/* acc[t][j] = int16 sums of codes . q over n_units units from u0, j being the half, or with digits
 * the digit of the half given. q points at the 32 elements of the tile's first token. */
BASE_ALWAYS_INLINE void sum_units(__m256i acc[][2], const struct codes *c, int u0, int n_units,
                                  int half, const int8_t *q, size_t stride, int n_tokens) {
    BASE_UNROLL
    for (int t = 0; t < n_tokens; t++) acc[t][0] = acc[t][1] = _mm256_setzero_si256();
    BASE_UNROLL
    for (int i = 0; i < n_units; i++) {
        const int u = u0 + i;
        __m256i code[2];
        code[0] = codes_of(c, u, half, 0);
        code[1] = c->f.digits ? codes_of(c, u, half, 1) : codes_of(c, u, 1, 0);
        BASE_UNROLL
        for (int t = 0; t < n_tokens; t++) {
            int32_t four;
            memcpy(&four, q + (size_t)t * stride + 4 * u, sizeof four);
            __m256i x = _mm256_set1_epi32(four);
            BASE_UNROLL
            for (int j = 0; j < 2; j++) {
                __m256i sum = _mm256_add_epi16(acc[t][j], _mm256_maddubs_epi16(code[j], x));
                COMPUTE_NOW(sum);
                acc[t][j] = sum;
            }
        }
    }
}

/* total[t][half] += scale[half] * (codes . q) over n_units units from u0; the scale of a row as two
 * int16 side by side. */
BASE_ALWAYS_INLINE void scaled_dot(__m256i total[][2], const struct codes *c, int u0, int n_units,
                                   const __m256i scale[2], const int8_t *q, size_t stride,
                                   int n_tokens) {
    const bool digits = c->f.digits;
    const int run = units_per_run(c->f), passes = digits ? 2 : 1;
    BASE_UNROLL
    for (int i = 0; i < n_units / run; i++) {
        BASE_UNROLL for (int half = 0; half < passes; half++) {
            __m256i acc[TOKENS_PER_TILE][2];
            if (digits) FORGET_LOADED(q);
            sum_units(acc, c, u0 + i * run, run, half, q, stride, n_tokens);
            __m256i by[2] = {scale[half], digits ? _mm256_slli_epi16(scale[half], 4) : scale[1]};
            BASE_UNROLL
            for (int t = 0; t < n_tokens; t++) {
                __m256i first = _mm256_madd_epi16(acc[t][0], by[0]);
                __m256i second = _mm256_madd_epi16(acc[t][1], by[1]);
                if (digits) {
                    first = _mm256_add_epi32(first, second);
                } else {
                    total[t][1] = _mm256_add_epi32(total[t][1], second);
                }
                total[t][half] = _mm256_add_epi32(total[t][half], first);
            }
        }
    }
}

#endif
