/* The classifier of a pack. */
#ifndef INGLE_ENGINE_PACK_CLASSIFIER_H
#define INGLE_ENGINE_PACK_CLASSIFIER_H

#include "engine/pack/pack.h"

/* ingle_classify(), arguments checked. */
BASE_NODISCARD ingle_status classifier_run(const struct ingle_pack *p, const char *text, size_t len,
                                           ingle_class *top, size_t n_top,
                                           ingle_classification *out, ingle_error *err);

#endif
