#include "learn/nn/linear.h"

#include "learn/matmul.h"

struct nn_linear nn_linear_of(const struct nn_params *p, int weight, int bias) {
    const struct nn_tensor *t = &p->tensors[weight];
    struct nn_linear f = {
        .w = nn_value(p, weight), .dw = nn_grad(p, weight), .n_in = t->n_cols, .n_out = t->n_rows};
    if (bias >= 0) {
        f.bias = nn_value(p, bias);
        f.dbias = nn_grad(p, bias);
    }
    return f;
}

void nn_linear_forward(struct learn *l, const struct nn_linear *f, float *y, const float *x,
                       int n) {
    for (int i = 0; f->bias && i < n; i++) {
        for (int j = 0; j < f->n_out; j++) y[(size_t)i * (size_t)f->n_out + (size_t)j] = f->bias[j];
    }
    learn_matmul(l, &(struct kern_sgemm_args){.c = y,
                                              .a = x,
                                              .b = f->w,
                                              .ldc = (size_t)f->n_out,
                                              .lda = (size_t)f->n_in,
                                              .ldb = (size_t)f->n_in,
                                              .m = n,
                                              .n = f->n_out,
                                              .k = f->n_in,
                                              .b_transposed = true,
                                              .add = f->bias != NULL});
}

void nn_linear_backward(struct learn *l, const struct nn_linear *f, float *dx, bool add,
                        const float *dy, const float *x, int n) {
    for (int i = 0; f->dbias && i < n; i++) {
        l->ops.add(f->dbias, dy + (size_t)i * (size_t)f->n_out, f->n_out);
    }
    learn_matmul(l, &(struct kern_sgemm_args){.c = f->dw,
                                              .a = dy,
                                              .b = x,
                                              .ldc = (size_t)f->n_in,
                                              .lda = (size_t)f->n_out,
                                              .ldb = (size_t)f->n_in,
                                              .m = f->n_out,
                                              .n = f->n_in,
                                              .k = n,
                                              .a_transposed = true,
                                              .add = true});
    if (!dx) return;
    learn_matmul(l, &(struct kern_sgemm_args){.c = dx,
                                              .a = dy,
                                              .b = f->w,
                                              .ldc = (size_t)f->n_in,
                                              .lda = (size_t)f->n_out,
                                              .ldb = (size_t)f->n_in,
                                              .m = n,
                                              .n = f->n_in,
                                              .k = f->n_out,
                                              .add = add});
}
