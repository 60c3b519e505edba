/* qwen3 (dense): the common decoder with a norm on every head of Q and K before the rotation,
 * rotary pairs half a rotation apart, and heads whose size is not n_embd / n_head. */
#include "engine/model/arch.h"
#include "engine/model/bind.h"
#include "engine/model/decoder.h"

static ingle_status bind(struct binder *b) {
    struct hparams *hp = &b->model->hp;
    hp->rope.neox = true;
    INGLE_TRY(bind_globals(b));
    for (int il = 0; il < hp->n_layer; il++) INGLE_TRY(bind_decoder_layer(b, il, true));
    return INGLE_OK;
}

const struct model_arch arch_qwen3 = {.name = "qwen3", .bind = bind, .layer = decoder_layer};
