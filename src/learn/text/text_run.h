/* A training run of a language model, a step at a time: who calls decides when to look at the
 * score, to store a checkpoint (text_checkpoint.h) or to stop. The state between two steps is all
 * there is: a run that is stored and goes on later ends with the same bits as one that never
 * stopped, if it is measured in steps. */
#ifndef INGLE_LEARN_TEXT_TEXT_RUN_H
#define INGLE_LEARN_TEXT_TEXT_RUN_H

#include "learn/optimizer.h"
#include "learn/text/text_data.h"
#include "learn/text/text_model.h"

struct text_options {
    int n_vocab, n_embd, n_layer, n_head, n_ctx;
    int n_batch;    /* tokens of a step */
    int n_steps;    /* 0 = as many as fit into the seconds */
    double seconds; /* of training; where n_steps is 0 */
    float rate;     /* of learning, at its peak */
    float dropout;
    uint64_t seed;
};

struct text_options text_options_default(void);

struct text_run {
    struct learn *l;              /* borrowed */
    const struct text_data *data; /* borrowed */
    struct text_options opt;
    struct text_model model;
    struct optimizer optimizer;
    int step;               /* steps done */
    double seconds;         /* that they took */
    float loss;             /* of the steps, nats a token, a running mean; NaN before the first */
    int max_tokens;         /* computed at once: a step is several batches */
    int32_t *ids, *targets; /* [max_tokens] */
    int *starts;
};

/* Whether the numbers go together, as far as they alone can tell; BAD_ARGUMENT. */
BASE_NODISCARD ingle_status text_options_check(const struct text_options *opt, ingle_error *err);

/* The whole shape that the options come to. */
struct transformer_hparams text_run_hparams(const struct text_options *opt, int n_vocab);

/* A run at its beginning. data was made for opt's context. Zeroed by the caller, cleared by it also
 * after a failure. */
BASE_NODISCARD ingle_status text_run_init(struct text_run *r, struct learn *l,
                                          const struct text_data *data,
                                          const struct text_options *opt, ingle_error *err);
void text_run_clear(struct text_run *r);

/* How much of the run is done, 0 to 1. */
double text_run_done(const struct text_run *r);

/* One step; FAILED if the loss is no number any more. */
BASE_NODISCARD ingle_status text_run_step(struct text_run *r, ingle_error *err);

/* Bits for each byte of the held-out text, of an evenly spaced part of it if it is long. */
double text_run_score(struct text_run *r);

#endif
