/* ingle_complete(): the parts of the prompt, each within its share of the budget, then the text. */
#include "ingle/complete.h"

#include <stddef.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "task/ask.h"
#include "task/complete_budget.h"
#include "task/complete_end.h"
#include "task/complete_near.h"
#include "task/complete_prompt.h"

#define DEFAULT_TOKENS 128
#define DEFAULT_PROMPT 2048
#define MIN_BUDGET 16

struct completing {
    struct ingle_tasks *t;
    const ingle_complete_file *file;
    size_t at;
    const ingle_complete_options *opt;
    ingle_complete_result *result;
    const struct code_language *language;
    struct fim_prompt prompt;
    struct fim_piece pieces[INGLE_COMPLETE_MAX_PIECES];
    struct near_piece near[INGLE_COMPLETE_MAX_PIECES];
    size_t n_pieces;
    struct budget_cut before, after; /* after: of the text that follows */
    struct completion end;
    size_t n_told; /* bytes that on_text had */
    bool stopped;  /* it said so */
};

ingle_complete_options ingle_complete_options_default(void) {
    return (ingle_complete_options){.size = sizeof(ingle_complete_options),
                                    .max_tokens = DEFAULT_TOKENS,
                                    .max_prompt = DEFAULT_PROMPT};
}

const char *ingle_complete_reason_name(ingle_complete_reason reason) {
    static const char *const names[] = {
        [INGLE_COMPLETE_END] = "end",        [INGLE_COMPLETE_AT_LINE] = "line",
        [INGLE_COMPLETE_AT_BLOCK] = "block", [INGLE_COMPLETE_BRACKET] = "bracket",
        [INGLE_COMPLETE_REPEAT] = "repeat",  [INGLE_COMPLETE_LENGTH] = "length",
        [INGLE_COMPLETE_LOOP] = "loop"};
    return (unsigned)reason < BASE_COUNT(names) ? names[reason] : "";
}

/* ---- arguments ---- */

static ingle_status check_file(const ingle_complete_file *file, const char *what,
                               ingle_error *err) {
    INGLE_TRY(task_need(file->name, "the name of a file", err));
    if (file->len > 0) INGLE_TRY(task_need(file->text, "the text of a file", err));
    return task_check_text(file->text, file->len, what, err);
}

static ingle_status check(const struct completing *c, ingle_error *err) {
    const ingle_complete_options *opt = c->opt;
    INGLE_TRY(check_file(c->file, c->file->name ? c->file->name : "", err));
    if (c->at > c->file->len ||
        (c->at < c->file->len && ((unsigned char)c->file->text[c->at] & 0xc0) == 0x80)) {
        return status_set(err, INGLE_BAD_ARGUMENT, c->at,
                          "Byte %zu is no place in '%s': the file has %zu bytes, and a place is "
                          "not inside of a character.",
                          c->at, c->file->name, c->file->len);
    }
    if (opt->extent != INGLE_COMPLETE_BLOCK && opt->extent != INGLE_COMPLETE_LINE) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0, "The extent %d is none.", (int)opt->extent);
    }
    if (opt->max_tokens < 1 || opt->max_prompt < 0) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The option max_tokens is %d and max_prompt %d; they must be 1 or more, "
                          "and 0 or more.",
                          opt->max_tokens, opt->max_prompt);
    }
    if (opt->n_others > 0) INGLE_TRY(task_need(opt->others, "others", err));
    for (size_t i = 0; i < opt->n_others; i++) {
        INGLE_TRY(check_file(&opt->others[i], opt->others[i].name, err));
    }
    return INGLE_OK;
}

/* ---- the prompt ---- */

/* Tokens for all parts of the prompt together. */
static ingle_status find_budget(struct completing *c, ingle_error *err) {
    size_t n_ctx = (size_t)ingle_session_n_ctx(c->t->session);
    size_t taken = (size_t)c->opt->max_tokens + FIM_PROMPT_CONTROLS;
    if (n_ctx < taken + MIN_BUDGET) {
        return status_set(err, INGLE_CONTEXT_FULL, 0,
                          "The context holds %zu tokens; a completion of %d and its prompt need "
                          "%zu at least.",
                          n_ctx, c->opt->max_tokens, taken + MIN_BUDGET);
    }
    size_t budget = n_ctx - taken, most = (size_t)c->opt->max_prompt;
    if (most > 0 && budget > most) budget = most > MIN_BUDGET ? most : MIN_BUDGET;
    c->result->n_budget = (int)budget;
    return INGLE_OK;
}

