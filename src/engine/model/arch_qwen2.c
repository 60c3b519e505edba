/* qwen2: Qwen2, Qwen2.5 and distillations on them. The common decoder with biases on Q, K and V
 * and rotary pairs half a rotation apart. */
#include "engine/model/arch.h"
#include "engine/model/bind.h"
#include "engine/model/decoder.h"

static ingle_status bind(struct binder *b) {
    struct hparams *hp = &b->model->hp;
    hp->rope.neox = true;
    INGLE_TRY(bind_globals(b));
    for (int il = 0; il < hp->n_layer; il++) {
        INGLE_TRY(bind_decoder_layer(b, il, false));
        const struct model_layer *l = &b->model->layers[il];
        if (!l->q.bias || !l->k.bias || !l->v.bias) {
            return status_set(b->err, INGLE_INVALID, 0,
                              "Layer %d in '%s' lacks the biases of Q, K or V that qwen2 has.", il,
                              gguf_path(b->g));
        }
    }
    return INGLE_OK;
}

const struct model_arch arch_qwen2 = {.name = "qwen2", .bind = bind, .layer = decoder_layer};
