/* A file of packed weights that somebody has opened: it is used once its bytes are all checked, and
 * whether they still are those of the model, or filled. Knows descriptors, no paths: a process
 * without file system can be handed the descriptor. */
#ifndef INGLE_ENGINE_MODEL_PACKED_FILE_H
#define INGLE_ENGINE_MODEL_PACKED_FILE_H

#include "base/pool.h"
#include "engine/model/packed_header.h"
#include "engine/model/weights.h"

/* The model's own files, to compare with. */
struct packed_source {
    struct packed_key key;
    uint64_t identity; /* of the files as they are now; 0 = changed too lately to tell */
};

/* Reads the key and identity off a model's files. */
struct packed_source packed_source_of(const struct gguf *g, const struct weights_plan *plan);

/* All that goes into a file, or is compared with one. */
struct packed_work {
    struct packed_source source;
    const struct weights_plan *plan;
    struct pool *pool;
};

/* Maps the file read-only. *patch is what the file should say of the model's files at
 * PACKED_SEEN_AT from now on; patch->self 0 if it does. INVALID with a sentence about "the cached
 * file" if it is not to be used, and then nothing is mapped. `path` is for messages. */
BASE_NODISCARD ingle_status packed_file_use(struct file_map *map, const uint8_t **data,
                                            struct packed_seen *patch, int fd, const char *path,
                                            const struct packed_work *work, ingle_error *err);

/* Packs into an empty file. `where` is for messages; LIMIT, FAILED, NO_MEMORY. */
BASE_NODISCARD ingle_status packed_file_fill(int fd, const struct packed_work *work,
                                             const char *where, ingle_error *err);

/* Maps what packed_file_fill() wrote. */
BASE_NODISCARD ingle_status packed_file_take(struct file_map *map, const uint8_t **data, int fd,
                                             const struct packed_work *work, const char *where,
                                             ingle_error *err);

#endif
