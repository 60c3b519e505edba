#include "learn/nn/loss.h"

#include <string.h>

#include "learn/nn/softmax.h"
#include "learn/split.h"

#define PART 8

struct loss_pass {
    const struct learn *l;
    const struct nn_loss *f;
    float *logits, *losses;
};

static float loss_row(const struct loss_pass *p, float *x, int32_t target) {
    const struct nn_loss *f = p->f;
    float share = f->smoothing / (float)f->n_classes, sum = 0.0f;
    if (f->smoothing > 0.0f) {
        for (int i = 0; i < f->n_classes; i++) sum += x[i];
    }
    float wanted = (1.0f - f->smoothing) * x[target] + share * sum;
    float loss = nn_softmax(&p->l->ops, x, f->n_classes, 1.0f) - wanted;
    for (int i = 0; i < f->n_classes; i++) x[i] = (x[i] - share) * f->scale;
    x[target] -= (1.0f - f->smoothing) * f->scale;
    return loss;
}

static void loss_part(int from, int to, void *arg) {
    const struct loss_pass *p = arg;
    for (int i = from; i < to; i++) {
        float *x = p->logits + (size_t)i * (size_t)p->f->n_classes;
        int32_t target = p->f->targets[i];
        if (target == NN_IGNORE) {
            memset(x, 0, (size_t)p->f->n_classes * sizeof *x);
            p->losses[i] = 0.0f;
        } else {
            p->losses[i] = loss_row(p, x, target);
        }
    }
}

void nn_loss(struct learn *l, const struct nn_loss *f, float *logits, float *losses) {
    struct loss_pass p = {l, f, logits, losses};
    learn_split(l, f->n, PART, loss_part, &p);
}
