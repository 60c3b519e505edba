/* A pass of a batch through a classifier's network, forward and back: between class_net.c and
 * class_pass.c only. */
#ifndef INGLE_LEARN_CLASS_NET_INTERNAL_H
#define INGLE_LEARN_CLASS_NET_INTERNAL_H

#include "learn/class_net.h"

#define CLASS_MAX_BATCH 256

struct class_scratch {
    int batch;
    size_t max_rows; /* of x */
    size_t max_kept; /* grams of the words of a batch */
    float *x, *dx;   /* [max_rows][dim] the words of a batch, PAD zeros around every text */
    float *windows;  /* [max_rows][n_filters] of one width */
    float *features, *d_features; /* [batch][n_features] */
    int *best;     /* [batch][n_features] the row of x where the best window begins */
    float *logits; /* [batch][n_out] */
    uint8_t *keep; /* [max_rows][dim] of x; 0 = dropped */
    size_t n_rows, first_row[CLASS_MAX_BATCH], n_words[CLASS_MAX_BATCH]; /* of every text */
    uint32_t *kept, *kept_at;    /* [max_kept], [max_rows + 1]: rows of the grams of x's rows */
    uint32_t *slot_of, *touched; /* [n_grams], [max_kept]: rows that have a gradient */
    float *row_grad;             /* [max_kept][dim] by slot */
    size_t n_touched;
};

bool class_scratch_new(struct class_scratch **out, const struct class_data *d,
                       const struct class_net *net, int batch);
void class_scratch_free(struct class_scratch *s);

/* The summed loss of n examples; their mean's gradient into t->grad and the rows that t->scratch
 * has touched. is_training: with what training drops dropped. */
double class_gradient(struct class_trainer *t, const uint32_t *which, int n, bool is_training);

#endif
