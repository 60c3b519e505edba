/* Copies of a GGUF file with a change: the broken and unusual models of tests. */
#ifndef INGLE_TESTS_SUPPORT_GGUF_EDIT_H
#define INGLE_TESTS_SUPPORT_GGUF_EDIT_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed it changes nothing. */
struct gguf_edit {
    const char *key; /* this key is added, or replaced, with an f32 */
    float value;
    const char *drop;   /* this tensor is left out */
    const char *retype; /* this tensor says it is of another type; its data are zeros then */
    uint32_t type;
    const char *reshape; /* this tensor has other dims, and zeros where it has grown */
    uint64_t dims[4];    /* missing ones are 1 */
    const char *add;     /* an F32 tensor of zeros with these dims (add_dims[0] by [1]) */
    uint64_t add_dims[2];
    const char *copy, *copy_as; /* a second one of this tensor under another name */
    bool fuse_gate_up;          /* ffn_gate and ffn_up of every layer in one ffn_up */
};

bool gguf_edit_copy(const char *from, const char *to, const struct gguf_edit *edit);

#endif
