#include "engine/kern/act.h"

#include <string.h>

#define ALIGN 64

/* Lays the arrays of a kind out one after another; with storage NULL only their size counts. */
static size_t lay_out(struct kern_acts *a, enum kern_act kind, int n_tokens, int n_cols,
                      uint8_t *storage) {
    size_t stride = ((size_t)n_cols + KERN_ACT_ALIGN - 1) / KERN_ACT_ALIGN * KERN_ACT_ALIGN;
    size_t n = stride * (size_t)n_tokens;
    const struct {
        void **field;
        bool used;
        size_t size;
    } arrays[] = {
        {(void **)&a->x, kind == KERN_ACT_F32 || kind == KERN_ACT_F16, n * sizeof(float)},
        {(void **)&a->h, kind == KERN_ACT_BF16, n * sizeof(uint16_t)},
        {(void **)&a->q, kind >= KERN_ACT_Q8_32, n},
        {(void **)&a->d, kind == KERN_ACT_Q8_32, n / 32 * sizeof(float)},
        {(void **)&a->d, kind == KERN_ACT_Q8_256, n / 256 * sizeof(float)},
        {(void **)&a->nsum, kind == KERN_ACT_Q8_32, n / 32 * sizeof(int32_t)},
        {(void **)&a->nsum, kind == KERN_ACT_Q8_256, n / 16 * sizeof(int32_t)},
        {(void **)&a->sum16, kind == KERN_ACT_Q8_256, n / 16 * sizeof(int16_t)},
        {(void **)&a->sum32, kind == KERN_ACT_Q8_256, n / 32 * sizeof(int16_t)},
    };
    memset(a, 0, sizeof *a);
    a->kind = kind;
    a->n_cols = n_cols;
    a->stride = (int)stride;
    size_t used = 0;
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        if (!arrays[i].used) continue;
        void *at = storage ? storage + used : NULL;
        memcpy(arrays[i].field, &at, sizeof at);
        used += (arrays[i].size + ALIGN - 1) / ALIGN * ALIGN;
    }
    return used;
}

size_t kern_acts_size(enum kern_act kind, int n_tokens, int n_cols) {
    struct kern_acts unused;
    return lay_out(&unused, kind, n_tokens, n_cols, NULL);
}

void kern_acts_init(struct kern_acts *a, enum kern_act kind, int n_tokens, int n_cols,
                    void *storage) {
    lay_out(a, kind, n_tokens, n_cols, storage);
}
