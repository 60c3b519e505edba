/* What there is to do with packed weights, wherever they are kept: take those that are there, else
 * write new ones, else leave it; and say what happened. */
#ifndef INGLE_ENGINE_MODEL_PACK_WAYS_H
#define INGLE_ENGINE_MODEL_PACK_WAYS_H

#include "engine/model/weights.h"

/* Fills w->map and w->data, or fails and leaves both alone. */
typedef ingle_status (*pack_way)(struct weights *w, const void *arg, ingle_error *err);

/* use_old gives NOT_FOUND where there is nothing, write_new where nothing is to be written: neither
 * is told. Any other failure ends up in w->note, with w->data NULL if both failed. NO_MEMORY is the
 * only failure. */
BASE_NODISCARD ingle_status pack_old_or_new(struct weights *w, pack_way use_old, pack_way write_new,
                                            const void *arg, ingle_error *err);

#define PACK_NOT_RECORDED                                                                          \
    "The model's file was moved or touched, and the cached one cannot record it."

/* Two sentences, of which either may be "". */
void pack_note(struct weights *w, const char *first, const char *then);

#endif
