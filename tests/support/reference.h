/* A decoder by the formulas, in double precision and without any of the engine's arithmetic: what
 * the forward pass of a model is compared with. Slow, for tiny models with F32 tensors only. */
#ifndef INGLE_TESTS_SUPPORT_REFERENCE_H
#define INGLE_TESTS_SUPPORT_REFERENCE_H

#include <stdbool.h>
#include <stdint.h>

/* What cannot be seen from the tensors of the file. */
struct reference {
    int n_layer, n_embd, n_head, n_head_kv, head_dim, n_ff, n_vocab;
    double eps;
    double attn_scale; /* 0 = 1 / sqrt(head_dim) */
    bool neox;         /* pairs (i, i + n_rot / 2) instead of (2i, 2i + 1) */
    int n_rot;
    int nope_every; /* every so many layers one without positions; 0 = never */
    double rope_base;
    double linear_factor; /* of every angle; 0 = 1 */
    double yarn_factor;   /* 0 = no YaRN */
    double n_ctx_orig;
    double magnitude;    /* of cos and sin beside YaRN's own; 0 = 1 */
    const char *factors; /* the tensor of divisors of the angles, or NULL */
};

/* logits[n_tokens][n_vocab] of a text. Keys and values are rounded to f16, as in the cache. Tensors
 * decide the rest: fused or not, tied or not, biases, norms of heads. False if one is missing. */
bool reference_logits(const struct reference *r, const char *path, const int32_t *tokens,
                      int n_tokens, double *logits);

#endif
