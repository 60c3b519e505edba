#include "task/fill_prompt.h"

#include <string.h>

#include "base/alloc.h"
#include "task/complete_budget.h"
#include "task/complete_code.h"
#include "task/complete_prompt.h"

/* Tokens for what stands between texts, and by which a text among others may be more than alone. */
#define SLACK (FIM_PROMPT_CONTROLS + 11)

struct filling {
    const struct fill_question *q;
    struct fim_prompt prompt;
    struct budget_cut before, after;
    size_t n_prefix, n_suffix; /* tokens of all of them */
    struct fim_piece *pieces;  /* [q->n_files] the last n_pieces of which are used */
    size_t n_pieces;
    size_t n_dropped;
};

static ingle_status count(struct filling *f, const char *text, size_t len, size_t *n,
                          ingle_error *err) {
    *n = 0;
    return len > 0 ? fim_prompt_count(&f->prompt, text, len, n, err) : INGLE_OK;
}

/* All of both if they fit; else the suffix gets a quarter, or what the prefix leaves. */
static ingle_status share(struct filling *f, size_t budget, ingle_error *err) {
    const struct fill_question *q = f->q;
    struct budget_counter counter = {fim_prompt_count, &f->prompt};
    INGLE_TRY(count(f, q->prefix, q->prefix_len, &f->n_prefix, err));
    INGLE_TRY(count(f, q->suffix, q->suffix_len, &f->n_suffix, err));
    f->before = (struct budget_cut){.to = q->prefix_len, .n_tokens = f->n_prefix};
    f->after = (struct budget_cut){.to = q->suffix_len, .n_tokens = f->n_suffix};
    size_t left = f->n_prefix < budget ? budget - f->n_prefix : 0;
    size_t most = left > budget / 4 ? left : budget / 4;
    if (f->n_suffix > most) {
        INGLE_TRY(budget_after(&f->after, &counter, q->suffix, q->suffix_len, most, err));
    }
    most = budget - f->after.n_tokens;
    if (f->n_prefix > most) {
        INGLE_TRY(budget_before(&f->before, &counter, q->prefix, q->prefix_len, most, err));
    }
    f->n_dropped = f->n_prefix - f->before.n_tokens + f->n_suffix - f->after.n_tokens;
    return INGLE_OK;
}

/* The last files that fit in a row: so the prompt's beginning changes only where it must. */
static ingle_status choose_files(struct filling *f, size_t budget, ingle_error *err) {
    const struct fill_question *q = f->q;
    const char *comment = code_language_of(q->name)->line_comment;
    size_t used = 0, head, body;
    if (q->name) INGLE_TRY(fim_prompt_count_head(&f->prompt, comment, q->name, &used, err));
    if (q->repository) used += strlen(q->repository) + 2;
    for (size_t i = q->n_files; i > 0; i--) {
        const ingle_complete_file *file = &q->files[i - 1];
        INGLE_TRY(fim_prompt_count_head(&f->prompt, comment, file->name, &head, err));
        INGLE_TRY(count(f, file->text, file->len, &body, err));
        bool is_next = f->n_pieces == q->n_files - i;
        if (is_next && used + head + body <= budget) {
            used += head + body;
            f->n_pieces++;
            f->pieces[i - 1] =
                (struct fim_piece){.name = file->name, .text = file->text, .len = file->len};
        } else {
            f->n_dropped += body;
        }
    }
    return INGLE_OK;
}

static ingle_status find_budget(struct filling *f, size_t *budget, ingle_error *err) {
    const struct fill_question *q = f->q;
    size_t n_begun;
    INGLE_TRY(count(f, q->begun, q->begun_len, &n_begun, err));
    if (n_begun + SLACK > q->max_tokens) {
        return status_set(err, INGLE_CONTEXT_FULL, 0,
                          "The prompt may have %zu tokens, and how the middle begins takes %zu.",
                          q->max_tokens, n_begun);
    }
    *budget = q->max_tokens - n_begun - SLACK;
    return INGLE_OK;
}

static ingle_status make(struct filling *f, ingle_error *err) {
    const struct fill_question *q = f->q;
    size_t budget = 0;
    INGLE_TRY(find_budget(f, &budget, err));
    INGLE_TRY(share(f, budget, err));
    /* Where not even the file itself fits, no other is shown. */
    size_t left = f->n_dropped > 0 ? 0 : budget - f->n_prefix - f->n_suffix;
    INGLE_TRY(choose_files(f, left, err));
    const struct fim_parts parts = {.repository = q->repository,
                                    .name = q->name,
                                    .comment = code_language_of(q->name)->line_comment,
                                    .pieces = f->pieces + q->n_files - f->n_pieces,
                                    .n_pieces = f->n_pieces,
                                    .before = q->prefix + f->before.from,
                                    .before_len = f->before.to - f->before.from,
                                    .after = q->suffix,
                                    .after_len = f->after.to};
    INGLE_TRY(fim_prompt_make(&f->prompt, &parts, err));
    return fim_prompt_begin_middle(&f->prompt, q->begun, q->begun_len, err);
}

static ingle_status fill(struct filling *f, const ingle_model *model, ingle_error *err) {
    INGLE_TRY(fim_prompt_init(&f->prompt, model, err));
    if (!f->prompt.fills) {
        return status_set(err, INGLE_REFUSED, 0,
                          "This model cannot fill in the middle: it has no tokens for it.");
    }
    f->pieces = mem_calloc(f->q->n_files + 1, sizeof *f->pieces);
    if (!f->pieces) return status_no_memory(err, "the files", f->q->n_files * sizeof *f->pieces);
    return make(f, err);
}

ingle_status fill_prompt_make(struct fill_prompt *out, const ingle_model *model,
                              const struct fill_question *q, ingle_error *err) {
    struct filling f = {.q = q};
    *out = (struct fill_prompt){0};
    ingle_status status = fill(&f, model, err);
    if (status == INGLE_OK) {
        *out = (struct fill_prompt){f.prompt.ids, f.prompt.n, f.n_dropped, f.n_pieces};
        f.prompt.ids = NULL;
    }
    fim_prompt_clear(&f.prompt);
    mem_free(f.pieces);
    return status;
}
