/* phi3: Phi-3, Phi-3.5, Phi-4 and Phi-4-mini. The common decoder with fused qkv and gate|up
 * tensors, rotary pairs half a rotation apart, perhaps only on the first dims of a head, and
 * divisors of the angles for long and for short contexts. The key attention.sliding_window is not
 * applied, as in llama.cpp: it only ever narrows Phi-3-mini-4k beyond 2,047 tokens. */
#include "engine/model/arch.h"
#include "engine/model/bind.h"
#include "engine/model/decoder.h"

static ingle_status bind(struct binder *b) {
    struct hparams *hp = &b->model->hp;
    int n_pairs = hp->rope.n_rot / 2;
    hp->rope.neox = true;
    INGLE_TRY(bind_globals(b));
    INGLE_TRY(bind_vector(b, -1, "rope_factors_long.weight", n_pairs, BIND_OPTIONAL,
                          &hp->rope.divisors_long));
    INGLE_TRY(bind_vector(b, -1, "rope_factors_short.weight", n_pairs, BIND_OPTIONAL,
                          &hp->rope.divisors_short));
    for (int il = 0; il < hp->n_layer; il++) INGLE_TRY(bind_decoder_layer(b, il, false));
    return INGLE_OK;
}

const struct model_arch arch_phi3 = {.name = "phi3", .bind = bind, .layer = decoder_layer};
