/* smollm3: llama, except that every fourth layer has no position embedding at all (NoPE). No key
 * says so; it is part of the architecture. */
#include "engine/model/arch.h"
#include "engine/model/bind.h"
#include "engine/model/decoder.h"

#define NOPE_INTERVAL 4

static ingle_status bind(struct binder *b) {
    struct hparams *hp = &b->model->hp;
    hp->rope.neox = false;
    INGLE_TRY(bind_globals(b));
    INGLE_TRY(bind_vector(b, -1, "rope_freqs.weight", hp->rope.n_rot / 2, BIND_OPTIONAL,
                          &hp->rope.divisors));
    for (int il = 0; il < hp->n_layer; il++) {
        INGLE_TRY(bind_decoder_layer(b, il, false));
        b->model->layers[il].use_rope = (il + 1) % NOPE_INTERVAL != 0;
    }
    return INGLE_OK;
}

const struct model_arch arch_smollm3 = {.name = "smollm3", .bind = bind, .layer = decoder_layer};
