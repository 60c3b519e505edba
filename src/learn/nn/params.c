#include "learn/nn/params.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/size.h"

#define ALIGN_FLOATS 16

size_t nn_tensor_size(const struct nn_tensor *t) {
    return (size_t)(t->n_rows > 0 ? t->n_rows : 1) * (size_t)t->n_cols;
}

int nn_params_add(struct nn_params *p, const char *name, int n_rows, int n_cols, bool decays) {
    if (p->failed) return 0;
    if (p->n_tensors == p->cap) {
        int cap = p->cap > 0 ? 2 * p->cap : 32;
        void *grown = mem_realloc(p->tensors, (size_t)cap * sizeof *p->tensors);
        p->failed = !grown;
        if (!grown) return 0;
        p->tensors = grown;
        p->cap = cap;
    }
    struct nn_tensor *t = &p->tensors[p->n_tensors];
    *t = (struct nn_tensor){.n_rows = n_rows, .n_cols = n_cols, .at = p->n, .decays = decays};
    (void)snprintf(t->name, sizeof t->name, "%s", name);
    size_t size, end;
    p->failed = !mul_size(&size, (size_t)(n_rows > 0 ? n_rows : 1), (size_t)n_cols) ||
                !add_size(&end, p->n, size) || !round_up_size(&p->n, end, ALIGN_FLOATS);
    return p->n_tensors++;
}

ingle_status nn_params_alloc(struct nn_params *p, ingle_error *err) {
    size_t size;
    bool fits = !p->failed && mul_size(&size, p->n, sizeof(float));
    if (fits) {
        p->value = mem_aligned(64, size);
        p->grad = mem_aligned(64, size);
    }
    if (p->value && p->grad) return INGLE_OK;
    return status_no_memory(err, "the parameters", fits ? 2 * size : 0);
}

void nn_params_clear(struct nn_params *p) {
    mem_free(p->tensors);
    mem_free(p->value);
    mem_free(p->grad);
    *p = (struct nn_params){0};
}

float *nn_value(const struct nn_params *p, int tensor) {
    return p->value + p->tensors[tensor].at;
}

float *nn_grad(const struct nn_params *p, int tensor) {
    return p->grad + p->tensors[tensor].at;
}

void nn_params_fill(struct nn_params *p, int tensor, struct rng *r, float deviation) {
    float *to = nn_value(p, tensor);
    size_t n = nn_tensor_size(&p->tensors[tensor]);
    for (size_t i = 0; i < n; i++) to[i] = deviation * rng_normal(r);
}

void nn_params_set(struct nn_params *p, int tensor, float value) {
    float *to = nn_value(p, tensor);
    size_t n = nn_tensor_size(&p->tensors[tensor]);
    for (size_t i = 0; i < n; i++) to[i] = value;
}

void nn_params_zero_grad(struct nn_params *p) {
    memset(p->grad, 0, p->n * sizeof *p->grad);
}
