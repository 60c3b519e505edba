/* A transformer of architecture llama: token embeddings, layers of attention and gated feed-forward
 * with RMS norms before them, a norm at the end. Causal it is a language model's body, else an
 * encoder's; heads are the caller's (linear.h, mean_pool.h, loss.h). Its parameters live in the
 * caller's nn_params under the names of a GGUF file, beside whatever else is trained with it.
 *
 *     transformer_init(&t, l, &hp, &params, max_tokens, err)    adds its tensors to params
 *     head = nn_params_add(&params, "cls.weight", ...)          ... and the caller its own
 *     nn_params_alloc(&params, err)
 *     transformer_fill(&t, &rng)                                initial values
 *     h = transformer_forward(&t, l, &batch)                    [n_tokens][n_embd]
 *     ... loss, dh [n_tokens][n_embd] ...
 *     transformer_backward(&t, l, &batch, dh)                   adds to params.grad            */
#ifndef INGLE_LEARN_NN_TRANSFORMER_H
#define INGLE_LEARN_NN_TRANSFORMER_H

#include "learn/learn.h"
#include "learn/nn/params.h"
#include "learn/nn/sequences.h"

struct transformer_hparams {
    int n_vocab, n_embd, n_layer, n_head, n_head_kv, head_dim, n_ff;
    int n_ctx; /* tokens of the longest sequence */
    float norm_eps, rope_base;
    float dropout; /* of the embeddings and of what each layer adds; while training only */
    bool is_causal;
};

struct transformer_batch {
    const int32_t *ids; /* [n_tokens] below n_vocab */
    struct nn_sequences seqs;
    bool is_training; /* dropout applies */
    uint64_t seed;    /* of dropout: another for every batch, the same in both passes */
};

struct transformer {
    struct transformer_hparams hp;
    struct nn_params *params; /* borrowed */
    int embedding, norm;      /* tensors */
    struct transformer_layer *layers;
    int max_tokens;
    float *storage;         /* of all below */
    float *cs, *cs_reverse; /* [n_ctx][head_dim] */
    float *x;               /* [n_tokens][n_embd] what enters the last norm */
    float *hidden, *dx, *dh, *normed;
    float *act, *dact; /* [n_tokens][n_ff] */
    float *dout, *dq;  /* [n_tokens][n_head * head_dim] */
    float *dk, *dv;    /* [n_tokens][n_head_kv * head_dim] */
    float *norm_scratch, *attend_scratch;
};

/* Whether the numbers go together; BAD_ARGUMENT says which do not. */
BASE_NODISCARD ingle_status transformer_check(const struct transformer_hparams *hp,
                                              ingle_error *err);

/* Floats of its tensors in nn_params, padding included, for a shape that has been checked. */
uint64_t transformer_n_floats(const struct transformer_hparams *hp);

/* Storage for batches of up to max_tokens; params must outlive it. Zeroed by the caller, cleared by
 * it also after a failure. */
BASE_NODISCARD ingle_status transformer_init(struct transformer *t, const struct learn *l,
                                             const struct transformer_hparams *hp,
                                             struct nn_params *params, int max_tokens,
                                             ingle_error *err);
void transformer_clear(struct transformer *t);

/* Initial values of its tensors. */
void transformer_fill(struct transformer *t, struct rng *r);

/* The hidden states behind the last norm, valid until the next call of either. */
const float *transformer_forward(struct transformer *t, struct learn *l,
                                 const struct transformer_batch *b);
/* Adds to params->grad what the gradient of those hidden states says. Follows a forward pass of the
 * same batch, at most once. */
void transformer_backward(struct transformer *t, struct learn *l, const struct transformer_batch *b,
                          const float *dhidden);

#endif
