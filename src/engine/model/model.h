/* A model: hyper-parameters and weights of a GGUF file, packed for a kernel tier. Immutable after
 * open. Knows nothing of text: token ids in, logits out (forward.h). */
#ifndef INGLE_ENGINE_MODEL_MODEL_H
#define INGLE_ENGINE_MODEL_MODEL_H

#include "engine/format/gguf.h"
#include "engine/kern/ops.h"
#include "engine/model/hparams.h"

struct model_arch;

/* A weight matrix [n_cols inputs, n_rows outputs]: rows of a tensor in the file, and packed. */
struct matrix {
    const uint8_t *file_rows; /* row_size bytes apart, in the file's blocks; borrowed */
    size_t row_size;
    struct kern_weight packed; /* packed.data NULL if never multiplied (an untied embedding) */
    const float *bias;         /* [n_rows] or NULL; owned by the model */
};

/* One decoder layer. Vectors are float32, owned by the model; NULL = the family has none. */
struct model_layer {
    const float *attn_norm;       /* [n_embd] */
    struct matrix q, k, v, o;     /* a fused qkv tensor is split into its rows */
    const float *q_norm, *k_norm; /* [head_dim], per head, before rope */
    bool use_rope;
    const float *ffn_norm;        /* [n_embd] */
    struct matrix gate, up, down; /* a fused gate|up tensor is split into its rows */
};

/* The packed weights: in memory of this process, or a file of the cache. */
enum weights_from { WEIGHTS_MEMORY, WEIGHTS_WRITTEN, WEIGHTS_CACHED };
struct weights {
    const uint8_t *data; /* the matrices, as weights.h has them; in one of: */
    uint8_t *region;     /* NULL if they are a file */
    struct file_map map; /* zero if they are not */
    size_t size;
    enum weights_from from; /* packed in memory, packed into a file now, or found there */
    char *path;             /* of that file, or NULL */
    ingle_error note;       /* its msg: why there is none, or what was wrong with one; "" */
    double open_ms;
};

struct model {
    const struct model_arch *arch;
    struct hparams hp;
    struct kern_ops ops;
    struct matrix token_embd; /* [n_embd, n_vocab]; not packed of its own: rows are read from the
                                 file, or from the packed head when that is the same matrix */
    struct matrix output;     /* the head */
    const float *output_norm; /* [n_embd] */
    struct model_layer *layers;
    uint64_t n_params;
    struct weights weights;
    float *vectors;                   /* one allocation with all vectors */
    size_t vectors_used, vectors_cap; /* floats; while binding */
};

/* Open files for packed weights; they stay the caller's. */
struct packed_files {
    int old;   /* with weights, for reading; where it can be written to, it is; -1 = none */
    int fresh; /* an empty one for such as are packed now, for reading and writing; -1 = none */
};

struct model_options {
    enum cpu_tier tier;
    int n_threads; /* that pack */
    /* Of packed weights; at most one of them is not NULL. */
    const char *cache_dir;
    const struct packed_files *files;
};

/* Borrows from g, which must outlive the model. INVALID for missing tensors, wrong shapes and
 * impossible hyper-parameters, UNSUPPORTED for an architecture or type ingle does not know. */
BASE_NODISCARD ingle_status model_open(struct model **out, const struct gguf *g,
                                       const struct model_options *opt, ingle_error *err);
void model_close(struct model *m);

#endif
