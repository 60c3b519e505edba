#include "engine/kern/dequant.h"

#include <string.h>

#include "engine/kern/block.h"
#include "engine/kern/half.h"

void kern_dequant_row(enum kern_type type, const void *src, float *dst, int64_t n) {
    const uint8_t *bytes = src;
    if (type == KERN_F32) {
        memcpy(dst, src, (size_t)n * sizeof *dst);
        return;
    }
    if (type == KERN_F16 || type == KERN_BF16) {
        for (int64_t i = 0; i < n; i++, bytes += 2) {
            uint16_t h = (uint16_t)(bytes[0] | bytes[1] << 8);
            dst[i] = type == KERN_F16 ? f16_to_f32(h) : bf16_to_f32(h);
        }
        return;
    }
    const struct kern_type_info *info = kern_type_info(type);
    for (int64_t i = 0; i < n; i += info->block_elems, bytes += info->block_bytes) {
        struct kern_block block;
        kern_block_decode(type, bytes, &block);
        kern_block_values(type, &block, dst + i);
    }
}
