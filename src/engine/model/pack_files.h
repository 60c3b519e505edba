/* Packed weights in files that somebody else has opened: a process without file system is handed
 * them. What goes wrong with them ends with weights that are packed in memory, and a note that says
 * why. */
#ifndef INGLE_ENGINE_MODEL_PACK_FILES_H
#define INGLE_ENGINE_MODEL_PACK_FILES_H

#include "base/pool.h"
#include "engine/model/weights.h"

/* Fills *w, or leaves w->data NULL; w->note says why, or what was replaced. NO_MEMORY is the only
 * failure. */
BASE_NODISCARD ingle_status pack_files_open(struct weights *w, const struct packed_files *files,
                                            const struct gguf *g, const struct weights_plan *plan,
                                            struct pool *pool, ingle_error *err);

#endif
