/* Summaries made of a text's own sentences: those nearest to what the whole is about, and no two
 * that say the same. By their words, and beside a title, if there is one, by the encoder. */
#ifndef INGLE_TASK_EXTRACT_H
#define INGLE_TASK_EXTRACT_H

#include "task/sentences.h"
#include "task/tasks.h"

struct extract_options {
    size_t n_sentences; /* wanted; 0 = as max_bytes allows */
    size_t max_bytes;   /* of all chosen together; 0 = no bound. The best one always fits */
    const char *title;  /* [title_len] NULL = the heading that the text begins with, if any */
    size_t title_len;
    ingle_progress_fn on_progress; /* may be NULL */
    void *user;
};

/* The chosen sentences in the order of the text as an array that the caller frees with mem_free();
 * *out is NULL and *n 0 if the text has no sentence. With neither bound: three sentences. Works in
 * time linear in the text and memory linear in its number of sentences. The same text and options
 * give the same answer. CANCELLED, NO_MEMORY. */
BASE_NODISCARD ingle_status extract_sentences(struct ingle_tasks *t, const char *text, size_t len,
                                              const struct extract_options *opt,
                                              struct text_range **out, size_t *n, ingle_error *err);

#endif
