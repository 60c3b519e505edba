/* What a model is, in one number: whoever has the same fingerprint computes the same bits from the
 * same tokens with the same kernels. It goes with what was computed (snapshots), so that it is
 * never taken for another model's. Against mix-ups, not against forgers. */
#ifndef INGLE_ENGINE_MODEL_FINGERPRINT_H
#define INGLE_ENGINE_MODEL_FINGERPRINT_H

#include "engine/model/model.h"

/* Of the hyper-parameters, the tier's layout and all weights. It reads every weight, as fast as
 * memory gives them: ask once. */
uint64_t model_fingerprint(const struct model *m);

#endif
