/* Summaries of texts of any length: by the model of the tasks, or, without one, of the text's own
 * sentences. What does not fit the model's context is read in parts; whatever a model writes must
 * hold to the facts of the text, else the text's own sentences take its place, which is said.
 * docs/summarize.md tells how. */
#ifndef INGLE_SUMMARIZE_H
#define INGLE_SUMMARIZE_H

#include "ingle/tasks.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum ingle_summary_style {
    INGLE_SUMMARY_PROSE,
    INGLE_SUMMARY_BULLETS, /* lines that begin with "- " */
    INGLE_SUMMARY_TLDR     /* one sentence */
} ingle_summary_style;

typedef enum ingle_summary_length {
    INGLE_SUMMARY_SHORT,  /* 2 sentences, 50 words; 3 bullets; TLDR: 15 words */
    INGLE_SUMMARY_MEDIUM, /* 5 sentences, 120 words; 6 bullets; TLDR: 25 words */
    INGLE_SUMMARY_LONG    /* 12 sentences, 280 words; 12 bullets; TLDR: 40 words */
} ingle_summary_length;

typedef struct ingle_summarize_options {
    size_t size;
    ingle_summary_style style;   /* default PROSE */
    ingle_summary_length length; /* at most, as the model is told. Default MEDIUM */
    bool extractive;             /* of the text's own sentences, though there is a model */
    const char *title;           /* what the text is about, if known; NULL */
    /* Receives the summary once it is certain. May be NULL. */
    ingle_text_fn on_text;
    ingle_progress_fn on_progress; /* may be NULL */
    void *user;                    /* of both */
} ingle_summarize_options;

INGLE_API ingle_summarize_options ingle_summarize_options_default(void);

typedef struct ingle_summary_result {
    bool is_extractive;    /* these are sentences of the text itself */
    size_t n_parts;        /* that the text was read in; 1 = at once */
    size_t n_second_tries; /* answers of the model that said what their text does not */
    size_t n_replaced;     /* second ones that did so too: sentences of the text took their place */
    size_t n_cut;          /* answers that did not end in time: their last sentence was left out */
    size_t n_silent;       /* parts that say nothing in sentences, like long tables */
    bool was_replaced;     /* the summary itself is one of the n_replaced */
    char unfounded[256];   /* what the model said and the text does not, for people; "" = nothing */
} ingle_summary_result;

/* Summarises a text, UTF-8 of any length, best as ingle_document_read() gives it. result may be
 * NULL. INVALID for what is no UTF-8 or says nothing; CONTEXT_FULL, with both counts, if the
 * model's context cannot hold the question and a useful piece of the text. */
INGLE_API INGLE_NODISCARD ingle_status ingle_summarize(ingle_tasks *tasks, const char *text,
                                                       size_t len,
                                                       const ingle_summarize_options *opt,
                                                       ingle_summary_result *result,
                                                       ingle_error *err);

#ifdef __cplusplus
}
#endif

#endif
