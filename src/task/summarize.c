#include "ingle/summarize.h"

#include <stdio.h>
#include <string.h>

#include "task/ask.h"
#include "task/summarize_ask.h"
#include "task/summarize_extract.h"
#include "task/summarize_plan.h"

#define MAX_SUMMARY ((size_t)16 << 20)
#define MAX_LEVELS                                                                                 \
    16 /* of summaries of summaries: each is less than three quarters of the last                  \
        */

ingle_summarize_options ingle_summarize_options_default(void) {
    return (ingle_summarize_options){.size = sizeof(ingle_summarize_options),
                                     .style = INGLE_SUMMARY_PROSE,
                                     .length = INGLE_SUMMARY_MEDIUM};
}

/* A text on its way to one summary. */
struct work {
    struct summary_asker asker;
    const ingle_summarize_options *options;
    ingle_summary_result *result;
    const char *text;
    size_t len;
    struct summary_form form, part_form; /* of the summary, of those of parts */
    struct faithful_source *source;      /* the whole text */
    size_t n_done, n_all;                /* questions */
};

static ingle_status count_tokens(const char *text, size_t len, size_t *n, void *user,
                                 ingle_error *err) {
    return ask_count_text(user, text, len, n, err);
}

static ingle_status tell(struct work *w, const char *step, ingle_error *err) {
    return task_progress(w->asker.t, w->options->on_progress, w->options->user, step, w->n_done,
                         w->n_all, err);
}

/* The summary itself: of the text, or of the summaries of its parts. */
static ingle_status ask_for_all(struct work *w, enum summary_step step, const char *text,
                                size_t len, struct buf *out, ingle_error *err) {
    INGLE_TRY(tell(w, step == SUMMARY_WHOLE ? "reading" : "putting it together", err));
    struct summary_question q = {.step = step,
                                 .form = w->form,
                                 .text = text,
                                 .len = len,
                                 .source = w->source,
                                 .own = w->text,
                                 .own_len = w->len};
    return summary_ask(&w->asker, &q, out, &w->result->was_replaced, err);
}

/* A summary of one part, after those of the parts before it in *joined. */
static ingle_status ask_for_part(struct work *w, enum summary_step step, const char *text,
                                 size_t len, struct buf *joined, ingle_error *err) {
    struct summary_question q = {.step = step,
                                 .form = w->part_form,
                                 .text = text,
                                 .len = len,
                                 .source = w->source,
                                 .own = text,
                                 .own_len = len};
    struct faithful_source *own = NULL;
    if (step == SUMMARY_PART) {
        INGLE_TRY(faithful_source_new(&own, text, len, w->asker.t->options.tagger, err));
        q.source = own;
    }
    struct buf out;
    buf_init(&out, MAX_SUMMARY);
    bool was_replaced;
    ingle_status status = summary_ask(&w->asker, &q, &out, &was_replaced, err);
    if (status ==
        INGLE_INVALID) { /* a part without a sentence, like a long table: it says nothing */
        w->result->n_silent++;
        status = INGLE_OK;
        buf_reset(&out);
    }
    if (status == INGLE_OK && out.size) {
        if (joined->size) buf_add_str(joined, "\n\n");
        buf_add(joined, out.data, out.size);
        if (buf_failed(joined)) status = status_no_memory(err, "the summaries", joined->size);
    }
    buf_clear(&out);
    faithful_source_free(own);
    return status;
}

/* Summaries of all parts of a text, one after another. */
static ingle_status ask_for_parts(struct work *w, enum summary_step step, const char *text,
                                  const struct plan *plan, struct buf *joined, ingle_error *err) {
    for (size_t i = 0; i < plan->n_parts; i++) {
        const struct plan_part *part = &plan->parts[i];
        char name[64];
        snprintf(name, sizeof name, "%s %zu of %zu", step == SUMMARY_PART ? "part" : "joining",
                 i + 1, plan->n_parts);
        INGLE_TRY(tell(w, name, err));
        INGLE_TRY(ask_for_part(w, step, text + part->from, part->to - part->from, joined, err));
        w->n_done++;
    }
    return INGLE_OK;
}

static ingle_status make_plan(struct work *w, struct plan *plan, const char *text, size_t len,
                              bool overlaps, ingle_error *err) {
    size_t n_text = w->asker.n_text;
    struct plan_limits limits = {.n_tokens = n_text, .n_overlap = overlaps ? n_text / 16 : 0};
    return plan_make(plan, text, len, &limits, count_tokens, w->asker.t, err);
}

/* Questions that will follow those about n parts: about their summaries, if these are as long as
 * they may be, until one question holds them. */
static size_t questions_above(const struct work *w, size_t n_parts) {
    size_t n = 1;
    while (n_parts * w->asker.n_answer > w->asker.n_text) {
        n_parts = (n_parts * w->asker.n_answer + w->asker.n_text - 1) / w->asker.n_text;
        n += n_parts;
    }
    return n;
}

