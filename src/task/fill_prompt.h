/* The prompt of a request to fill the middle between two texts, for editors that choose themselves
 * which files are shown. What does not fit is left out: files first, the least telling one before
 * the others, then lines far from the place. The worker calls it. */
#ifndef INGLE_TASK_FILL_PROMPT_H
#define INGLE_TASK_FILL_PROMPT_H

#include "ingle/complete.h"

#include "base/status.h"

struct fill_question {
    const char *prefix, *suffix, *begun; /* begun: how the middle begins */
    size_t prefix_len, suffix_len, begun_len;
    const char *name, *repository;    /* of the file, of the project; NULL = not said */
    const ingle_complete_file *files; /* [n_files] others, the most telling last */
    size_t n_files;
    size_t max_tokens; /* of the prompt */
};

struct fill_prompt {
    ingle_token *ids; /* [n] the caller's to mem_free() */
    size_t n;
    size_t n_dropped; /* tokens of texts that were left out */
    size_t n_files;   /* those that are in it */
};

/* REFUSED by a model that has no tokens for it; CONTEXT_FULL if what the middle begins with alone
 * is more than max_tokens. *out is zeroed on failure. */
BASE_NODISCARD ingle_status fill_prompt_make(struct fill_prompt *out, const ingle_model *model,
                                             const struct fill_question *q, ingle_error *err);

#endif
