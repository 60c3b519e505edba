/* Matrix products over a run's threads. The operation's contract (kern_sgemm_args in ops.h) makes
 * every split give the same bits, so results do not depend on the number of threads. */
#ifndef INGLE_LEARN_MATMUL_H
#define INGLE_LEARN_MATMUL_H

#include "learn/learn.h"

void learn_matmul(struct learn *l, const struct kern_sgemm_args *g);
/* n products, none of which reads or adds to what another writes. */
void learn_matmul_list(struct learn *l, const struct kern_sgemm_args *g, int n);

#endif
