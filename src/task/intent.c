/* ingle_intent(): which way, the labels checked and prepared once, scores to confidences. */
#include "ingle/intent.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/hash.h"
#include "task/ask.h"
#include "task/intent_encoder.h"
#include "task/intent_model.h"

#define HASH_SEED 29
#define MAX_NAME 256 /* bytes */

ingle_intent_options ingle_intent_options_default(void) {
    return (ingle_intent_options){.size = sizeof(ingle_intent_options), .temperature = 1};
}

/* ---- which way ---- */

static ingle_status choose_way(const struct ingle_tasks *t, const ingle_intent_options *opt,
                               ingle_intent_way *way, ingle_error *err) {
    const ingle_tasks_options *has = &t->options;
    *way = opt->way;
    if (*way == INGLE_INTENT_AUTO) {
        *way = has->model ? INGLE_INTENT_MODEL : INGLE_INTENT_ENCODER;
        if (opt->n_labels == 0) *way = INGLE_INTENT_PACK;
    }
    if ((unsigned)*way > INGLE_INTENT_ENCODER) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "The way %d is none.", (int)*way);
    }
    if ((*way == INGLE_INTENT_PACK) != (opt->n_labels == 0)) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The classifier has labels of its own; the model and the encoder need "
                          "some.");
    }
    if (*way == INGLE_INTENT_PACK && !has->intents) {
        return status_set(err, INGLE_NOT_FOUND, 0,
                          "There is no classifier here: give labels, or a pack.");
    }
    if (*way == INGLE_INTENT_MODEL && !has->model) {
        return status_set(err, INGLE_NOT_FOUND, 0,
                          "This needs a language model, and none is given: name one with -m.");
    }
    if (*way == INGLE_INTENT_ENCODER && !has->encoder) {
        return status_set(err, INGLE_NOT_FOUND, 0,
                          "Labels of your own need a language model (-m MODEL) or a sentence "
                          "encoder, and this build has none.");
    }
    return INGLE_OK;
}

/* ---- labels ---- */

static ingle_status check_string(const char *text, const char *what, const char *label,
                                 ingle_error *err) {
    char named[MAX_NAME + 32];
    (void)snprintf(named, sizeof named, "%s of the label '%.60s'", what, label);
    return task_check_text(text, strlen(text), named, err);
}

static ingle_status check_label(const ingle_label *label, size_t i, ingle_error *err) {
    size_t len = strlen(label->name);
    if (len == 0 || len > MAX_NAME || strpbrk(label->name, "\r\n")) {
        return status_set(err, INGLE_INVALID, i,
                          "Label %zu is %s: a label is a line of 1 to %d bytes.", i + 1,
                          len == 0         ? "empty"
                          : len > MAX_NAME ? "too long"
                                           : "several lines",
                          MAX_NAME);
    }
    INGLE_TRY(check_string(label->name, "The name", label->name, err));
    if (label->description) {
        INGLE_TRY(check_string(label->description, "The description", label->name, err));
    }
    for (size_t j = 0; j < label->n_examples; j++) {
        INGLE_TRY(check_string(label->examples[j], "An example", label->name, err));
    }
    return INGLE_OK;
}

/* What must be known before the labels are looked at in any way. */
static ingle_status check_pointers(const ingle_intent_options *opt, ingle_error *err) {
    INGLE_TRY(task_need(opt->labels, "labels", err));
    if (opt->n_labels < 2 || opt->n_labels > INGLE_LABELS_MAX) {
        return status_set(err, opt->n_labels < 2 ? INGLE_INVALID : INGLE_LIMIT, 0,
                          "There %s %zu label%s; a choice needs 2 to %d.",
                          opt->n_labels == 1 ? "is" : "are", opt->n_labels,
                          opt->n_labels == 1 ? "" : "s", INGLE_LABELS_MAX);
    }
    for (size_t i = 0; i < opt->n_labels; i++) {
        const ingle_label *label = &opt->labels[i];
        INGLE_TRY(task_need(label->name, "the name of a label", err));
        if (label->n_examples > 0) {
            INGLE_TRY(task_need((const void *)label->examples, "examples", err));
        }
        for (size_t j = 0; j < label->n_examples; j++) {
            INGLE_TRY(task_need(label->examples[j], "an example", err));
        }
    }
    return INGLE_OK;
}

