#include "engine/constraint/dfa.h"

#include "base/alloc.h"

void dfa_free(struct dfa *d) {
    if (!d) return;
    mem_free(d->next);
    mem_free(d->labels);
    mem_free(d->finish);
    mem_free(d->left);
    mem_free(d);
}
