/* Which features a tagger learns about: those that its texts have often enough, each with a row of
 * weights. */
#ifndef INGLE_LEARN_TAGGER_ROWS_H
#define INGLE_LEARN_TAGGER_ROWS_H

#include "base/status.h"
#include "engine/pack/tag_features.h"

struct tagger_rows {
    uint32_t *keys;   /* [n_slots] owned; 0 = empty */
    uint32_t *values; /* [n_slots] owned; how often, later: which row */
    size_t n_slots, n_keys;
};

#define TAGGER_NO_ROW UINT32_MAX

/* Zeroed = empty. */
void tagger_rows_clear(struct tagger_rows *r);
BASE_NODISCARD ingle_status tagger_rows_count(struct tagger_rows *r, uint32_t feature,
                                              ingle_error *err);

/* Numbers the features that came at least this often; returns how many. From then on
 * tagger_rows_find() knows them. */
size_t tagger_rows_number(struct tagger_rows *r, uint32_t least);
uint32_t tagger_rows_find(const struct tagger_rows *r, uint32_t feature); /* TAGGER_NO_ROW */

#endif
