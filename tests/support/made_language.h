/* A made-up language whose every sentence's probability is known, to train on: what a perfect model
 * of it would need is known to the bit. Half of its words can be told from those before. */
#ifndef INGLE_TESTS_SUPPORT_MADE_LANGUAGE_H
#define INGLE_TESTS_SUPPORT_MADE_LANGUAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Appends about `size` bytes of it; returns the bits of all choices made. *text is initialised by
 * the caller; the test fails if it cannot grow. */
double made_language_write(struct buf *text, size_t size, uint64_t seed);

/* Bits a byte of who knows how often each byte occurs, and nothing else. */
double made_language_unigram(const char *text, size_t len);

#endif
