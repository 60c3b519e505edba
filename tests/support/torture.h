/* A call that allocates, with the n-th allocation failing, for every n, once and from there on: it
 * says NO_MEMORY, gives nothing out and leaves nothing behind. For programs with cmocka. */
#ifndef INGLE_TESTS_SUPPORT_TORTURE_H
#define INGLE_TESTS_SUPPORT_TORTURE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct footprint {
    uint64_t n_blocks;
    int n_files, n_threads;
    size_t reserved;
};

/* As of now, but for threads beyond so many that are just ending. */
struct footprint footprint_now(int n_threads);

/* Blocks, files and threads are those of before. */
void expect_unchanged(const struct footprint *before);

/* Does the work and undoes it; on failure it has checked that nothing was given out. */
typedef ingle_status (*torture_fn)(ingle_error *err);

/* Returns how many allocations the work makes. */
uint64_t torture(torture_fn work);

#endif