static ingle_status check_labels(const ingle_intent_options *opt, ingle_error *err) {
    for (size_t i = 0; i < opt->n_labels; i++) {
        INGLE_TRY(check_label(&opt->labels[i], i, err));
        for (size_t j = 0; j < i; j++) {
            if (strcmp(opt->labels[i].name, opt->labels[j].name) != 0) continue;
            return status_set(err, INGLE_INVALID, i, "The label '%.60s' is there twice.",
                              opt->labels[i].name);
        }
    }
    return INGLE_OK;
}

/* With the NUL, so that joints count. */
static uint64_t hash_string(uint64_t h, const char *text) {
    return hash_bytes(h, text ? text : "", text ? strlen(text) + 1 : 0);
}

static uint64_t identity_of(const ingle_intent_options *opt, ingle_intent_way way) {
    uint64_t h = HASH_SEED + (uint64_t)way * 2 + opt->must_choose;
    for (size_t i = 0; i < opt->n_labels; i++) {
        const ingle_label *label = &opt->labels[i];
        h = hash_string(hash_string(h, label->name), label->description);
        for (size_t j = 0; j < label->n_examples; j++) h = hash_string(h, label->examples[j]);
        h = hash_u64(h, label->n_examples);
    }
    return h ? h : 1;
}

/* The label that stands for none of these: the caller's own of that name, or one more. */
static size_t none_label(const ingle_intent_options *opt) {
    for (size_t i = 0; i < opt->n_labels; i++) {
        if (strcmp(opt->labels[i].name, INGLE_LABEL_NONE) == 0) return i;
    }
    return opt->must_choose ? SIZE_MAX : opt->n_labels;
}

static ingle_status prepare(struct ingle_tasks *t, const ingle_intent_options *opt,
                            ingle_intent_way way, ingle_error *err) {
    INGLE_TRY(check_pointers(opt, err));
    uint64_t identity = identity_of(opt, way);
    if (t->labels && t->labels->identity == identity) return INGLE_OK;
    INGLE_TRY(check_labels(opt, err));
    if (!t->labels) t->labels = mem_calloc(1, sizeof *t->labels);
    if (!t->labels) return status_no_memory(err, "the labels", sizeof *t->labels);
    struct intent_set *set = t->labels;
    intent_set_clear(set);
    set->n = opt->n_labels + (none_label(opt) == opt->n_labels);
    const char **names = mem_calloc(set->n, sizeof *names);
    if (!names) return status_no_memory(err, "the labels", set->n * sizeof *names);
    for (size_t i = 0; i < set->n; i++) {
        names[i] = i < opt->n_labels ? opt->labels[i].name : INGLE_LABEL_NONE;
    }
    ingle_status status = way == INGLE_INTENT_MODEL ? intent_model_prepare(t, set, opt, names, err)
                                                    : intent_encoder_prepare(t, set, opt, err);
    mem_free(names);
    if (status != INGLE_OK)
        intent_set_clear(set);
    else
        set->identity = identity;
    return status;
}

void task_forget_labels(struct ingle_tasks *t) {
    if (t->labels) intent_set_clear(t->labels);
    mem_free(t->labels);
    t->labels = NULL;
}

/* ---- scores to an answer ---- */

static void softmax(float *scores, size_t n, float temperature) {
    float max = -INFINITY, sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (scores[i] > max) max = scores[i];
    }
    for (size_t i = 0; i < n; i++) {
        scores[i] = expf((scores[i] - max) / temperature);
        sum += scores[i];
    }
    for (size_t i = 0; i < n; i++) scores[i] /= sum;
}

