/* Packing all weights of a model into one region, in the order the forward pass reads them. */
#ifndef INGLE_ENGINE_MODEL_WEIGHTS_H
#define INGLE_ENGINE_MODEL_WEIGHTS_H

#include "engine/model/model.h"

/* Fills m->packed and every matrix's packed.data. The file's pages are dismissed as they are
 * consumed, so that memory never holds two copies of the weights. */
BASE_NODISCARD ingle_status weights_pack(struct model *m, int n_threads, ingle_error *err);

#endif
