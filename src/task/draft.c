#include "task/draft.h"

#include <string.h>

#include "base/compiler.h"
#include "ingle/constraint.h"
#include "task/ask.h"
#include "task/draft_form.h"
#include "task/draft_prompts.h"
#include "task/faithful.h"

#define MAX_DRAFT ((size_t)4 << 20)
#define MAX_WORDS (MAX_DRAFT / 4) /* of each of three that stand in the prompt */
#define N_ROUNDS 4                /* of looking for what was made up */

void draft_init(struct draft *d) {
    *d = (struct draft){0};
    buf_init(&d->subject, MAX_DRAFT);
    buf_init(&d->body, MAX_DRAFT);
    arena_init(&d->arena, MAX_DRAFT);
}

void draft_clear(struct draft *d) {
    buf_clear(&d->subject);
    buf_clear(&d->body);
    arena_clear(&d->arena);
}

/* ---- the form ---- */

static bool is_letter(const ingle_draft_options *opt) {
    return opt->kind == INGLE_DRAFT_EMAIL || opt->kind == INGLE_DRAFT_REPLY;
}

static bool is_warm(const ingle_draft_options *opt) {
    return opt->tone && (strstr(opt->tone, "friend") || strstr(opt->tone, "warm") ||
                         strstr(opt->tone, "casual") || strstr(opt->tone, "informal"));
}

static void add_range(struct buf *out, const char *text, struct draft_range r) {
    buf_add(out, text + r.from, r.to - r.from);
}

static void make_subject(struct draft *d, const ingle_draft_options *opt, const char *text,
                         const struct draft_form *f) {
    if (opt->kind == INGLE_DRAFT_REPLY) {
        struct draft_range of = draft_header(opt->context, opt->context_len, "Subject");
        buf_add_str(&d->subject, "Re: ");
        if (of.to > of.from) {
            add_range(&d->subject, opt->context, of);
        } else {
            buf_add_str(&d->subject, "[subject]");
        }
    } else if (f->subject.to > f->subject.from) {
        add_range(&d->subject, text, f->subject);
    } else {
        buf_add_str(&d->subject, opt->about ? opt->about : "[subject]");
    }
}

/* Whom it is for, as far as anybody said. */
static void add_recipient(struct draft *d, const ingle_draft_options *opt) {
    struct draft_range from = {0};
    if (opt->kind == INGLE_DRAFT_REPLY) from = draft_header(opt->context, opt->context_len, "From");
    if (opt->to && opt->to[0]) {
        buf_add_str(&d->body, opt->to);
    } else if (from.to > from.from) {
        add_range(&d->body, opt->context, from);
    } else {
        buf_add_str(&d->body, "[recipient's name]");
    }
}

/* A greeting and a closing where the model left them out. */
static void make_body(struct draft *d, const ingle_draft_options *opt, const char *text,
                      const struct draft_form *f) {
    bool letter = is_letter(opt);
    if (letter && f->greeting.to == f->greeting.from) {
        buf_add_str(&d->body, is_warm(opt) ? "Hi " : "Dear ");
        add_recipient(d, opt);
        buf_add_str(&d->body, ",\n\n");
    }
    add_range(&d->body, text, f->body);
    if (letter && f->closing.to == f->closing.from) {
        buf_add_str(&d->body,
                    is_warm(opt) ? "\n\nBest,\n[your name]" : "\n\nKind regards,\n[your name]");
    } else if (letter && f->signature.to == f->signature.from) {
        buf_add_str(&d->body, "\n[your name]");
    }
}

/* ---- what was made up ---- */

static const char *placeholder_of(enum faithful_kind kind) {
    switch (kind) {
    case FAITHFUL_NUMBER:
        return "[number]";
    case FAITHFUL_AMOUNT:
        return "[amount]";
    case FAITHFUL_DATE:
        return "[date]";
    case FAITHFUL_TIME:
        return "[time]";
    case FAITHFUL_NAME:
        return "[name]";
    case FAITHFUL_ADDRESS:
        return "[address]";
    default:
        return NULL; /* a draft may deny, and quote, in words of its own */
    }
}

