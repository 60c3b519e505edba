#include "task/rewrite.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "task/rewrite_check.h"
#include "task/rewrite_plan.h"
#include "task/rewrite_prompts.h"
#include "task/sentences.h"

#define MAX_ANSWER ((size_t)4 << 20)
#define N_TRIES 2

struct rewriter {
    struct ingle_tasks *t;
    const struct rewrite_model *model;
    const ingle_rewrite_options *opt;
    ingle_rewrite_result result;
    const char *text;
    size_t len;
    size_t at; /* the text before it was passed on */
    /* Kept from unit to unit for their storage. */
    struct buf system, passage, answer, made, problem, whole, kept;
};

static ingle_status stopped(ingle_error *err) {
    return status_set(err, INGLE_CANCELLED, 0, "Interrupted.");
}

static ingle_status pass_on(struct rewriter *w, const char *text, size_t len, ingle_error *err) {
    if (len == 0 || !w->opt->on_text || w->opt->on_text(text, len, w->opt->user)) return INGLE_OK;
    return stopped(err);
}

/* One question about a passage, with what was wrong the last time. */
static ingle_status ask(struct rewriter *w, const char *passage, size_t len, int try,
                        bool *is_too_long, ingle_error *err) {
    buf_reset(&w->system);
    rewrite_system_prompt(&w->system, w->opt->manner, w->opt->instruction,
                          try > 0 && w->problem.size ? w->problem.data : NULL);
    if (buf_failed(&w->system)) return status_no_memory(err, "the prompt", w->system.size);
    struct ask q = {.system = w->system.data, .text = passage, .len = len, .seed = (uint64_t)try};
    if (try > 0) q.more_temperature = 0.3f;
    size_t n_tokens, n_text, n_ctx;
    INGLE_TRY(w->model->count(w->model->user, &q, &n_tokens, &n_text, &n_ctx, err));
    size_t wanted = n_text * 3 / 2 + 48;
    *is_too_long = n_tokens + n_text + 16 > n_ctx;
    if (*is_too_long) return INGLE_OK;
    if (n_tokens + wanted > n_ctx) wanted = n_ctx - n_tokens;
    q.max_tokens = wanted > 1 << 20 ? 1 << 20 : (int)wanted;
    buf_reset(&w->answer);
    ingle_stop_reason reason;
    INGLE_TRY(w->model->ask(w->model->user, &q, &w->answer, &reason, err));
    buf_reset(&w->problem);
    if (reason == INGLE_STOP_LENGTH || reason == INGLE_STOP_LOOP) {
        buf_add_str(&w->problem, reason == INGLE_STOP_LOOP ? "went round in circles."
                                                           : "did not come to an end.");
    }
    return INGLE_OK;
}

/* Makes *made of a passage that fits the context, or says in *problem why not. */
static ingle_status rewrite_passage(struct rewriter *w, const char *passage, size_t len,
                                    bool *is_too_long, ingle_error *err) {
    struct rewrite_rules rules = {.manner = w->opt->manner,
                                  .instruction = w->opt->instruction,
                                  .max_changed = (double)w->opt->max_changed,
                                  .tagger = w->t->options.tagger};
    buf_reset(&w->problem);
    for (int try = 0; try < N_TRIES; try++) {
        INGLE_TRY(ask(w, passage, len, try, is_too_long, err));
        if (*is_too_long) return INGLE_OK;
        if (w->problem.size == 0) {
            rewrite_clean(&w->answer, passage, len);
            INGLE_TRY(rewrite_check(&rules, passage, len, &w->answer, &w->problem, err));
        }
        if (w->problem.size == 0) {
            buf_add(&w->made, w->answer.data, w->answer.size);
            return INGLE_OK;
        }
        w->result.n_retried += try == 0;
    }
    return INGLE_OK;
}

/* A passage that does not fit: its sentences, as many at a time as do. One that fails stays as it
 * was, alone. */
static ingle_status rewrite_parts(struct rewriter *w, const char *passage, size_t len,
                                  ingle_error *err) {
    struct sentence *sentences;
    size_t n, first = 0, group = 16;
    INGLE_TRY(sentences_split(passage, len, &sentences, &n, err));
    ingle_status status = INGLE_OK;
    buf_reset(&w->kept);
    while (status == INGLE_OK && first < n) {
        size_t last = first + group < n ? first + group : n;
        size_t from = sentences[first].range.from, to = sentences[last - 1].range.to;
        bool is_too_long = false;
        size_t before = w->made.size;
        status = rewrite_passage(w, passage + from, to - from, &is_too_long, err);
        if (status != INGLE_OK) break;
        if (is_too_long && group > 1) {
            group /= 2;
            continue;
        }
        if (is_too_long)
            buf_add_str(&w->problem, "has no room: a sentence is too long for the context.");
        if (w->problem.size > 0) {
            w->made.size = before;
            buf_add(&w->made, passage + from, to - from);
            if (w->kept.size == 0) buf_add(&w->kept, w->problem.data, w->problem.size);
        }
        if (last < n) buf_add_str(&w->made, " ");
        first = last;
    }
    mem_free(sentences);
    buf_reset(&w->problem);
    if (w->kept.size > 0) buf_add(&w->problem, w->kept.data, w->kept.size);
    return status;
}