/* Of the pieces that were found, those that fit. Nothing is taken for those that do not. */
static ingle_status choose_pieces(struct completing *c, const struct near_piece *found, size_t n,
                                  size_t budget, ingle_error *err) {
    const char *comment = c->language->line_comment;
    size_t used;
    INGLE_TRY(fim_prompt_count_head(&c->prompt, comment, c->file->name, &used, err));
    if (c->opt->repository) used += strlen(c->opt->repository) + 2;
    for (size_t i = 0; i < n && c->n_pieces < INGLE_COMPLETE_MAX_PIECES; i++) {
        const ingle_complete_file *file = &c->opt->others[found[i].file];
        size_t head, body;
        INGLE_TRY(fim_prompt_count_head(&c->prompt, comment, file->name, &head, err));
        INGLE_TRY(fim_prompt_count(&c->prompt, file->text + found[i].from,
                                   found[i].to - found[i].from, &body, err));
        if (used + head + body > budget) {
            if (budget < used + 64) break;
            continue;
        }
        used += head + body;
        c->near[c->n_pieces++] = found[i];
    }
    near_order(c->near, c->n_pieces, c->opt->others);
    for (size_t i = 0; i < c->n_pieces; i++) {
        const ingle_complete_file *file = &c->opt->others[c->near[i].file];
        c->pieces[i] = (struct fim_piece){.name = file->name,
                                          .text = file->text + c->near[i].from,
                                          .len = c->near[i].to - c->near[i].from};
    }
    return INGLE_OK;
}

static ingle_status find_pieces(struct completing *c, size_t budget, ingle_error *err) {
    struct near_question q = {.text = c->file->text,
                              .len = c->file->len,
                              .at = c->at,
                              .others = c->opt->others,
                              .n_others = c->opt->n_others,
                              .shown = c->t->shown,
                              .n_shown = c->t->n_shown};
    struct near_piece *found;
    size_t n;
    INGLE_TRY(near_find(&found, &n, &q, err));
    ingle_status status = choose_pieces(c, found, n, budget, err);
    mem_free(found);
    return status;
}

/* An eighth for what follows, a quarter for other files if there are any, the rest for what stands
 * before. What follows is computed anew at every key, since it stands behind what is typed: it gets
 * no more than that, however much is left. */
static ingle_status share(struct completing *c, ingle_error *err) {
    struct budget_counter counter = {fim_prompt_count, &c->prompt};
    size_t budget = (size_t)c->result->n_budget;
    size_t n_after = c->prompt.fills ? c->file->len - c->at : 0;
    size_t others = c->prompt.fills && c->opt->n_others > 0 ? budget / 4 : 0;
    INGLE_TRY(budget_after(&c->after, &counter, c->file->text + c->at, n_after, budget / 8, err));
    INGLE_TRY(budget_before(&c->before, &counter, c->file->text, c->at,
                            budget - others - c->after.n_tokens, err));
    return others > 0 ? find_pieces(c, others, err) : INGLE_OK;
}

static size_t line_number(const char *text, size_t at) {
    size_t line = 1;
    for (size_t i = 0; i < at; i++) line += text[i] == '\n';
    return line;
}

static void report_parts(struct completing *c) {
    ingle_complete_result *r = c->result;
    size_t last = c->at + c->after.to;
    r->fills_middle = c->prompt.fills;
    r->n_prompt = (int)c->prompt.n;
    r->n_prefix = (int)c->before.n_tokens;
    r->n_suffix = (int)c->after.n_tokens;
    r->is_line_cut = c->before.in_line || c->after.in_line;
    r->first_line = line_number(c->file->text, c->before.from);
    r->last_line = line_number(c->file->text, last > c->at ? last - 1 : last);
    r->n_pieces = c->n_pieces;
    c->t->n_shown = c->n_pieces;
    for (size_t i = 0; i < c->n_pieces; i++) {
        r->pieces[i] = (ingle_complete_piece){.file = c->near[i].file,
                                              .line = c->near[i].line,
                                              .n_lines = c->near[i].n_lines,
                                              .n_tokens = c->pieces[i].n_tokens};
        c->t->shown[i] = c->near[i].identity;
    }
}

static ingle_status make_prompt(struct completing *c, ingle_error *err) {
    INGLE_TRY(fim_prompt_init(&c->prompt, c->t->options.model, err));
    INGLE_TRY(find_budget(c, err));
    INGLE_TRY(share(c, err));
    struct fim_parts parts = {.repository = c->opt->repository,
                              .name = c->file->name,
                              .comment = c->language->line_comment,
                              .pieces = c->pieces,
                              .n_pieces = c->n_pieces,
                              .before = c->file->text + c->before.from,
                              .before_len = c->before.to - c->before.from,
                              .after = c->file->text + c->at,
                              .after_len = c->after.to};
    INGLE_TRY(fim_prompt_make(&c->prompt, &parts, err));
    report_parts(c);
    if (c->prompt.n > 0) return INGLE_OK;
    return status_set(err, INGLE_BAD_ARGUMENT, 0,
                      "There is nothing before the place in '%s', and this model, which cannot "
                      "fill in the middle, has no begin token to start from.",
                      c->file->name);
}

/* ---- the text ---- */

