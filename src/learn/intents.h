/* A classifier out of a person's own examples (engine/pack/classifier.h): networks trained on parts
 * of the examples judge the rest, which gives the temperature, the threshold and the score; then
 * those that become the pack are trained on all. */
#ifndef INGLE_LEARN_INTENTS_H
#define INGLE_LEARN_INTENTS_H

#include "base/buf.h"
#include "learn/class_fit.h"
#include "learn/class_net.h"
#include "learn/learn.h"

struct intents_options {
    int n_members;               /* of the pack */
    int n_folds;                 /* parts that the examples are held out in */
    int n_judges;                /* networks for each of them */
    size_t max_grams, max_pairs; /* rows of the pack */
    struct class_options net;
    float loss; /* of right answers, for the sake of "none of these" (class_fit.h) */
    const char *name, *licence, *attribution; /* of the pack; "" = not said */
};

struct intents_options intents_options_default(void);

struct intents_report {
    size_t n_examples, n_none, n_labels, n_grams;
    struct class_score held_out;
    struct class_decision decision;
};

/* *pack is initialised by the caller. */
BASE_NODISCARD ingle_status intents_train(struct learn *l, const struct examples *e,
                                          const struct intents_options *opt, struct buf *pack,
                                          struct intents_report *report, ingle_error *err);

#endif
