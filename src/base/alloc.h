/* Every heap allocation of ingle goes through here, so that tests can count them and make the
 * n-th one fail. Sizes are bytes; a NULL return means out of memory; mem_free(NULL) is fine. */
#ifndef INGLE_BASE_ALLOC_H
#define INGLE_BASE_ALLOC_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

BASE_NODISCARD void *mem_alloc(size_t size);                /* uninitialised */
BASE_NODISCARD void *mem_calloc(size_t count, size_t size); /* zeroed; NULL if the product wraps */
BASE_NODISCARD void *mem_realloc(void *ptr, size_t size);   /* on failure ptr stays valid */
BASE_NODISCARD void *mem_aligned(size_t alignment, size_t size); /* zeroed; power of two >= 16 */
BASE_NODISCARD void *mem_table(size_t count, size_t size);       /* zeroed; for reads at random */
BASE_NODISCARD char *mem_strndup(const char *text, size_t len);  /* adds a NUL */
void mem_free(void *ptr);                                        /* for all of the above */

/* Tests only: number of successful allocations so far; make the n-th allocation from now fail
 * (1 = the next; 0 = never), and with `for_ever` all after it too. mem_live() is the number of
 * blocks not yet freed. */
uint64_t mem_count(void);
uint64_t mem_live(void);
void mem_fail_at(uint64_t n, int for_ever);

#endif
