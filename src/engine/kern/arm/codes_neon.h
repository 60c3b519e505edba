/* Reading packed planes (pack.h) of 8-row groups: 16 consecutive k are 8 registers, in the same
 * order for either KB:
 *
 *   KB 4   register 2u + h   rows 4h .. 4h + 3, k = 4u .. 4u + 3 of each
 *   KB 8   register 4u + c   rows 2c, 2c + 1,   k = 8u .. 8u + 7 of each
 *
 * Everything is inlined with a constant format. */
#ifndef INGLE_ENGINE_KERN_ARM_CODES_NEON_H
#define INGLE_ENGINE_KERN_ARM_CODES_NEON_H

#include "engine/kern/arm/tiles_neon.h"

/* Sizes of the planes of 32 elements, in pack.h's order. */
#define NIBBLES_SIZE (GROUP_ROWS * 16)
#define CRUMBS_SIZE (GROUP_ROWS * 8)
#define BITS_SIZE (GROUP_ROWS * 4)
#define BYTES_SIZE (GROUP_ROWS * 32)

#define CODE_VECTORS 8 /* registers that hold 16 k of a group */

/* Constant description of a block type: the facts of struct kern_code, and `most`, the largest
 * magnitude of a code as codes() returns it. */
struct format {
    bool nibbles, crumbs, bits, bytes;
    int offset_shift;
    int n_sub;
    bool has_min, signed_scale;
    const uint8_t *table;
    int most;
};

#define FORMAT(...) ((const struct format){__VA_ARGS__})

BASE_ALWAYS_INLINE size_t planes_size(struct format f) {
    return (size_t)((f.nibbles ? NIBBLES_SIZE : 0) + (f.crumbs ? CRUMBS_SIZE : 0) +
                    (f.bits ? BITS_SIZE : 0) + (f.bytes ? BYTES_SIZE : 0));
}

/* True if the offset is still in what codes() returns: bytes and tables lose it on the way, since
 * with it they would not fit int8. */
BASE_ALWAYS_INLINE bool keeps_offset(struct format f) {
    return f.offset_shift && !f.bytes && !f.table;
}

/* The table without its offset. */
BASE_ALWAYS_INLINE uint8x16_t format_table(struct format f) {
    if (!f.table) return vdupq_n_u8(0);
    return vsubq_u8(vld1q_u8(f.table), vdupq_n_u8((uint8_t)(1 << f.offset_shift)));
}

/* Two bits a code, moved to where they belong: above a nibble, or at the bottom. */
BASE_ALWAYS_INLINE uint8x16_t crumb_codes(const uint8_t *plane, int part, int v, int to) {
    uint8x16_t crumbs = vld1q_u8(plane + v % 4 * 16);
    int from = 4 * part + v / 4 * 2;
    if (to > from) crumbs = vshlq_u8(crumbs, vdupq_n_s8((int8_t)(to - from)));
    if (to < from) crumbs = vshlq_u8(crumbs, vdupq_n_s8((int8_t)(to - from)));
    return vandq_u8(crumbs, vdupq_n_u8((uint8_t)(3 << to)));
}

/* `place` where the bit of a code is set, else 0. */
BASE_ALWAYS_INLINE uint8x16_t bit_codes(const uint8_t *plane, int part, int v, int place) {
    const uint8x16_t each = vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201));
    const uint8_t *src = plane + part * 16 + v * 2;
    uint8x16_t spread = vcombine_u8(vld1_dup_u8(src), vld1_dup_u8(src + 1));
    return vandq_u8(vtstq_u8(spread, each), vdupq_n_u8((uint8_t)place));
}

/* Register v of the first (part 0) or second 16 k of planes. */
BASE_ALWAYS_INLINE int8x16_t codes(const uint8_t *planes, int part, int v, struct format f,
                                   uint8x16_t table) {
    if (f.bytes) {
        uint8x16_t bytes = vld1q_u8(planes + part * 128 + v * 16);
        return vreinterpretq_s8_u8(veorq_u8(bytes, vdupq_n_u8(0x80)));
    }
    uint8x16_t code = vdupq_n_u8(0);
    if (f.nibbles) {
        code = vld1q_u8(planes + v * 16);
        code = part ? vshrq_n_u8(code, 4) : vandq_u8(code, vdupq_n_u8(15));
        if (f.table) code = vqtbl1q_u8(table, code);
        planes += NIBBLES_SIZE;
    }
    if (f.crumbs) {
        code = vorrq_u8(code, crumb_codes(planes, part, v, f.nibbles ? 4 : 0));
        planes += CRUMBS_SIZE;
    }
    if (f.bits) code = vorrq_u8(code, bit_codes(planes, part, v, f.nibbles ? 16 : 4));
    return vreinterpretq_s8_u8(code);
}

#endif
