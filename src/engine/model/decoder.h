/* The common decoder layer: llama and its kin. */
#ifndef INGLE_ENGINE_MODEL_DECODER_H
#define INGLE_ENGINE_MODEL_DECODER_H

#include "base/pool.h"

struct forward;

/* struct model_arch's layer: attention, then the gated feed-forward, each on the normalised
 * residual stream and added to it. */
void decoder_layer(const struct pool_worker *w, struct forward *f, int il);

#endif
