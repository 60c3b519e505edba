#include "task/summarize_ask.h"

#include <stdio.h>
#include <string.h>

#include "ingle/constraint.h"
#include "task/ask.h"
#include "task/sentences.h"
#include "task/summarize_extract.h"

#define MIN_TEXT 64   /* tokens: parts of less would say nothing together */
#define MIN_ANSWER 24 /* tokens */
#define SLACK 8       /* tokens that a template may join otherwise than they were counted */
#define MAX_ANSWER ((size_t)1 << 20)
#define MAX_FACTS 5        /* that a second try is told of */
#define SECOND_WARMTH 0.4f /* added to the temperature, so that the second try is another */

static struct ask question(const struct buf *message) {
    return (struct ask){
        .system = summary_system, .text = message->data, .len = message->size, .max_tokens = -1};
}

/* Tokens of a question without its text. */
static ingle_status count_fixed(struct summary_asker *a, enum summary_step step,
                                const struct summary_form *form, size_t *n, ingle_error *err) {
    struct buf message;
    buf_init(&message, 1 << 16);
    summary_message(&message, step, form, "", 0, NULL);
    struct ask q = question(&message);
    ingle_status status = buf_failed(&message) ? status_no_memory(err, "the question", 1 << 10)
                                               : ask_count(a->t, &q, n, &a->n_ctx, err);
    buf_clear(&message);
    return status;
}

/* For most languages and vocabularies a word is one to three tokens. */
static size_t answer_tokens(const struct summary_form *form) {
    return 3 * form->n_words + 4 * form->n_items + 16;
}

ingle_status summary_asker_init(struct summary_asker *a, struct ingle_tasks *t,
                                const ingle_summarize_options *options,
                                ingle_summary_result *result, const struct summary_form *forms,
                                size_t n_forms, ingle_error *err) {
    *a = (struct summary_asker){.t = t, .options = options, .result = result};
    size_t n_fixed = 0;
    for (size_t i = 0; i < n_forms; i++) {
        size_t n = 0;
        for (enum summary_step step = SUMMARY_WHOLE; step <= SUMMARY_MERGE; step++) {
            INGLE_TRY(count_fixed(a, step, &forms[i], &n, err));
            if (n > n_fixed) n_fixed = n;
        }
        if (answer_tokens(&forms[i]) > a->n_answer) a->n_answer = answer_tokens(&forms[i]);
    }
    /* A second try says more: a sixteenth is kept for that. An answer takes at most a quarter of
     * what is left, so that several summaries fit one question. */
    size_t taken = n_fixed + SLACK + a->n_ctx / 16;
    size_t room = a->n_ctx > taken ? a->n_ctx - taken : 0;
    if (a->n_answer > room / 4) a->n_answer = room / 4;
    a->n_text = room - a->n_answer;
    if (a->n_answer >= MIN_ANSWER && a->n_text >= MIN_TEXT) return INGLE_OK;
    size_t need = 4 * (MIN_ANSWER > MIN_TEXT / 3 ? MIN_ANSWER : MIN_TEXT / 3);
    return status_set(err, INGLE_CONTEXT_FULL, 0,
                      "To summarise in parts takes a context of %zu tokens; this one holds %zu.",
                      (n_fixed + SLACK + need) * 16 / 15 + 1, a->n_ctx);
}

void summary_asker_clear(struct summary_asker *a) {
    ingle_constraint_free(a->bullets);
    a->bullets = NULL;
}

/* Lines that begin with "- ", one to n_items of them. */
static ingle_status need_bullets(struct summary_asker *a, size_t n_items, ingle_error *err) {
    if (a->bullets) return INGLE_OK;
    char regex[128];
    static const char item[] = "- [^ \\x00-\\x1f\\x7f][^\\x00-\\x1f\\x7f]*";
    snprintf(regex, sizeof regex, "%s(\\n%s){0,%zu}", item, item, n_items - 1);
    return ingle_constraint_new_regex(&a->bullets, a->t->options.model, regex, strlen(regex), err);
}

/* ---- the form of an answer ---- */

static void trim(struct buf *b) {
    size_t from = 0, to = b->size;
    while (from < to && strchr(" \t\r\n", b->data[from])) from++;
    while (to > from && strchr(" \t\r\n", b->data[to - 1])) to--;
    if (to > from) memmove(b->data, b->data + from, to - from);
    b->size = to - from;
    if (b->data) b->data[b->size] = '\0';
}

static void cut_at(struct buf *b, size_t size) {
    b->size = size;
    if (b->data) b->data[size] = '\0';
    trim(b);
}

/* Where the last sentence, or line of a list, begins. */
static size_t last_begin(const struct buf *b, bool is_list) {
    size_t at = 0;
    if (is_list) {
        const char *line = b->size ? memrchr(b->data, '\n', b->size) : NULL;
        return line ? (size_t)(line - b->data) : 0;
    }
    struct sentences walk;
    struct sentence s;
    sentences_init(&walk, b->data, b->size);
    while (sentences_next(&walk, &s)) at = s.range.from;
    return at;
}

static void keep_first_sentence(struct buf *b) {
    struct sentences walk;
    struct sentence s;
    sentences_init(&walk, b->data, b->size);
    if (sentences_next(&walk, &s)) cut_at(b, s.range.to);
}

