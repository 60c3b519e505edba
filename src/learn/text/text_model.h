/* A causal transformer whose token embeddings are its language head too. */
#ifndef INGLE_LEARN_TEXT_TEXT_MODEL_H
#define INGLE_LEARN_TEXT_TEXT_MODEL_H

#include "learn/nn/transformer.h"

struct text_model {
    struct nn_params params;
    struct transformer body;
    float *logits;  /* [a block of tokens][n_vocab] */
    float *dhidden; /* [max_tokens][n_embd] */
    float *losses;  /* [max_tokens] */
};

/* With random parameters. Zeroed by the caller, cleared by it also after a failure. */
BASE_NODISCARD ingle_status text_model_init(struct text_model *m, const struct learn *l,
                                            const struct transformer_hparams *hp, int max_tokens,
                                            uint64_t seed, ingle_error *err);
void text_model_clear(struct text_model *m);

/* The sum of the losses (nats) of predicting targets from the batch. */
double text_model_loss(struct text_model *m, struct learn *l, const struct transformer_batch *b,
                       const int32_t *targets);
/* The same; adds the gradient of `scale` times that sum to the parameters'. */
double text_model_learn(struct text_model *m, struct learn *l, const struct transformer_batch *b,
                        const int32_t *targets, float scale);

/* The logits [n_vocab] behind token `row` of the batch that was computed last. */
void text_model_logits(const struct text_model *m, struct learn *l, int row, float *logits);

#endif
