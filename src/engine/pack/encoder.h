/* The encoder of a pack. */
#ifndef INGLE_ENGINE_PACK_ENCODER_H
#define INGLE_ENGINE_PACK_ENCODER_H

#include "engine/pack/pack.h"

/* ingle_encode(), arguments checked. */
BASE_NODISCARD ingle_status encoder_run(const struct ingle_pack *p, const char *text, size_t len,
                                        float *vector, ingle_error *err);

#endif
