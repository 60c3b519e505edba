/* The parameters of a network: named matrices in one flat array, their gradients in another, so
 * that who updates, clips or stores them sees n floats. Tensors are added first, then storage is
 * allocated once.
 *
 *     struct nn_params p = {0};
 *     int w = nn_params_add(&p, "cls.weight", n_labels, n_embd, true);
 *     INGLE_TRY(nn_params_alloc(&p, err));
 *     nn_params_fill(&p, w, &rng, 0.02f);                                                        */
#ifndef INGLE_LEARN_NN_PARAMS_H
#define INGLE_LEARN_NN_PARAMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/rng.h"
#include "base/status.h"

#define NN_NAME_MAX 48

struct nn_tensor {
    char name[NN_NAME_MAX];
    int n_rows, n_cols; /* n_rows 0: a vector */
    size_t at;          /* of its first float in value and grad */
    bool decays;        /* weight decay applies */
};

struct nn_params {
    struct nn_tensor *tensors; /* owned */
    int n_tensors, cap;
    bool failed;
    size_t n;            /* floats in all, padding between tensors included; it stays 0 */
    float *value, *grad; /* [n] owned, 64-byte aligned; NULL before nn_params_alloc() */
};

/* Returns the tensor's number. A failure sticks until nn_params_alloc() reports it. */
int nn_params_add(struct nn_params *p, const char *name, int n_rows, int n_cols, bool decays);
/* Storage, all zero. */
BASE_NODISCARD ingle_status nn_params_alloc(struct nn_params *p, ingle_error *err);
void nn_params_clear(struct nn_params *p);

size_t nn_tensor_size(const struct nn_tensor *t); /* in floats */
float *nn_value(const struct nn_params *p, int tensor);
float *nn_grad(const struct nn_params *p, int tensor);
/* Normally distributed values of this deviation / one value for all. */
void nn_params_fill(struct nn_params *p, int tensor, struct rng *r, float deviation);
void nn_params_set(struct nn_params *p, int tensor, float value);
void nn_params_zero_grad(struct nn_params *p);

#endif
