/* One summary that the model makes: asked for, brought to its form, checked against its source,
 * and made of the text's own sentences where the model does not keep to it. */
#ifndef INGLE_TASK_SUMMARIZE_ASK_H
#define INGLE_TASK_SUMMARIZE_ASK_H

#include "task/faithful.h"
#include "task/summarize_prompts.h"
#include "task/tasks.h"

struct summary_asker {
    struct ingle_tasks *t;
    const ingle_summarize_options *options;
    ingle_summary_result *result; /* counts what happens */
    ingle_constraint *bullets;    /* made when first needed */
    size_t n_ctx;
    size_t n_answer; /* tokens of an answer, at most */
    size_t n_text;   /* tokens of a text that is asked about, at most */
};

/* Finds out how much fits the context, for any of the forms. CONTEXT_FULL, with both counts, if
 * there is no room for a useful piece of text. */
BASE_NODISCARD ingle_status summary_asker_init(struct summary_asker *a, struct ingle_tasks *t,
                                               const ingle_summarize_options *options,
                                               ingle_summary_result *result,
                                               const struct summary_form *forms, size_t n_forms,
                                               ingle_error *err);
void summary_asker_clear(struct summary_asker *a);

struct summary_question {
    enum summary_step step;
    struct summary_form form;
    const char *text; /* [len] at most n_text tokens */
    size_t len;
    struct faithful_source *source; /* what the answer must keep to */
    const char *own; /* [own_len] whose sentences take the answer's place if it does not */
    size_t own_len;
};

/* Replaces *out by the summary; *was_replaced says of whose words it is. */
BASE_NODISCARD ingle_status summary_ask(struct summary_asker *a, const struct summary_question *q,
                                        struct buf *out, bool *was_replaced, ingle_error *err);

#endif
