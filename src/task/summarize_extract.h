/* A summary of a text's own sentences, in the form that was asked for. */
#ifndef INGLE_TASK_SUMMARIZE_EXTRACT_H
#define INGLE_TASK_SUMMARIZE_EXTRACT_H

#include "task/summarize_prompts.h"
#include "task/tasks.h"

/* Appends it to *out; opt gives title and progress. INVALID if the text has no sentence. */
BASE_NODISCARD ingle_status summary_extract(struct ingle_tasks *t, const char *text, size_t len,
                                            const struct summary_form *form,
                                            const ingle_summarize_options *opt, struct buf *out,
                                            ingle_error *err);

#endif