/* Summaries of the parts, then of those, until they fit one question. */
static ingle_status climb(struct work *w, struct plan *plan, struct buf *out, ingle_error *err) {
    struct buf level, next;
    buf_init(&level, MAX_SUMMARY);
    buf_init(&next, MAX_SUMMARY);
    size_t n_before = plan->n_tokens;
    w->result->n_parts = plan->n_parts;
    w->n_all = plan->n_parts + questions_above(w, plan->n_parts);
    ingle_status status = ask_for_parts(w, SUMMARY_PART, w->text, plan, &level, err);
    for (int i = 0; status == INGLE_OK; i++) {
        plan_clear(plan);
        if (level.size == 0) {
            status = status_set(err, INGLE_INVALID, 0, "There is no sentence to summarise.");
            break;
        }
        status = make_plan(w, plan, level.data, level.size, false, err);
        if (status != INGLE_OK) break;
        if (plan->n_parts <= 1) {
            w->n_all = w->n_done + 1;
            status = ask_for_all(w, SUMMARY_MERGE, level.data, level.size, out, err);
            break;
        }
        if (i == MAX_LEVELS || plan->n_tokens > n_before / 4 * 3) {
            /* They do not get shorter: the text's own sentences say it. */
            w->result->n_replaced++;
            w->result->was_replaced = true;
            status = summary_extract(w->asker.t, w->text, w->len, &w->form, w->options, out, err);
            break;
        }
        n_before = plan->n_tokens;
        w->n_all = w->n_done + plan->n_parts + questions_above(w, plan->n_parts);
        buf_reset(&next);
        status = ask_for_parts(w, SUMMARY_MERGE, level.data, plan, &next, err);
        struct buf swapped = level;
        level = next;
        next = swapped;
    }
    buf_clear(&level);
    buf_clear(&next);
    return status;
}

static ingle_status generate(struct work *w, struct ingle_tasks *t, struct buf *out,
                             ingle_error *err) {
    struct summary_form forms[] = {w->form, w->part_form};
    struct plan plan = {0};
    ingle_status status = summary_asker_init(&w->asker, t, w->options, w->result, forms, 2, err);
    if (status == INGLE_OK) {
        status = faithful_source_new(&w->source, w->text, w->len, t->options.tagger, err);
    }
    if (status == INGLE_OK) status = make_plan(w, &plan, w->text, w->len, true, err);
    w->result->n_parts = w->n_all = 1;
    if (status == INGLE_OK && plan.n_parts > 1) {
        status = climb(w, &plan, out, err);
    } else if (status == INGLE_OK) {
        status = ask_for_all(w, SUMMARY_WHOLE, w->text, w->len, out, err);
    }
    plan_clear(&plan);
    faithful_source_free(w->source);
    summary_asker_clear(&w->asker);
    return status;
}

static ingle_status check(const struct ingle_tasks *t, const char *text, size_t len,
                          const ingle_summarize_options *o, ingle_error *err) {
    INGLE_TRY(task_need(t, "tasks", err));
    if (len) INGLE_TRY(task_need(text, "text", err));
    INGLE_TRY(task_check_text(text, len, "The text", err));
    if ((unsigned)o->style > INGLE_SUMMARY_TLDR || (unsigned)o->length > INGLE_SUMMARY_LONG) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "There is no summary of style %d, length %d.",
                          (int)o->style, (int)o->length);
    }
    return INGLE_OK;
}

ingle_status ingle_summarize(ingle_tasks *tasks, const char *text, size_t len,
                             const ingle_summarize_options *opt, ingle_summary_result *result,
                             ingle_error *err) {
    ingle_summarize_options options = ingle_summarize_options_default();
    INGLE_TRY(task_read_options(&options, opt, sizeof options, "ingle_summarize_options", err));
    INGLE_TRY(check(tasks, text, len, &options, err));
    ingle_summary_result unasked = {0}, *r = result ? result : &unasked;
    *r = (ingle_summary_result){.n_parts = 1};
    struct work w = {.options = &options,
                     .result = r,
                     .text = len ? text : "",
                     .len = len,
                     .form = summary_form(options.style, options.length),
                     .part_form = summary_form(INGLE_SUMMARY_PROSE, INGLE_SUMMARY_MEDIUM)};
    struct buf out;
    buf_init(&out, MAX_SUMMARY);
    ingle_status status;
    if (options.extractive || !tasks->options.model) {
        r->is_extractive = true;
        status = summary_extract(tasks, w.text, len, &w.form, &options, &out, err);
    } else {
        status = generate(&w, tasks, &out, err);
        r->is_extractive = r->was_replaced;
    }
    if (status == INGLE_OK && options.on_text &&
        !options.on_text(out.data ? out.data : "", out.size, options.user)) {
        status = status_set(err, INGLE_CANCELLED, 0, "Interrupted.");
    }
    buf_clear(&out);
    return status;
}
