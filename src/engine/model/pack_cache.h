/* Packed weights across processes: one file a model and layout in a folder of the user's cache,
 * written by the first open and mapped by the later ones. Anything that goes wrong with it ends
 * with weights that are packed in memory, and a note that says why. */
#ifndef INGLE_ENGINE_MODEL_PACK_CACHE_H
#define INGLE_ENGINE_MODEL_PACK_CACHE_H

#include "base/pool.h"
#include "engine/model/weights.h"

/* Fills *w, or leaves w->data NULL where the cache cannot be used; w->note says why, or what was
 * replaced. NO_MEMORY is the only failure. */
BASE_NODISCARD ingle_status pack_cache_open(struct weights *w, const char *folder,
                                            const struct gguf *g, const struct weights_plan *plan,
                                            struct pool *pool, ingle_error *err);

#endif