/* Tells what became of a unit and passes its text on. */
static ingle_status finish(struct rewriter *w, const struct rewrite_unit *unit, bool is_changed,
                           ingle_error *err) {
    ingle_rewrite_block b = {.from = unit->from, .to = unit->to, .line = unit->line};
    b.text = w->text + unit->from;
    b.len = unit->to - unit->from;
    char why[512];
    if (w->problem.size > 0) {
        snprintf(why, sizeof why, "The model's answer %s", w->problem.data);
        b.kept_because = why;
        w->result.n_kept++;
    }
    if (is_changed) {
        buf_reset(&w->whole);
        rewrite_unit_wrap(unit, w->text, w->made.data, w->made.size, &w->whole);
        if (buf_failed(&w->whole)) return status_no_memory(err, "a block", w->whole.size);
        b.text = w->whole.data;
        b.len = w->whole.size;
        w->result.n_changed++;
    }
    INGLE_TRY(pass_on(w, w->text + w->at, unit->from - w->at, err));
    w->at = unit->to;
    INGLE_TRY(pass_on(w, b.text, b.len, err));
    if (w->opt->on_block && !w->opt->on_block(&b, w->opt->user)) return stopped(err);
    return INGLE_OK;
}

static ingle_status rewrite_unit(struct rewriter *w, const struct rewrite_unit *unit,
                                 ingle_error *err) {
    buf_reset(&w->passage);
    buf_reset(&w->made);
    rewrite_unit_flat(unit, w->text, &w->passage);
    if (buf_failed(&w->passage)) return status_no_memory(err, "a block", unit->to - unit->from);
    bool is_too_long = false;
    w->result.n_blocks++;
    INGLE_TRY(rewrite_passage(w, w->passage.data, w->passage.size, &is_too_long, err));
    if (is_too_long) INGLE_TRY(rewrite_parts(w, w->passage.data, w->passage.size, err));
    if (buf_failed(&w->made)) return status_no_memory(err, "a block", w->made.size);
    bool is_changed =
        w->made.size > 0 && (w->made.size != w->passage.size ||
                             memcmp(w->made.data, w->passage.data, w->made.size) != 0);
    return finish(w, unit, is_changed, err);
}

static ingle_status rewrite_units(struct rewriter *w, const struct rewrite_plan *plan,
                                  ingle_error *err) {
    for (size_t i = 0; i < plan->n; i++) {
        char step[64];
        snprintf(step, sizeof step, "block %zu of %zu", i + 1, plan->n);
        INGLE_TRY(task_progress(w->t, w->opt->on_progress, w->opt->user, step, i, plan->n, err));
        INGLE_TRY(rewrite_unit(w, &plan->units[i], err));
    }
    return pass_on(w, w->text + w->at, w->len - w->at, err);
}

ingle_status rewrite_with(struct ingle_tasks *t, const struct rewrite_model *model,
                          const char *text, size_t len, const ingle_rewrite_options *opt,
                          ingle_rewrite_result *result, ingle_error *err) {
    struct rewrite_plan plan;
    struct rewriter w = {.t = t, .model = model, .opt = opt, .text = text, .len = len};
    struct buf *bufs[] = {&w.system, &w.passage, &w.answer, &w.made, &w.problem, &w.whole, &w.kept};
    for (size_t i = 0; i < BASE_COUNT(bufs); i++) buf_init(bufs[i], MAX_ANSWER + len);
    INGLE_TRY(rewrite_plan_new(&plan, text, len, opt->manner, err));
    ingle_status status = rewrite_units(&w, &plan, err);
    for (size_t i = 0; i < BASE_COUNT(bufs); i++) buf_clear(bufs[i]);
    rewrite_plan_clear(&plan);
    if (result) *result = w.result;
    return status;
}

/* ---- the public side ---- */

static ingle_status ask_it(void *user, const struct ask *q, struct buf *answer,
                           ingle_stop_reason *reason, ingle_error *err) {
    return ask_model(user, q, answer, reason, err);
}

static ingle_status count_it(void *user, const struct ask *q, size_t *n_tokens, size_t *n_text,
                             size_t *n_ctx, ingle_error *err) {
    INGLE_TRY(ask_count(user, q, n_tokens, n_ctx, err));
    return ask_count_text(user, q->text, q->len, n_text, err);
}

ingle_rewrite_options ingle_rewrite_options_default(void) {
    return (ingle_rewrite_options){.size = sizeof(ingle_rewrite_options), .max_changed = 0.4f};
}

ingle_status ingle_rewrite(ingle_tasks *tasks, const char *text, size_t len,
                           const ingle_rewrite_options *opt, ingle_rewrite_result *result,
                           ingle_error *err) {
    ingle_rewrite_options options = ingle_rewrite_options_default();
    INGLE_TRY(task_need(tasks, "tasks", err));
    if (len > 0) INGLE_TRY(task_need(text, "text", err));
    INGLE_TRY(task_read_options(&options, opt, sizeof options, "ingle_rewrite_options", err));
    if (options.manner > INGLE_REWRITE_FREE ||
        (options.manner == INGLE_REWRITE_FREE &&
         (!options.instruction || !options.instruction[0]))) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The manner of a rewriting must be one of ingle_rewrite_manner, and FREE "
                          "needs an instruction.");
    }
    if (result) *result = (ingle_rewrite_result){0};
    INGLE_TRY(task_check_text(text ? text : "", len, "The text", err));
    INGLE_TRY(ask_prepare(tasks, err));
    struct rewrite_model model = {.ask = ask_it, .count = count_it, .user = tasks};
    return rewrite_with(tasks, &model, text ? text : "", len, &options, result, err);
}
