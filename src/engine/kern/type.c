#include "engine/kern/type.h"

#include "base/compiler.h"

static const struct kern_type_info infos[KERN_TYPE_MAX] = {
    [KERN_F32] = {"F32", 1, 4, KERN_ACT_F32},
    [KERN_F16] = {"F16", 1, 2, KERN_ACT_F16},
    [KERN_BF16] = {"BF16", 1, 2, KERN_ACT_BF16},
    [KERN_Q4_0] = {"Q4_0", 32, 18, KERN_ACT_Q8_32},
    [KERN_Q4_1] = {"Q4_1", 32, 20, KERN_ACT_Q8_32},
    [KERN_Q5_0] = {"Q5_0", 32, 22, KERN_ACT_Q8_32},
    [KERN_Q5_1] = {"Q5_1", 32, 24, KERN_ACT_Q8_32},
    [KERN_Q8_0] = {"Q8_0", 32, 34, KERN_ACT_Q8_32},
    [KERN_IQ4_NL] = {"IQ4_NL", 32, 18, KERN_ACT_Q8_32},
    [KERN_MXFP4] = {"MXFP4", 32, 17, KERN_ACT_Q8_32},
    [KERN_Q2_K] = {"Q2_K", 256, 84, KERN_ACT_Q8_256},
    [KERN_Q3_K] = {"Q3_K", 256, 110, KERN_ACT_Q8_256},
    [KERN_Q4_K] = {"Q4_K", 256, 144, KERN_ACT_Q8_256},
    [KERN_Q5_K] = {"Q5_K", 256, 176, KERN_ACT_Q8_256},
    [KERN_Q6_K] = {"Q6_K", 256, 210, KERN_ACT_Q8_256},
    [KERN_IQ4_XS] = {"IQ4_XS", 256, 136, KERN_ACT_Q8_256},
};

const struct kern_type_info *kern_type_info(uint32_t id) {
    if (id >= BASE_COUNT(infos) || !infos[id].name) return NULL;
    return &infos[id];
}

size_t kern_row_size(enum kern_type type, int64_t n) {
    const struct kern_type_info *info = &infos[type];
    return (size_t)(n / info->block_elems) * (size_t)info->block_bytes;
}
