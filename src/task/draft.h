/* From a model's answer to a draft: subject, greeting, closing, and placeholders for what the model
 * made up. */
#ifndef INGLE_TASK_DRAFT_H
#define INGLE_TASK_DRAFT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"
#include "ingle/draft.h"

#define DRAFT_MAX_PLACEHOLDERS 64

struct draft {
    struct buf subject, body;
    struct arena arena; /* of the placeholders' strings */
    ingle_draft_placeholder placeholders[DRAFT_MAX_PLACEHOLDERS];
    size_t n_placeholders;
};

void draft_init(struct draft *d);
void draft_clear(struct draft *d);

/* answer[len] is what the model wrote; *d was initialised. tagger NULL = none. */
BASE_NODISCARD ingle_status draft_finish(struct draft *d, const ingle_draft_options *opt,
                                         const ingle_pack *tagger, const char *answer, size_t len,
                                         ingle_error *err);

#endif
