/* The tagger of a pack. */
#ifndef INGLE_ENGINE_PACK_TAGGER_H
#define INGLE_ENGINE_PACK_TAGGER_H

#include "engine/pack/pack.h"

/* ingle_tag(), arguments checked. */
BASE_NODISCARD ingle_status tagger_run(const struct ingle_pack *p, const char *text, size_t len,
                                       ingle_span_fn on_span, void *user, ingle_error *err);

#endif
