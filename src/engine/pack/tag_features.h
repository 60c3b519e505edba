/* What a tagger knows about a token: features, each the number of a row of weights, found by
 * hashing. Changing anything here changes what the rows of every pack mean: then TAGGER_VERSION
 * must change too. */
#ifndef INGLE_ENGINE_PACK_TAG_FEATURES_H
#define INGLE_ENGINE_PACK_TAG_FEATURES_H

#include "engine/pack/tag_text.h"

#define TAGGER_VERSION 1
#define TAG_N_FEATURES 62

/* Features of token i of n; each is masked. Looks at TAG_CONTEXT tokens on either side. */
void tag_features(const struct tag_token *tokens, size_t n, size_t i, uint32_t mask,
                  uint32_t features[TAG_N_FEATURES]);

#endif