/* An answer, as far as it can be used. */
struct answer {
    struct buf *text;
    bool is_usable;
    bool was_cut; /* its last, unfinished sentence or point is gone */
};

/* False if nothing is left that could be used. */
static bool bring_to_form(const struct summary_form *form, ingle_stop_reason reason,
                          struct answer *answer) {
    struct buf *out = answer->text;
    trim(out);
    if (out->size == 0 || reason == INGLE_STOP_LOOP) return false;
    if (form->style == INGLE_SUMMARY_TLDR) {
        size_t size = out->size;
        keep_first_sentence(out);
        return reason != INGLE_STOP_LENGTH || out->size < size;
    }
    if (reason != INGLE_STOP_LENGTH) return true;
    size_t at = last_begin(out, form->style == INGLE_SUMMARY_BULLETS);
    if (at == 0) return false;
    cut_at(out, at);
    answer->was_cut = true;
    return true;
}

/* ---- asking ---- */

/* The message, with what a first answer said wrongly as far as that fits the context. */
static ingle_status make_message(struct summary_asker *a, const struct summary_question *q,
                                 const char *unfounded, struct buf *message, ingle_error *err) {
    const char *told = unfounded && unfounded[0] ? unfounded : NULL;
    for (;;) {
        buf_reset(message);
        summary_message(message, q->step, &q->form, q->text, q->len, told);
        if (buf_failed(message)) return status_no_memory(err, "the question", q->len);
        if (!told) return INGLE_OK;
        struct ask asked = question(message);
        size_t n_tokens, n_ctx;
        INGLE_TRY(ask_count(a->t, &asked, &n_tokens, &n_ctx, err));
        if (n_tokens + a->n_answer <= n_ctx) return INGLE_OK;
        told = NULL;
    }
}

static ingle_status ask_once(struct summary_asker *a, const struct summary_question *q, int n_try,
                             const char *unfounded, struct answer *answer, ingle_error *err) {
    struct buf message;
    buf_init(&message, q->len + (1 << 16));
    ingle_status status = make_message(a, q, unfounded, &message, err);
    struct ask asked = question(&message);
    asked.max_tokens = (int)a->n_answer;
    asked.seed = (uint64_t)n_try;
    asked.more_temperature = n_try ? SECOND_WARMTH : 0;
    if (status == INGLE_OK && q->form.style == INGLE_SUMMARY_BULLETS) {
        status = need_bullets(a, q->form.n_items, err);
        asked.constraint = a->bullets;
    }
    ingle_stop_reason reason = INGLE_STOP_END;
    buf_reset(answer->text);
    if (status == INGLE_OK) status = ask_model(a->t, &asked, answer->text, &reason, err);
    if (status == INGLE_OK) answer->is_usable = bring_to_form(&q->form, reason, answer);
    buf_clear(&message);
    return status;
}

/* For people: what was not in the text, of all answers that were given up; what no longer fits is
 * said as "and more". */
static void remember_unfounded(ingle_summary_result *result, const char *facts) {
    static const char more[] = ", and more";
    size_t n = strlen(result->unfounded), room = sizeof result->unfounded - sizeof more;
    if (!facts[0] || strstr(result->unfounded, facts) ||
        (n >= sizeof more && strcmp(result->unfounded + n - sizeof more + 1, more) == 0)) {
        return;
    }
    size_t need = strlen(facts) + (n ? 2 : 0);
    if (n + need < room) {
        snprintf(result->unfounded + n, sizeof result->unfounded - n, "%s%s", n ? ", " : "", facts);
    } else if (n) {
        memcpy(result->unfounded + n, more, sizeof more);
    } else {
        size_t cut = room - 1;
        while (cut && ((unsigned char)facts[cut] & 0xc0) == 0x80) cut--;
        snprintf(result->unfounded, sizeof result->unfounded, "%.*s%s", (int)cut, facts, more);
    }
}

ingle_status summary_ask(struct summary_asker *a, const struct summary_question *q, struct buf *out,
                         bool *was_replaced, ingle_error *err) {
    struct buf facts;
    buf_init(&facts, 1 << 16);
    struct faithful_report report;
    ingle_status status = INGLE_OK;
    *was_replaced = false;
    for (int n_try = 0; n_try < 2 && status == INGLE_OK; n_try++) {
        struct answer answer = {.text = out};
        if (n_try) a->result->n_second_tries++;
        status = ask_once(a, q, n_try, facts.data, &answer, err);
        if (status != INGLE_OK) break;
        buf_reset(&facts);
        if (!answer.is_usable) continue;
        status = faithful_source_check(q->source, out->data, out->size, &report, err);
        if (status != INGLE_OK) break;
        if (report.n_all == 0) {
            a->result->n_cut += answer.was_cut;
            goto out;
        }
        faithful_describe(&report, out->data, MAX_FACTS, &facts);
    }
    if (status == INGLE_OK) {
        a->result->n_replaced++;
        *was_replaced = true;
        remember_unfounded(a->result, facts.data ? facts.data : "");
        buf_reset(out);
        ingle_summarize_options quiet = *a->options;
        quiet.on_progress = NULL;
        status = summary_extract(a->t, q->own, q->own_len, &q->form, &quiet, out, err);
    }
out:
    buf_clear(&facts);
    return status;
}
