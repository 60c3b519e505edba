/* Packing chunk by chunk, for a file: every thread packs a chunk of the region into a buffer of its
 * own and writes that, so that a full disk is an error and no more than the buffers is in memory.
 * And the sum by which a model's tensors are known again. */
#ifndef INGLE_ENGINE_MODEL_PACKED_BUILD_H
#define INGLE_ENGINE_MODEL_PACKED_BUILD_H

#include "base/pool.h"
#include "engine/model/packed_header.h"
#include "engine/model/weights.h"

/* Writes the data at data_at of fd. sums[packed_n_chunks(plan->size)] and *source_sum are for the
 * header. `path` is for messages: LIMIT, FAILED. */
BASE_NODISCARD ingle_status packed_build(int fd, size_t data_at, const struct weights_plan *plan,
                                         struct pool *pool, uint64_t *sums, uint64_t *source_sum,
                                         const char *path, ingle_error *err);

/* A hash of the tensors as the model's file has them now, equal to what packed_build() gives. */
BASE_NODISCARD ingle_status packed_source_sum(uint64_t *out, const struct weights_plan *plan,
                                              struct pool *pool, ingle_error *err);

/* All bytes or an errno. */
BASE_NODISCARD int packed_write(int fd, const void *data, size_t size, size_t at);

#endif
