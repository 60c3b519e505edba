/* What a tagger knows about a token: features, each a hash by which a row of weights is found.
 * Changing anything here changes what the rows of every pack mean: then TAGGER_VERSION must change
 * too. */
#ifndef INGLE_ENGINE_PACK_TAG_FEATURES_H
#define INGLE_ENGINE_PACK_TAG_FEATURES_H

#include "engine/pack/tag_text.h"

#define TAGGER_VERSION 1
#define TAG_N_FEATURES 62

/* Features of token i of n, none of them 0. Looks at TAG_CONTEXT tokens on either side. */
void tag_features(const struct tag_token *tokens, size_t n, size_t i,
                  uint32_t features[TAG_N_FEATURES]);

/* Keys of rows by hash: slots, 0 = empty; a key lies at most TAG_KEY_PROBES behind where it
 * points. Returns its slot, or the first empty one there; n_slots if there is neither. */
#define TAG_KEY_PROBES 16
static inline size_t tag_find_slot(const uint32_t *keys, size_t n_slots, uint32_t key) {
    for (size_t i = 0; i < TAG_KEY_PROBES; i++) {
        size_t slot = (key + i) & (n_slots - 1);
        if (keys[slot] == key || keys[slot] == 0) return slot;
    }
    return n_slots;
}

#endif
