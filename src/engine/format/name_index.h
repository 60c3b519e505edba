/* A hash index from names to numbers 0 .. n - 1, built once over names that live elsewhere. Keyed
 * by a seed that a file's author cannot know, so that no file makes it slow. */
#ifndef INGLE_ENGINE_FORMAT_NAME_INDEX_H
#define INGLE_ENGINE_FORMAT_NAME_INDEX_H

#include <stdbool.h>

#include "engine/format/gguf.h"

#define NAME_INDEX_NONE UINT32_MAX

struct name_index {
    uint32_t *slots; /* [mask + 1]; NAME_INDEX_NONE = empty */
    size_t mask;
    uint64_t seed;
    const void *names; /* the i-th name is the struct gguf_str at names + i * stride */
    size_t stride;
};

/* An empty index with room for n names; false if out of memory. */
bool name_index_open(struct name_index *index, const void *names, size_t stride, size_t n);

/* Adds name i. Returns the number of an equal name that was added before, and adds nothing then;
 * else NAME_INDEX_NONE. */
uint32_t name_index_add(struct name_index *index, size_t i);

/* The two together: indexes n names. *duplicate gets the number of a name that an earlier one
 * equals, else NAME_INDEX_NONE. False if out of memory. */
bool name_index_init(struct name_index *index, const void *names, size_t stride, size_t n,
                     uint32_t *duplicate);
void name_index_clear(struct name_index *index);

/* NAME_INDEX_NONE if absent. */
uint32_t name_index_find(const struct name_index *index, const char *name, size_t len);

#endif
