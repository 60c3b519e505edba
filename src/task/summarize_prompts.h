/* What a model is told when it summarises: every word of it. tests/golden/summarize shows the
 * messages as a template writes them. */
#ifndef INGLE_TASK_SUMMARIZE_PROMPTS_H
#define INGLE_TASK_SUMMARIZE_PROMPTS_H

#include "base/buf.h"
#include "ingle/summarize.h"

/* Sentences or bullets, and words, of a summary at most. */
struct summary_form {
    ingle_summary_style style;
    size_t n_items, n_words;
};

struct summary_form summary_form(ingle_summary_style style, ingle_summary_length length);

/* What the text of a question is. */
enum summary_step {
    SUMMARY_WHOLE, /* the whole text */
    SUMMARY_PART,  /* one part of it */
    SUMMARY_MERGE  /* summaries of its parts */
};

/* The same for all questions, so that their beginning is computed once. */
extern const char *const summary_system;

/* The user's message around text[0..len). unfounded: what a first answer said and must not (NULL:
 * it is the first). */
void summary_message(struct buf *out, enum summary_step step, const struct summary_form *form,
                     const char *text, size_t len, const char *unfounded);

#endif