/* The likeliest labels, none of these left out; of equals the first. */
static size_t write_top(const float *p, size_t n, size_t none, ingle_class *top, size_t n_top) {
    size_t n_written = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == none) continue;
        size_t at = n_written;
        while (at > 0 && top[at - 1].confidence < p[i]) at--;
        if (at == n_top) continue;
        if (n_written < n_top) n_written++;
        memmove(top + at + 1, top + at, (n_written - at - 1) * sizeof *top);
        top[at] = (ingle_class){.label = i, .confidence = p[i]};
    }
    return n_written;
}

static ingle_status by_labels(struct ingle_tasks *t, const ingle_intent_options *opt,
                              const char *text, size_t len, ingle_intent_result *result,
                              ingle_error *err) {
    INGLE_TRY(prepare(t, opt, result->way, err));
    const struct intent_set *set = t->labels;
    float *p = mem_calloc(set->n, sizeof *p);
    if (!p) return status_no_memory(err, "the labels", set->n * sizeof *p);
    ingle_status status = result->way == INGLE_INTENT_MODEL
                              ? intent_model_score(t, set, text, len, p, result, err)
                              : intent_encoder_score(t, set, text, len, p, err);
    if (status == INGLE_OK) {
        size_t none = none_label(opt);
        ingle_class best = {0};
        for (size_t i = 0; set->prior && i < set->n; i++) p[i] -= set->prior[i];
        softmax(p, set->n, opt->temperature);
        (void)write_top(p, set->n, none, &best, 1);
        result->label = best.label;
        result->is_none = none < set->n && p[none] >= best.confidence;
        result->confidence = result->is_none ? p[none] : best.confidence;
        result->n = write_top(p, set->n, none, opt->top, opt->n_top);
    }
    mem_free(p);
    return status;
}

static ingle_status by_pack(const struct ingle_tasks *t, const ingle_intent_options *opt,
                            const char *text, size_t len, ingle_intent_result *result,
                            ingle_error *err) {
    ingle_class best;
    ingle_classification c;
    INGLE_TRY(ingle_classify(t->options.intents, text, len, &best, 1, &c, err));
    result->label = best.label;
    result->is_none = c.is_none;
    result->confidence = c.confidence;
    if (opt->n_top == 0) return INGLE_OK;
    INGLE_TRY(ingle_classify(t->options.intents, text, len, opt->top, opt->n_top, &c, err));
    result->n = c.n;
    return INGLE_OK;
}

ingle_status ingle_intent(ingle_tasks *tasks, const ingle_intent_options *opt, const char *text,
                          size_t len, ingle_intent_result *result, ingle_error *err) {
    double start = clock_ms();
    ingle_intent_options options = ingle_intent_options_default();
    INGLE_TRY(task_need(tasks, "tasks", err));
    INGLE_TRY(task_need(result, "result", err));
    *result = (ingle_intent_result){0};
    INGLE_TRY(task_read_options(&options, opt, sizeof options, "ingle_intent_options", err));
    if (len > 0) INGLE_TRY(task_need(text, "text", err));
    if (options.n_top > 0) INGLE_TRY(task_need(options.top, "top", err));
    if (!(options.temperature > 0) || !isfinite(options.temperature)) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The option temperature must be a number above 0.");
    }
    INGLE_TRY(choose_way(tasks, &options, &result->way, err));
    INGLE_TRY(task_check_text(len ? text : "", len, "The text", err));
    INGLE_TRY(task_begin(tasks, err));
    ingle_status status = result->way == INGLE_INTENT_PACK
                              ? by_pack(tasks, &options, len ? text : "", len, result, err)
                              : by_labels(tasks, &options, len ? text : "", len, result, err);
    task_end(tasks);
    if (status == INGLE_CANCELLED) {
        atomic_store(&tasks->is_cancelled, false);
        status = status_set(err, INGLE_CANCELLED, 0, "Interrupted.");
    }
    result->ms = clock_ms() - start;
    return status;
}
