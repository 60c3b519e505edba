/* Training an encoder (engine/pack/encoder.c) from pairs of texts. Pairs come in, a pack's bytes go
 * out; encoder_net.h is what is trained. */
#ifndef INGLE_LEARN_ENCODER_H
#define INGLE_LEARN_ENCODER_H

#include "base/buf.h"
#include "learn/encoder_net.h"

struct encoder_options {
    struct encoder_net_options net;
    struct encoder_noise noise;
    int n_passes;   /* over the pairs */
    float rate;     /* of learning; falls to a twentieth of it */
    float held_out; /* share of the pairs that are only for the score, 1000 at most */
    const char *name, *licence, *attribution; /* of the pack; "" = not said */
};

struct encoder_options encoder_options_default(void);

struct encoder_report {
    size_t n_pairs, n_held_out;
    size_t n_words; /* with a row of their own */
    float score;    /* share of the pairs held out whose b is the nearest of all those b to its a;
                       NaN = nothing held out */
};

/* *pack is initialised by the caller. INVALID for fewer than eight pairs. */
BASE_NODISCARD ingle_status encoder_train(struct learn *l, const struct encoder_pairs *pairs,
                                          const struct encoder_options *opt, struct buf *pack,
                                          struct encoder_report *report, ingle_error *err);

#endif
