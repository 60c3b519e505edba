/* What a text asks for: one of the labels of the caller's own, or none of these, with a confidence;
 * no training. A language model is shown the labels and asked for one: the probability of each is
 * computed, nothing is generated. Without a model, the sentence encoder compares what labels and
 * text mean, which is rougher. Without labels, the classifier pack answers with its own. */
#ifndef INGLE_INTENT_H
#define INGLE_INTENT_H

#include "ingle/tasks.h"

#ifdef __cplusplus
extern "C" {
#endif

/* UTF-8; all but the name may be NULL. */
typedef struct ingle_label {
    const char *name;
    const char *description;
    const char *const *examples; /* [n_examples] texts that ask for it */
    size_t n_examples;
} ingle_label;

#define INGLE_LABELS_MAX 1024

/* The name of "none of these", under which a label of the caller's own takes its place. */
#define INGLE_LABEL_NONE "none of these"

typedef enum ingle_intent_way {
    INGLE_INTENT_AUTO,    /* the first below that there is what it needs for */
    INGLE_INTENT_PACK,    /* without labels: the classifier */
    INGLE_INTENT_MODEL,   /* with labels: the language model */
    INGLE_INTENT_ENCODER, /* with labels: the sentence encoder */
} ingle_intent_way;

typedef struct ingle_intent_options {
    size_t size;
    const ingle_label *labels; /* [n_labels], two or more; none: those of the classifier */
    size_t n_labels;
    ingle_intent_way way; /* default AUTO */
    bool must_choose;     /* "none of these" is no answer; not with PACK */
    float temperature;    /* of the confidences of labels: above 1 they are nearer to each other.
                             Default 1 */
    ingle_class *top;     /* [n_top] receives the likeliest labels, the likeliest first */
    size_t n_top;
} ingle_intent_options;

typedef struct ingle_intent_result {
    ingle_intent_way way; /* never AUTO */
    bool is_none;         /* none of the labels */
    size_t label;         /* the likeliest, whether or not it is none of them */
    float confidence;     /* that the answer (the label, or none) is right */
    size_t n;             /* labels written to top */
    int n_prompt;         /* of MODEL: tokens of the prompt; of them, those not computed anew; */
    int n_reused;
    int n_passes; /* passes through the model after it, for labels that begin alike */
    double ms;
} ingle_intent_result;

INGLE_API ingle_intent_options ingle_intent_options_default(void);

/* The labels' part of the work is done once and kept with the tasks: ask one set after another, not
 * by turns. INVALID for text or labels that are no UTF-8, and for labels that are empty, fewer than
 * two or alike; NOT_FOUND, saying what is missing, if there is nothing to answer with;
 * CONTEXT_FULL, naming both counts, if labels and text do not fit; CANCELLED. */
INGLE_API INGLE_NODISCARD ingle_status ingle_intent(ingle_tasks *tasks,
                                                    const ingle_intent_options *opt,
                                                    const char *text, size_t len,
                                                    ingle_intent_result *result, ingle_error *err);

#ifdef __cplusplus
}
#endif

#endif
