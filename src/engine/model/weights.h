/* Where the packed form of every matrix of a model lies: one region, in the order in which the
 * forward pass reads it. The region is filled at open, or is a file of the cache that an earlier
 * open wrote (pack_cache.h, pack_files.h). */
#ifndef INGLE_ENGINE_MODEL_WEIGHTS_H
#define INGLE_ENGINE_MODEL_WEIGHTS_H

#include "engine/model/model.h"

struct weights_item {
    struct matrix *matrix;
    size_t at, size; /* bytes of the region; `at` is a multiple of 4 KiB */
};

/* All matrices in order. What lies between them in the region is zero. */
struct weights_plan {
    struct weights_item *items;
    size_t n_items;
    size_t size;           /* of the region */
    size_t max_group_size; /* of any matrix */
};

/* Rows of groups [g0, g1) of a matrix, as the file has them. */
const uint8_t *weights_source(const struct matrix *m, int g0, int g1, size_t *size);

/* Fills m->weights and every matrix's packed.data: from the cache where there is one and it can be
 * used, else in memory; m->weights says which. The file's pages are dismissed as they are consumed,
 * so that memory never holds two copies of the weights. */
BASE_NODISCARD ingle_status weights_open(struct model *m, const struct gguf *g,
                                         const struct model_options *opt, ingle_error *err);
void weights_close(struct weights *w);

#endif
