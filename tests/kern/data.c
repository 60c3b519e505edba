#include "data.h"

void data_new_acts(struct check *c, struct kern_acts *a, enum kern_act kind, int n_tokens,
                   int n_cols) {
    kern_acts_init(a, kind, n_tokens, n_cols, NULL);
    size_t n = (size_t)a->stride * (size_t)n_tokens;
    bool wide = kind == KERN_ACT_Q8_256;
    if (kind == KERN_ACT_F32) a->x = CHECK_NEW(c, float, n, 0);
    if (kind == KERN_ACT_BF16) a->h = CHECK_NEW(c, uint16_t, n, 0);
    if (kind != KERN_ACT_Q8_32 && !wide) return;
    a->q = CHECK_NEW(c, int8_t, n, 0);
    a->d = CHECK_NEW(c, float, n / (wide ? 256 : 32), 0);
    a->nsum = CHECK_NEW(c, int32_t, n / (wide ? 16 : 32), 0);
    if (!wide) return;
    a->sum16 = CHECK_NEW(c, int16_t, n / 16, 0);
    a->sum32 = CHECK_NEW(c, int16_t, n / 32, 0);
}
