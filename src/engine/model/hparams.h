/* Hyper-parameters: what the metadata keys of a GGUF file mean, read once and checked. */
#ifndef INGLE_ENGINE_MODEL_HPARAMS_H
#define INGLE_ENGINE_MODEL_HPARAMS_H

#include <stdbool.h>

#include "base/status.h"
#include "engine/format/gguf.h"

/* How angles are stretched to a context longer than the trained one. Divisors, where the file has
 * them (Llama 3 and long-rope models), apply under any of these. */
enum rope_scaling {
    ROPE_SCALING_NONE,
    ROPE_SCALING_LINEAR, /* every angle divided by factor */
    ROPE_SCALING_YARN    /* low frequencies divided, high ones kept (Peng et al. 2023) */
};

struct rope_params {
    bool neox; /* pairs (i, i + n_rot/2) instead of (2i, 2i+1) */
    int n_rot; /* rotated dims of a head; even, <= head_dim */
    float freq_base;
    enum rope_scaling scaling;
    float factor;      /* > 0 */
    int n_ctx_orig;    /* context before the extension */
    float attn_factor; /* multiplies cos and sin */
    float yarn_beta_fast, yarn_beta_slow;
    float yarn_log_multiplier;   /* 0 = absent */
    const float *divisors;       /* [n_rot / 2] of the angles, or NULL; owned by the model */
    const float *divisors_long;  /* [n_rot / 2] or NULL: when the session's n_ctx > n_ctx_orig */
    const float *divisors_short; /* [n_rot / 2] or NULL: when it is not */
};

/* What a model made for embeddings says of how rows become one vector: GGUF's numbers. */
enum pooling { POOLING_NONE, POOLING_MEAN, POOLING_CLS, POOLING_LAST, POOLING_RANK };

struct hparams {
    int n_vocab; /* rows of the head */
    int n_embd, n_layer, n_head, n_head_kv, head_dim, n_ff;
    int n_ctx_train;
    float norm_eps;
    float attn_scale; /* of q . k; 1 / sqrt(head_dim) unless the file says otherwise */
    int pooling;      /* enum pooling, or a number that is none of them; NONE if it says nothing */
    struct rope_params rope;
};

/* Reads the keys "<arch>.*" that all decoder families share; rope.neox and n_vocab are left to the
 * architecture and the tensors. Messages name key, value and rule. */
BASE_NODISCARD ingle_status hparams_read(struct hparams *hp, const struct gguf *g, const char *arch,
                                         ingle_error *err);

#endif
