/* What a model is, in one number: whoever has the same fingerprint computes the same bits from the
 * same tokens with the same kernels. It goes with what was computed (snapshots), so that it is
 * never taken for another model's. Against mix-ups, not against forgers. */
#ifndef INGLE_ENGINE_MODEL_FINGERPRINT_H
#define INGLE_ENGINE_MODEL_FINGERPRINT_H

#include "engine/model/model.h"

/* Of the hyper-parameters, the tier's layout and all weights. It reads every weight, as fast as
 * memory gives them: ask once. */
uint64_t model_fingerprint(const struct model *m);

/* A hash of bytes, as fast as memory can be read; the same on machines of one byte order. The hash
 * of one part is the seed for the next. */
uint64_t fingerprint_bytes(uint64_t seed, const void *data, size_t size);

#endif
