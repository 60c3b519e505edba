/* Training a tagger (engine/pack/tagger.h): a conditional random field over hashed features, by
 * AdaGrad on small batches. Data comes in, a pack's bytes go out. */
#ifndef INGLE_LEARN_TAGGER_H
#define INGLE_LEARN_TAGGER_H

#include "base/buf.h"
#include "learn/learn.h"
#include "learn/tagger_data.h"

struct tagger_options {
    int n_passes;       /* over the data */
    int slot_bits;      /* at most 2^slot_bits rows of weights are in the pack */
    int least;          /* how often a feature must be in the texts to count */
    float rate;         /* of learning; falls to a tenth of it */
    float miss_cost;    /* how much worse a missed token is than a wrong one; 0: equally bad */
    float dropout;      /* share of the features that a token does without, while learning */
    float word_dropout; /* share of the tokens whose letters are not looked at, while learning */
    float held_out;     /* share of the texts that are only for the score */
    const char *words;  /* common words, one a line, the most common first, what follows a space
                           ignored; NULL = none */
    size_t words_len;
    const char *name, *licence, *attribution; /* of the pack; "" = not said */
};

struct tagger_options tagger_options_default(void);

/* On the texts held out, if any. */
struct tagger_report {
    size_t n_texts, n_held_out;
    float recall, precision; /* of tokens that are in any span; NaN = nothing held out */
};

/* *pack is initialised by the caller. */
BASE_NODISCARD ingle_status tagger_train(struct learn *l, const struct tagger_data *data,
                                         const struct tagger_options *opt, struct buf *pack,
                                         struct tagger_report *report, ingle_error *err);

#endif
