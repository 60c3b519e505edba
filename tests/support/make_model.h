/* Models with seeded random weights, of every architecture ingle knows and at any shape: tiny ones
 * for tests, published shapes for benchmarks. The same spec gives the same bytes on every machine,
 * and specs that differ in `type` only hold the same weights, rounded differently. The weights are
 * scaled so that the logits are spread as a trained model's are: a greedy choice means something.
 * For tests and benchmarks only; nothing in src/ knows of it. */
#ifndef INGLE_TESTS_SUPPORT_MAKE_MODEL_H
#define INGLE_TESTS_SUPPORT_MAKE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/format/gguf.h"

enum make_model_rope {
    MAKE_ROPE_PLAIN,
    MAKE_ROPE_LINEAR,  /* rope.scaling.type linear by rope_factor */
    MAKE_ROPE_YARN,    /* yarn by rope_factor over n_ctx_orig */
    MAKE_ROPE_LLAMA3,  /* rope_freqs.weight as Llama 3.1 has it: rope_factor, low 1, high 4 */
    MAKE_ROPE_LONGROPE /* rope_factors_long and _short, attn_factor (phi3) */
};

/* The first of spec.controls, where vocab is NULL. */
#define MAKE_MODEL_CONTROLS 263

/* 0 means: a default that suits the architecture. */
struct make_model_spec {
    const char *arch; /* "llama", "smollm3", "phi3", "qwen2", "qwen3" */
    const char *type; /* of the matrices: "f32", "f16", "q4_0" ... "mxfp4", or the mixtures that
                         published files are, "q4_k_m", "q5_k_m", "iq4_xs_mix"; rows that a
                         256-block does not divide fall back as there. NULL = "f32" */
    uint64_t seed;
    int n_layer;           /* default 3, smollm3 5 */
    int n_embd, n_ff;      /* 64, 128 */
    int n_head, n_head_kv; /* 4, 2 */
    int head_dim;          /* n_embd / n_head */
    int n_rot;             /* head_dim */
    int n_vocab;           /* 320; at least 258 */
    int n_ctx_train;       /* 512 */
    float rope_base;       /* 10000 */
    enum make_model_rope rope;
    float rope_factor;        /* 4 */
    int n_ctx_orig;           /* n_ctx_train / 4 where the rope needs one */
    float attn_factor;        /* written if not 0 */
    int pooling;              /* pooling_type, written if not 0 */
    bool tied;                /* the embedding is also the head */
    bool biases;              /* on Q, K, V and O (qwen2: always, on Q, K and V) */
    bool fused;               /* Q, K and V in one tensor (phi3: always, gate and up too) */
    bool exact;               /* the values that `type` can hold, stored as F32 */
    const struct gguf *vocab; /* its tokenizer, of n_vocab tokens; NULL: bytes and a few merges */
    const char *const *controls; /* names, NULL after the last, of control tokens: after the merges
                                    (from MAKE_MODEL_CONTROLS on), or of those of vocab from its
                                    second token on; NULL = none, vocab's own */
    const char *chat_template;   /* NULL = none */
    bool endless;                /* no token ends a text */
    bool pooled; /* large tensors repeat a few rows: quick to write, for benchmarks */
};

/* Writes the GGUF file. False, having said why on standard error, if it cannot. */
bool make_model_write(const char *path, const struct make_model_spec *spec);

#endif
