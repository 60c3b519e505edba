/* llama: Llama 2 and 3.x, SmolLM, SmolLM2, TinyLlama, Mistral 7B and kin. The common decoder, with
 * rotary pairs side by side (the converter permutes the rows of Q and K for it); Llama 3.1 and
 * later store divisors of the rotary angles in rope_freqs. */
#include "engine/model/arch.h"
#include "engine/model/bind.h"
#include "engine/model/decoder.h"

static ingle_status bind(struct binder *b) {
    struct hparams *hp = &b->model->hp;
    hp->rope.neox = false;
    INGLE_TRY(bind_globals(b));
    INGLE_TRY(bind_vector(b, -1, "rope_freqs.weight", hp->rope.n_rot / 2, BIND_OPTIONAL,
                          &hp->rope.divisors));
    for (int il = 0; il < hp->n_layer; il++) INGLE_TRY(bind_decoder_layer(b, il, false));
    return INGLE_OK;
}

const struct model_arch arch_llama = {.name = "llama", .bind = bind, .layer = decoder_layer};
