/* What turns a classifier's outputs into answers: the temperature, the threshold below which a text
 * is out of scope, and how often an answer is right; chosen on examples that the networks which
 * judged them had not seen. */
#ifndef INGLE_LEARN_CLASS_FIT_H
#define INGLE_LEARN_CLASS_FIT_H

#include "engine/pack/classifier.h"

struct class_judged {
    const float *z;    /* [n][n_out] logarithms, mean of members */
    const int *labels; /* [n]; n_labels = out of scope */
    size_t n, n_labels, n_out;
};

struct class_score {
    float accuracy; /* of examples with a label: answered with it */
    float raw;      /* the same if nothing were out of scope */
    float recall;   /* of those out of scope: said to be; NaN if there are none */
};

/* The threshold is the highest that takes at most the share `loss` of the right answers. Whether
 * there are examples out of scope, and how many, does not move it: it is known what it costs. */
BASE_NODISCARD ingle_status class_fit(const struct class_judged *j, float loss,
                                      struct class_decision *d, struct class_score *score,
                                      ingle_error *err);

#endif
