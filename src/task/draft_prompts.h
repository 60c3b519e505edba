/* What the model is told when it drafts; tests/golden has the whole messages. */
#ifndef INGLE_TASK_DRAFT_PROMPTS_H
#define INGLE_TASK_DRAFT_PROMPTS_H

#include "base/buf.h"
#include "ingle/draft.h"

void draft_system_prompt(struct buf *out, const ingle_draft_options *opt);
void draft_user_prompt(struct buf *out, const ingle_draft_options *opt);

#endif
