/* What the model is told when it rewrites; tests/golden has the whole messages. */
#ifndef INGLE_TASK_REWRITE_PROMPTS_H
#define INGLE_TASK_REWRITE_PROMPTS_H

#include "base/buf.h"
#include "ingle/rewrite.h"

/* Adds the system message. instruction NULL = none; problem: what was wrong with an answer to the
 * same question, NULL = none. The user's message is the passage and nothing else. */
void rewrite_system_prompt(struct buf *out, ingle_rewrite_manner manner, const char *instruction,
                           const char *problem);

#endif
