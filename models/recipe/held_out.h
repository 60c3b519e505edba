/* What the built-in encoder never learns from, so that it can be asked about: the same answer
 * wherever it is needed. */
#ifndef INGLE_RECIPE_HELD_OUT_H
#define INGLE_RECIPE_HELD_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One document in n, chosen by the hash (FNV-1a) of its name. */
static inline bool is_held_out(const char *name, size_t len, uint32_t n) {
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < len; i++) h = (h ^ (uint8_t)name[i]) * 16777619u;
    h ^= h >> 15;
    return (h * 2654435761u >> 16) % n == 0;
}

#define HELD_OUT_PAPERS 2 /* every second paper and text with summaries */
#define HELD_OUT_PAGES 5  /* every fifth page of commands */

#endif
