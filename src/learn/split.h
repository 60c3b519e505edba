/* Work shared among a run's threads. Parts are fixed in size, whoever computes them: what a part
 * sums up may be added in the order of parts afterwards, to the same bits for any number of
 * threads. */
#ifndef INGLE_LEARN_SPLIT_H
#define INGLE_LEARN_SPLIT_H

#include "learn/learn.h"

typedef void (*learn_split_fn)(int from, int to, void *arg);

/* Calls fn for [0, part), [part, 2 part) ... of n items, the last one shorter; returns when all
 * are done. fn must not call this again. */
void learn_split(struct learn *l, int n, int part, learn_split_fn fn, void *arg);

#endif
