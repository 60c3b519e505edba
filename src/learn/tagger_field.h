/* The random field while it learns: weights as numbers, the gradient of a text, and the step along
 * it. Texts of a batch are worked on by all threads, then rows of weights are shared out among
 * them, each adding what its rows get in the order of the texts: the sums do not depend on who did
 * what. */
#ifndef INGLE_LEARN_TAGGER_FIELD_H
#define INGLE_LEARN_TAGGER_FIELD_H

#include "base/pool.h"
#include "engine/pack/tag_chain.h"
#include "engine/pack/tag_features.h"
#include "learn/tagger_data.h"
#include "learn/tagger_rows.h"

struct tagger_field {
    size_t n_tags, n_rows;
    float *weights, *squares;       /* [n_rows][n_tags]; sums of the gradients' squares */
    float *transitions, *t_squares; /* [n_tags + 1][n_tags] */
    float *exp_transitions;
    struct tag_words words;
    struct tagger_rows rows; /* which features have which row */
    float miss_cost, dropout, word_dropout;
};

/* Gives every feature a row that f->rows has counted at least so often. words, rows and the
 * numbers are the caller's to set before; what is made here goes with tagger_field_clear(). */
BASE_NODISCARD ingle_status tagger_field_init(struct tagger_field *f, size_t n_labels,
                                              uint32_t least, ingle_error *err);
void tagger_field_clear(struct tagger_field *f);

/* One window of a text with its gradient. Zeroed and given memory by tagger_example_new(). */
struct tagger_example {
    struct tag_windows windows;
    struct tag_token forgetful[TAG_MAX_TOKENS + 2 * TAG_CONTEXT]; /* what dropout leaves of them */
    uint8_t gold[TAG_MAX_TOKENS], tags[TAG_MAX_TOKENS];
    uint32_t (*features)[TAG_N_FEATURES]; /* [TAG_MAX_TOKENS] rows, or TAGGER_NO_ROW */
    float *scores, *forward, *backward;   /* [TAG_MAX_TOKENS][n_tags] */
    float *deltas;                        /* [TAG_MAX_TOKENS][n_tags]: the loss by the scores */
    float *edges;                         /* [n_tags + 1][n_tags]: the loss by the transitions */
    float norms[TAG_MAX_TOKENS];
    bool is_learnt[TAG_MAX_TOKENS]; /* too little is wrong with it to be worth a step */
    double loss;
    float gain; /* makes up for what was dropped */
    size_t n;   /* tokens; 0 = nothing here */
};

BASE_NODISCARD ingle_status tagger_example_new(struct tagger_example **out,
                                               const struct tagger_field *f, ingle_error *err);
void tagger_example_free(struct tagger_example *e);

/* Sets the example to the window that e->windows has come to. drop_seed 0: no dropout. */
void tagger_example_set(struct tagger_example *e, const struct tagger_field *f,
                        const struct tagged_text *text, uint64_t drop_seed);

/* Loss, deltas and edges. f->exp_transitions must be up to date. */
void tagger_example_loss(struct tagger_example *e, const struct tagger_field *f);

/* The likeliest tags, into e->tags. */
void tagger_example_decide(struct tagger_example *e, const struct tagger_field *f);

/* AdaGrad's step for the rows whose number leaves `part` when divided by n_parts. */
void tagger_field_step_rows(struct tagger_field *f, struct tagger_example *const *batch, size_t n,
                            float rate, uint32_t part, uint32_t n_parts);
void tagger_field_step_edges(struct tagger_field *f, struct tagger_example *const *batch, size_t n,
                             float rate);

#endif
