/* Binding: the tensors of a file become the fields of a model, each checked for its shape.
 * Used by the architecture files while a model is opened. */
#ifndef INGLE_ENGINE_MODEL_BIND_H
#define INGLE_ENGINE_MODEL_BIND_H

#include "engine/model/model.h"

struct binder {
    struct model *model;
    const struct gguf *g;
    uint8_t *used; /* [n_tensors] what has been bound */
    ingle_error *err;
};

enum bind_need { BIND_OPTIONAL, BIND_REQUIRED };

/* The tensor "blk.<layer>.<name>", or "<name>" for layer < 0. NULL if absent. */
const struct gguf_tensor *bind_find(const struct binder *b, int layer, const char *name);

/* A vector of n values as float32, whatever its type. Absent and optional: *out = NULL. */
BASE_NODISCARD ingle_status bind_vector(struct binder *b, int layer, const char *name, int n,
                                        enum bind_need need, const float **out);

/* Rows first_row .. first_row + n_rows of the required matrix "<name>.weight", which has n_cols
 * columns and n_rows_all rows, with the same slice of the bias "<name>.bias" if there is one. */
BASE_NODISCARD ingle_status bind_rows(struct binder *b, int layer, const char *name, int n_cols,
                                      int n_rows_all, int first_row, int n_rows,
                                      struct matrix *out);

/* The whole matrix. */
BASE_NODISCARD ingle_status bind_matrix(struct binder *b, int layer, const char *name, int n_cols,
                                        int n_rows, struct matrix *out);

/* token_embd, output_norm and output (tied to token_embd if absent); sets hp.n_vocab. */
BASE_NODISCARD ingle_status bind_globals(struct binder *b);

/* A layer of the common decoder: attn_norm, q, k, v (or fused attn_qkv), attn_output, ffn_norm,
 * ffn_gate and ffn_up (or fused in ffn_up), ffn_down, and q/k norms if `qk_norm`. */
BASE_NODISCARD ingle_status bind_decoder_layer(struct binder *b, int layer, bool qk_norm);

/* Refuses a file with tensors that nothing has bound: they would be ignored silently. */
BASE_NODISCARD ingle_status bind_finish(struct binder *b);

#endif
