#include "learn/text/text_model.h"

#include "base/alloc.h"
#include "base/size.h"
#include "learn/matmul.h"
#include "learn/nn/linear.h"
#include "learn/nn/loss.h"

#define BLOCK 256 /* tokens whose logits are there at a time */

static float *floats(size_t rows, size_t cols) {
    size_t n;
    return mul_size(&n, rows, cols) ? mem_calloc(n, sizeof(float)) : NULL;
}

ingle_status text_model_init(struct text_model *m, const struct learn *l,
                             const struct transformer_hparams *hp, int max_tokens, uint64_t seed,
                             ingle_error *err) {
    *m = (struct text_model){0};
    INGLE_TRY(transformer_init(&m->body, l, hp, &m->params, max_tokens, err));
    INGLE_TRY(nn_params_alloc(&m->params, err));
    m->logits = floats(BLOCK, (size_t)hp->n_vocab);
    m->dhidden = floats((size_t)max_tokens, (size_t)hp->n_embd);
    m->losses = floats((size_t)max_tokens, 1);
    if (!m->logits || !m->dhidden || !m->losses) {
        return status_no_memory(err, "what is computed of a batch", 0);
    }
    struct rng r;
    rng_init(&r, seed);
    transformer_fill(&m->body, &r);
    return INGLE_OK;
}

void text_model_clear(struct text_model *m) {
    transformer_clear(&m->body);
    nn_params_clear(&m->params);
    mem_free(m->logits);
    mem_free(m->dhidden);
    mem_free(m->losses);
    *m = (struct text_model){0};
}

/* Logits and losses of a block of tokens at a time; with a scale the gradients too. */
static double run_head(struct text_model *m, struct learn *l, const float *hidden,
                       const int32_t *targets, int n_tokens, float scale) {
    struct nn_linear head = nn_linear_of(&m->params, m->body.embedding, -1);
    size_t d = (size_t)m->body.hp.n_embd;
    double sum = 0.0;
    for (int i = 0; i < n_tokens; i += BLOCK) {
        int n = n_tokens - i < BLOCK ? n_tokens - i : BLOCK;
        const float *h = hidden + (size_t)i * d;
        struct nn_loss loss = {targets + i, n, m->body.hp.n_vocab, 0.0f, scale};
        nn_linear_forward(l, &head, m->logits, h, n);
        nn_loss(l, &loss, m->logits, m->losses + i);
        if (scale == 0.0f) continue;
        nn_linear_backward(l, &head, m->dhidden + (size_t)i * d, false, m->logits, h, n);
    }
    for (int i = 0; i < n_tokens; i++) sum += (double)m->losses[i];
    return sum;
}

double text_model_loss(struct text_model *m, struct learn *l, const struct transformer_batch *b,
                       const int32_t *targets) {
    const float *hidden = transformer_forward(&m->body, l, b);
    return run_head(m, l, hidden, targets, nn_n_tokens(b->seqs), 0.0f);
}

double text_model_learn(struct text_model *m, struct learn *l, const struct transformer_batch *b,
                        const int32_t *targets, float scale) {
    const float *hidden = transformer_forward(&m->body, l, b);
    double sum = run_head(m, l, hidden, targets, nn_n_tokens(b->seqs), scale);
    transformer_backward(&m->body, l, b, m->dhidden);
    return sum;
}

void text_model_logits(const struct text_model *m, struct learn *l, int row, float *logits) {
    struct nn_linear head = nn_linear_of(&m->params, m->body.embedding, -1);
    nn_linear_forward(l, &head, logits, m->body.hidden + (size_t)row * (size_t)head.n_in, 1);
}