/* The placeholder that byte `at` stands in: its range; empty if it is in none. */
static struct draft_range bracket_at(const struct buf *b, size_t at) {
    size_t from = at, to = at;
    while (from > 0 && at - from < 60 && b->data[from] != '[' && b->data[from] != '\n') from--;
    while (to < b->size && to - at < 60 && b->data[to] != ']' && b->data[to] != '\n') to++;
    if (to == b->size || b->data[from] != '[' || b->data[to] != ']') return (struct draft_range){0};
    return (struct draft_range){.from = from, .to = to + 1};
}

static bool in_range(size_t at, struct draft_range r) {
    return at >= r.from && at < r.to;
}

static ingle_status add_placeholder(struct draft *d, const char *text, size_t len,
                                    const char *replaced, size_t replaced_len, ingle_error *err) {
    if (d->n_placeholders == DRAFT_MAX_PLACEHOLDERS) return INGLE_OK;
    const char *a = arena_copy(&d->arena, text, len);
    const char *b = arena_copy(&d->arena, replaced, replaced_len);
    if (!a || !b) return status_no_memory(err, "the placeholders", len + replaced_len);
    d->placeholders[d->n_placeholders++] = (ingle_draft_placeholder){.text = a, .replaced = b};
    return INGLE_OK;
}

/* Whether only blanks (or a point of an initial) stand between: one name in two problems. */
static bool is_next_word(const char *text, size_t from, size_t to) {
    if (to < from || to - from > 3) return false;
    for (; from < to; from++) {
        if (text[from] != ' ' && text[from] != '.' && text[from] != '-') return false;
    }
    return true;
}

/* *part becomes *from, which is cleared. */
static ingle_status take(struct buf *part, struct buf *from, ingle_error *err) {
    if (buf_failed(from)) {
        size_t size = from->size;
        buf_clear(from);
        return status_no_memory(err, "a draft", size);
    }
    buf_clear(part);
    *part = *from;
    return INGLE_OK;
}

/* Puts placeholders into *part; *n_replaced counts them. */
static ingle_status replace(struct draft *d, struct buf *part, const struct faithful_report *report,
                            size_t *n_replaced, ingle_error *err) {
    struct buf out = {.max = MAX_DRAFT};
    struct draft_form f = draft_read_form(part->data, part->size);
    size_t at = 0;
    ingle_status status = INGLE_OK;
    for (size_t i = 0; i < report->n && status == INGLE_OK; i++) {
        const struct faithful_problem *p = &report->problems[i];
        const char *with = placeholder_of(p->kind);
        struct draft_range bracket = bracket_at(part, p->from);
        if (!with || p->from < at || bracket.to > bracket.from) continue;
        size_t from = p->from, to = p->to;
        while (i + 1 < report->n && report->problems[i + 1].kind == p->kind &&
               p->kind == FAITHFUL_NAME &&
               is_next_word(part->data, to, report->problems[i + 1].from)) {
            to = report->problems[++i].to;
        }
        if (in_range(from, f.name)) with = "[recipient's name]";
        if (in_range(from, f.signature)) with = "[your name]";
        buf_add(&out, part->data + at, from - at);
        buf_add_str(&out, with);
        status = add_placeholder(d, with, strlen(with), part->data + from, to - from, err);
        at = to;
        ++*n_replaced;
    }
    buf_add(&out, part->data + at, part->size - at);
    if (status == INGLE_OK) return take(part, &out, err);
    buf_clear(&out);
    return status;
}

static ingle_status check_part(struct draft *d, struct buf *part, struct faithful_source *source,
                               ingle_error *err) {
    for (int round = 0; round < N_ROUNDS && part->size > 0; round++) {
        struct faithful_report report;
        size_t n_replaced = 0;
        INGLE_TRY(faithful_source_check(source, part->data, part->size, &report, err));
        INGLE_TRY(replace(d, part, &report, &n_replaced, err));
        if (n_replaced == 0) break;
    }
    return INGLE_OK;
}

/* Whom a letter greets and who signs it are names whatever they look like, in any language: a name
 * that nobody said becomes a placeholder. */
static ingle_status check_name(struct draft *d, struct faithful_source *source,
                               struct draft_range r, const char *with, ingle_error *err) {
    bool has = true;
    const char *text = d->body.data;
    if (r.to == r.from || memchr(text + r.from, '[', r.to - r.from)) return INGLE_OK;
    INGLE_TRY(faithful_source_has_name(source, text + r.from, r.to - r.from, &has, err));
    if (has) return INGLE_OK;
    INGLE_TRY(add_placeholder(d, with, strlen(with), text + r.from, r.to - r.from, err));
    struct buf out = {.max = MAX_DRAFT};
    buf_add(&out, text, r.from);
    buf_add_str(&out, with);
    buf_add(&out, text + r.to, d->body.size - r.to);
    return take(&d->body, &out, err);
}

