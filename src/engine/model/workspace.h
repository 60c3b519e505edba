/* The memory of forward passes: everything a pass writes but the KV cache, taken once. Private to
 * the model folder; forward.h has the functions that make one. */
#ifndef INGLE_ENGINE_MODEL_WORKSPACE_H
#define INGLE_ENGINE_MODEL_WORKSPACE_H

#include "engine/model/forward.h"

/* Inputs of matrices, by width. */
enum act_set { ACTS_EMBD, ACTS_HEADS, ACTS_FF, N_ACT_SETS };

/* What one thread needs for itself. */
struct worker_space {
    struct kern_acts acts[N_ACT_SETS][KERN_N_ACT]; /* one row: for passes with a single token */
    float *row;                                    /* [max(n_embd, n_ff)] one normalised row */
    float *tile[2];                                /* [tile_size] results of row groups */
    float *q, *out;                                /* [KERN_ATTN_MAX_Q][head_dim] */
    float *attn;                                   /* KERN_ATTN_SCRATCH(head_dim) */
};

/* What a pass knows of one row. */
struct row {
    int seq; /* of the arguments */
    int pos;
    int32_t token;
    float *logits; /* [n_vocab], or NULL if they are not wanted */
    float *hidden; /* [n_embd] the same */
};

struct workspace {
    int n_batch, n_threads;
    struct row *rows; /* [n_batch] */
    float *x;         /* [n_batch][n_embd] the residual stream */
    float *q;         /* [n_batch][n_head * head_dim] */
    float *k, *v;     /* [n_batch][n_head_kv * head_dim] */
    float *heads;     /* [n_batch][n_head * head_dim] attention's output */
    float *ff; /* [n_batch][n_ff], in the memory of q, k, v and heads: never needed with them */
    float *cs; /* [n_batch][n_rot] cos and sin of each token's angles */
    struct kern_acts acts[N_ACT_SETS][KERN_N_ACT]; /* n_batch rows; kinds the model uses */
    unsigned kinds[N_ACT_SETS];                    /* bit per kern_act that the model uses */
    size_t tile_size;                              /* floats */
    struct worker_space *workers;                  /* [n_threads] */
    uint8_t *region;                               /* all the above but the structs */
    size_t region_size;
};

#endif