static bool tell(struct completing *c) {
    size_t size = completion_certain(&c->end);
    if (size <= c->n_told) return true;
    const char *text = c->end.text.data + c->n_told;
    size_t len = size - c->n_told;
    c->n_told = size;
    if (c->opt->on_text && !c->opt->on_text(text, len, c->opt->user)) c->stopped = true;
    return !c->stopped;
}

static bool on_text(const char *text, size_t len, void *user) {
    struct completing *c = user;
    bool more = completion_add(&c->end, text, len);
    return tell(c) && more;
}

/* A control token is no text of any file: what comes is another one. */
static bool on_token(const ingle_token_report *report, void *user) {
    const struct completing *c = user;
    return !ingle_token_is_control(c->t->options.model, report->token);
}

static ingle_complete_reason reason_of(ingle_stop_reason reason) {
    if (reason == INGLE_STOP_LENGTH) return INGLE_COMPLETE_LENGTH;
    return reason == INGLE_STOP_LOOP ? INGLE_COMPLETE_LOOP : INGLE_COMPLETE_END;
}

static ingle_status generate(struct completing *c, ingle_sampler *sampler, ingle_error *err) {
    for (size_t i = 0; i < c->prompt.n; i++) ingle_sampler_accept(sampler, c->prompt.ids[i]);
    size_t n_reused;
    double start = clock_ms();
    INGLE_TRY(ingle_session_prompt(c->t->session, c->prompt.ids, c->prompt.n, 0, &n_reused, err));
    c->result->prompt_ms = clock_ms() - start;
    c->result->n_reused = (int)n_reused;
    ingle_generate_options opt = ingle_generate_options_default();
    opt.max_tokens = c->opt->max_tokens;
    opt.on_text = on_text;
    opt.on_token = on_token;
    opt.user = c;
    ingle_generate_result made = {0};
    ingle_status status = ingle_session_generate(c->t->session, sampler, &opt, &made, err);
    c->result->n_tokens = made.n_tokens;
    if (status != INGLE_OK) return status;
    bool was_over = c->end.is_over;
    bool by_control = made.reason == INGLE_STOP_CANCEL && made.last != INGLE_TOKEN_NONE &&
                      ingle_token_is_control(c->t->options.model, made.last);
    if (c->stopped || (made.reason == INGLE_STOP_CANCEL && !was_over && !by_control)) {
        return status_set(err, INGLE_CANCELLED, 0, "Interrupted.");
    }
    completion_finish(&c->end, reason_of(made.reason));
    if (buf_failed(&c->end.text)) {
        return status_no_memory(err, "the completion", c->end.text.size);
    }
    if (!tell(c)) return status_set(err, INGLE_CANCELLED, 0, "Interrupted.");
    c->result->reason = c->end.reason;
    return INGLE_OK;
}

static ingle_status complete(struct completing *c, ingle_error *err) {
    INGLE_TRY(check(c, err));
    INGLE_TRY(ask_session(c->t, err));
    INGLE_TRY(task_begin(c->t, err));
    INGLE_TRY(make_prompt(c, err));
    completion_init(&c->end, c->language, c->file->text, c->file->len, c->at, c->opt->extent);
    ingle_sampling_options sampling = ingle_sampling_options_default();
    sampling.temperature = c->t->options.temperature;
    sampling.seed = c->t->options.seed;
    ingle_sampler *sampler;
    INGLE_TRY(ingle_sampler_new(&sampler, c->t->options.model, &sampling, err));
    ingle_status status = generate(c, sampler, err);
    ingle_sampler_free(sampler);
    return status;
}

ingle_status ingle_complete(ingle_tasks *tasks, const ingle_complete_file *file, size_t at,
                            const ingle_complete_options *opt, ingle_complete_result *result,
                            ingle_error *err) {
    double start = clock_ms();
    INGLE_TRY(task_need(tasks, "tasks", err));
    INGLE_TRY(task_need(file, "file", err));
    INGLE_TRY(task_need(result, "result", err));
    *result = (ingle_complete_result){0};
    ingle_complete_options options = ingle_complete_options_default();
    INGLE_TRY(task_read_options(&options, opt, sizeof options, "ingle_complete_options", err));
    ingle_complete_file own = *file;
    if (own.len == 0) own.text = "";
    struct completing *c = mem_calloc(1, sizeof *c);
    if (!c) return status_no_memory(err, "the completion", sizeof *c);
    c->t = tasks;
    c->file = &own;
    c->at = at;
    c->opt = &options;
    c->result = result;
    c->language = code_language_of(file->name);
    ingle_status status = complete(c, err);
    task_end(tasks);
    if (status == INGLE_CANCELLED) {
        atomic_store(&tasks->is_cancelled, false);
        status = status_set(err, INGLE_CANCELLED, 0, "Interrupted.");
    }
    completion_clear(&c->end);
    fim_prompt_clear(&c->prompt);
    mem_free(c);
    result->ms = clock_ms() - start;
    return status;
}