static ingle_status check_names(struct draft *d, struct faithful_source *source, ingle_error *err) {
    if (d->body.size == 0) return INGLE_OK;
    struct draft_form f = draft_read_form(d->body.data, d->body.size);
    INGLE_TRY(check_name(d, source, f.signature, "[your name]", err));
    return check_name(d, source, f.name, "[recipient's name]", err); /* stands before the other */
}

/* The placeholders that stand in the text, in its order: those put in know what they replaced. */
static ingle_status list_placeholders(struct draft *d, ingle_error *err) {
    ingle_draft_placeholder put[DRAFT_MAX_PLACEHOLDERS];
    size_t n_put = d->n_placeholders;
    memcpy(put, d->placeholders, sizeof put);
    d->n_placeholders = 0;
    const struct buf *parts[] = {&d->subject, &d->body};
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < parts[k]->size; i++) {
            if (parts[k]->data[i] != '[') continue;
            struct draft_range r = bracket_at(parts[k], i + 1 < parts[k]->size ? i + 1 : i);
            if (r.from != i || r.to <= i + 2 ||
                (r.to < parts[k]->size && parts[k]->data[r.to] == '(')) {
                continue;
            }
            const char *replaced = "";
            for (size_t p = 0; p < n_put; p++) {
                if (!put[p].text || strlen(put[p].text) != r.to - r.from ||
                    memcmp(put[p].text, parts[k]->data + r.from, r.to - r.from) != 0) {
                    continue;
                }
                replaced = put[p].replaced;
                put[p].text = NULL;
                break;
            }
            INGLE_TRY(add_placeholder(d, parts[k]->data + r.from, r.to - r.from, replaced,
                                      strlen(replaced), err));
            i = r.to - 1;
        }
    }
    return INGLE_OK;
}

static ingle_status make_source(struct faithful_source **out, const ingle_draft_options *opt,
                                const ingle_pack *tagger, ingle_error *err) {
    const char *const words[] = {opt->about, opt->to, opt->tone};
    INGLE_TRY(faithful_source_new(out, opt->context, opt->context_len, tagger, err));
    for (size_t i = 0; i < BASE_COUNT(words); i++) {
        if (!words[i]) continue;
        ingle_status status = faithful_source_add(*out, words[i], strlen(words[i]), err);
        if (status == INGLE_OK) continue;
        faithful_source_free(*out);
        *out = NULL;
        return status;
    }
    return INGLE_OK;
}

ingle_status draft_finish(struct draft *d, const ingle_draft_options *opt, const ingle_pack *tagger,
                          const char *answer, size_t len, ingle_error *err) {
    struct draft_form f = draft_read_form(answer, len);
    if (is_letter(opt)) make_subject(d, opt, answer, &f);
    make_body(d, opt, answer, &f);
    if (buf_failed(&d->subject) || buf_failed(&d->body))
        return status_no_memory(err, "a draft", len);
    struct faithful_source *source;
    INGLE_TRY(make_source(&source, opt, tagger, err));
    ingle_status status = check_part(d, &d->subject, source, err);
    if (status == INGLE_OK) status = check_part(d, &d->body, source, err);
    if (status == INGLE_OK && is_letter(opt)) status = check_names(d, source, err);
    faithful_source_free(source);
    if (status == INGLE_OK) status = list_placeholders(d, err);
    return status;
}

/* ---- the public side ---- */

ingle_draft_options ingle_draft_options_default(void) {
    return (ingle_draft_options){.size = sizeof(ingle_draft_options), .max_tokens = 600};
}

