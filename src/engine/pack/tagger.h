/* The tagger of a pack: rows of small integers, found by the features of a token, add up to the
 * scores of its tags; the likeliest sequence of tags wins. */
#ifndef INGLE_ENGINE_PACK_TAGGER_H
#define INGLE_ENGINE_PACK_TAGGER_H

#include "engine/pack/pack.h"

/* Beside what every pack has:
 *   ingle.tagger.scale    f32, > 0: what a weight of 1 is worth in the smallest rows
 *   tagger.keys           I32 vector of slots, a power of two: which feature has that row
 *   tagger.weights        I8 [n_slots][n_tags + 1]; the last of a row, 0 to 7, says by how many
 *                         bits its weights are shifted up
 *   tagger.transitions    F32 [n_tags + 1][n_tags]
 *   tagger.words          I32 vector of a power of two slots (tag_text.h); may be missing */
#define TAGGER_SCALE_KEY "ingle.tagger.scale"
#define TAGGER_MAX_SHIFT 7
#define TAGGER_KEYS "tagger.keys"
#define TAGGER_WEIGHTS "tagger.weights"
#define TAGGER_TRANSITIONS "tagger.transitions"
#define TAGGER_WORDS "tagger.words"
#define TAGGER_MAX_TRANSITION 20.0f /* in size: no product of three exp() of it overflows */

/* ingle_tag(), arguments checked. */
BASE_NODISCARD ingle_status tagger_run(const struct ingle_pack *p, const char *text, size_t len,
                                       ingle_span_fn on_span, void *user, ingle_error *err);

#endif
