/* Small packs of kind classifier with weights of chance, whole or damaged in one way. */
#ifndef INGLE_TESTS_SUPPORT_CLASSIFIER_PACK_H
#define INGLE_TESTS_SUPPORT_CLASSIFIER_PACK_H

#include <stdbool.h>

#include "base/buf.h"

struct classifier_pack {
    int dim, filters, bag, members, n_labels;
    bool has_none;
    float temperature, threshold, slope, shift;
    const char *without; /* a tensor or key left out; NULL = none */
    const char *shorter; /* a tensor with one row or element less; NULL = none */
    bool falls;          /* the grams do not rise */
    bool is_infinite;    /* a bias is */
};

struct classifier_pack classifier_pack_default(void);

/* *out is initialised by the caller. The grams are those of "hello" and "world". */
void classifier_pack_write(const struct classifier_pack *p, struct buf *out);

#endif