static ingle_status check_options(const ingle_draft_options *opt, ingle_error *err) {
    if (opt->kind > INGLE_DRAFT_NOTE || opt->max_tokens < 1) {
        return status_set(
            err, INGLE_BAD_ARGUMENT, 0,
            "The kind of a draft must be one of ingle_draft_kind, and max_tokens 1 or "
            "more.");
    }
    if (opt->kind == INGLE_DRAFT_REPLY && opt->context_len == 0) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "A reply needs a context: the conversation that it answers.");
    }
    if (opt->kind != INGLE_DRAFT_REPLY && (!opt->about || !opt->about[0])) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "A draft needs a few words about what it is to say.");
    }
    const char *const words[] = {opt->about, opt->to, opt->tone};
    static const char *const names[] = {"What the draft is about", "The recipient", "The tone"};
    for (size_t i = 0; i < BASE_COUNT(words); i++) {
        size_t len = words[i] ? strlen(words[i]) : 0;
        if (len > MAX_WORDS) {
            return status_set(err, INGLE_LIMIT, 0, "%s has more than %zu KiB.", names[i],
                              MAX_WORDS >> 10);
        }
        if (words[i]) INGLE_TRY(task_check_text(words[i], len, names[i], err));
    }
    return task_check_text(opt->context ? opt->context : "", opt->context_len, "The context", err);
}

/* An e-mail begins with its subject, whatever the model would rather write. */
static ingle_status make_constraint(ingle_constraint **out, const struct ingle_tasks *t,
                                    const ingle_draft_options *opt, ingle_error *err) {
    static const char regex[] = "Subject: [^\\n\\[\\]]{3,80}\\n\\n[\\s\\S]+";
    *out = NULL;
    if (opt->kind != INGLE_DRAFT_EMAIL) return INGLE_OK;
    return ingle_constraint_new_regex(out, t->options.model, regex, sizeof regex - 1, err);
}

static ingle_status ask(struct ingle_tasks *t, const ingle_draft_options *opt, struct buf *answer,
                        bool *was_cut, ingle_error *err) {
    struct buf system = {.max = MAX_DRAFT}, user = {.max = MAX_DRAFT + opt->context_len};
    draft_system_prompt(&system, opt);
    draft_user_prompt(&user, opt);
    ingle_status status = buf_failed(&system) || buf_failed(&user)
                              ? status_no_memory(err, "the prompt", user.size)
                              : INGLE_OK;
    struct ask q = {.system = system.data, .text = user.data, .len = user.size};
    q.on_text = opt->on_text;
    q.user = opt->user;
    size_t n_tokens = 0, n_ctx = 0;
    ingle_stop_reason reason = INGLE_STOP_END;
    if (status == INGLE_OK) status = ask_count(t, &q, &n_tokens, &n_ctx, err);
    if (status == INGLE_OK) {
        size_t room = n_tokens < n_ctx ? n_ctx - n_tokens : 1;
        q.max_tokens = room < (size_t)opt->max_tokens ? (int)room : opt->max_tokens;
        status = make_constraint(&q.constraint, t, opt, err);
    }
    if (status == INGLE_OK) status = ask_model(t, &q, answer, &reason, err);
    *was_cut = reason == INGLE_STOP_LENGTH || reason == INGLE_STOP_LOOP;
    ingle_constraint_free(q.constraint);
    buf_clear(&system);
    buf_clear(&user);
    return status;
}

ingle_status ingle_draft_text(ingle_tasks *tasks, const ingle_draft_options *opt,
                              ingle_error *err) {
    ingle_draft_options options = ingle_draft_options_default();
    INGLE_TRY(task_need(tasks, "tasks", err));
    INGLE_TRY(task_read_options(&options, opt, sizeof options, "ingle_draft_options", err));
    if (!options.context) {
        options.context = "";
        options.context_len = 0;
    }
    INGLE_TRY(check_options(&options, err));
    INGLE_TRY(ask_prepare(tasks, err));
    struct buf answer = {.max = MAX_DRAFT};
    struct draft d;
    bool was_cut = false;
    draft_init(&d);
    ingle_status status = ask(tasks, &options, &answer, &was_cut, err);
    if (status == INGLE_OK) {
        status = draft_finish(&d, &options, tasks->options.tagger, answer.data ? answer.data : "",
                              answer.size, err);
    }
    if (status == INGLE_OK && options.on_draft) {
        ingle_draft draft = {.subject = d.subject.data ? d.subject.data : "",
                             .body = d.body.data ? d.body.data : "",
                             .placeholders = d.placeholders,
                             .n_placeholders = d.n_placeholders,
                             .was_cut = was_cut};
        options.on_draft(&draft, options.user);
    }
    buf_clear(&answer);
    draft_clear(&d);
    return status;
}
