/* The messages of everyday tasks, made of random values and compared. */
#include "unit/worker/task_message_cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "worker/wire/msg_document.h"
#include "worker/wire/msg_draft.h"
#include "worker/wire/msg_redact.h"
#include "worker/wire/msg_rewrite.h"

#define MAX_ITEMS 6

static uint32_t below(struct maker *m, uint32_t n) {
    return rng_below(&m->rng, n);
}

static bool flag(struct maker *m) {
    return below(m, 2) == 1;
}

/* Small, or of any size. */
static size_t count(struct maker *m) {
    if (flag(m)) return 1 + below(m, 60);
    uint64_t high = rng_u32(&m->rng);
    return (size_t)(high << below(m, 32) | 1);
}

static int number(struct maker *m) {
    return (int)(rng_u32(&m->rng) >> 1);
}

static int64_t moment(struct maker *m) {
    return (int64_t)count(m) * (flag(m) ? 1 : -1);
}

static float share(struct maker *m) {
    return (float)rng_unit(&m->rng);
}

static struct wire_text text(struct maker *m) {
    size_t len = below(m, 50);
    char *bytes = arena_alloc(&m->arena, len + 1);
    for (size_t i = 0; i < len; i++) bytes[i] = (char)rng_u32(&m->rng);
    return (struct wire_text){bytes, len};
}

static const char *some(struct maker *m) {
    struct wire_text t = text(m);
    for (size_t i = 0; i < t.len; i++) {
        if (!t.data[i]) ((char *)(uintptr_t)t.data)[i] = 'x';
    }
    return t.data;
}

static const char *maybe(struct maker *m) {
    return below(m, 4) == 0 ? NULL : some(m);
}

static const char *const *strings(struct maker *m, size_t *n) {
    *n = below(m, MAX_ITEMS);
    const char **list = arena_array(&m->arena, MAX_ITEMS, sizeof *list);
    for (size_t i = 0; i < *n; i++) list[i] = some(m);
    return list;
}

/* ---- what is the same ---- */

static void same_view(const char *a, size_t a_len, const char *b, size_t b_len) {
    assert_int_equal(a_len, b_len);
    if (a_len) assert_memory_equal(a, b, a_len);
}

static void same_text(const char *a, size_t a_len, const char *b, size_t b_len) {
    same_view(a, a_len, b, b_len);
    assert_int_equal(b[b_len], 0);
}

static void same_string(const char *a, const char *b) {
    assert_int_equal(!a, !b);
    if (a) assert_string_equal(a, b);
}

static void same_strings(const char *const *a, size_t n_a, const char *const *b, size_t n_b) {
    assert_int_equal(n_a, n_b);
    for (size_t i = 0; i < n_a; i++) same_string(a[i], b[i]);
}

static void same_float(float a, float b) {
    assert_memory_equal(&a, &b, sizeof a);
}

#define SAME(field) assert_true(a->field == b->field)

/* ---- each message: made of random values, and compared ---- */

static void make_progress(struct maker *m, void *message) {
    ingle_progress *p = message;
    *p = (ingle_progress){some(m), count(m), count(m)};
}

static void same_progress(const void *x, const void *y) {
    const ingle_progress *a = x, *b = y;
    same_string(a->step, b->step);
    SAME(done);
    SAME(total);
}

static void make_document(struct maker *m, void *message) {
    struct msg_document *d = message;
    *d = (struct msg_document){text(m), maybe(m), flag(m)};
}

static void same_document(const void *x, const void *y) {
    const struct msg_document *a = x, *b = y;
    same_view(a->bytes.data, a->bytes.len, b->bytes.data, b->bytes.len);
    same_string(a->name, b->name);
    SAME(is_pages);
}

static void make_document_read(struct maker *m, void *message) {
    struct msg_document_read *d = message;
    *d = (struct msg_document_read){some(m), some(m), some(m)};
}

static void same_document_read(const void *x, const void *y) {
    const struct msg_document_read *a = x, *b = y;
    same_string(a->kind_name, b->kind_name);
    same_string(a->title, b->title);
    same_string(a->notes, b->notes);
}

static void make_summarize(struct maker *m, void *message) {
    struct msg_summarize *s = message;
    *s = (struct msg_summarize){.text = text(m),
                                .title = maybe(m),
                                .style = (ingle_summary_style)below(m, 3),
                                .length = (ingle_summary_length)below(m, 3),
                                .extractive = flag(m)};
}

static void same_summarize(const void *x, const void *y) {
    const struct msg_summarize *a = x, *b = y;
    same_view(a->text.data, a->text.len, b->text.data, b->text.len);
    same_string(a->title, b->title);
    SAME(style);
    SAME(length);
    SAME(extractive);
}

static void make_summarized(struct maker *m, void *message) {
    ingle_summary_result *r = message;
    *r = (ingle_summary_result){.is_extractive = flag(m),
                                .n_parts = count(m),
                                .n_second_tries = count(m),
                                .n_replaced = count(m),
                                .n_cut = count(m),
                                .n_silent = count(m),
                                .was_replaced = flag(m)};
    size_t len = below(m, sizeof r->unfounded);
    for (size_t i = 0; i < len; i++) r->unfounded[i] = (char)(1 + below(m, 255));
}

static void same_summarized(const void *x, const void *y) {
    const ingle_summary_result *a = x, *b = y;
    SAME(is_extractive);
    SAME(n_parts);
    SAME(n_second_tries);
    SAME(n_replaced);
    SAME(n_cut);
    SAME(n_silent);
    SAME(was_replaced);
    assert_string_equal(a->unfounded, b->unfounded);
}

static void make_rewrite(struct maker *m, void *message) {
    struct msg_rewrite *r = message;
    *r = (struct msg_rewrite){.text = text(m),
                              .manner = (ingle_rewrite_manner)below(m, 6),
                              .instruction = maybe(m),
                              .max_changed = share(m)};
}

static void same_rewrite(const void *x, const void *y) {
    const struct msg_rewrite *a = x, *b = y;
    same_view(a->text.data, a->text.len, b->text.data, b->text.len);
    SAME(manner);
    same_string(a->instruction, b->instruction);
    same_float(a->max_changed, b->max_changed);
}

static void make_block(struct maker *m, void *message) {
    ingle_rewrite_block *r = message;
    struct wire_text t = text(m);
    size_t from = count(m) / 2;
    *r = (ingle_rewrite_block){.from = from,
                               .to = from + below(m, 100),
                               .line = count(m),
                               .text = t.data,
                               .len = t.len,
                               .kept_because = maybe(m)};
}

static void same_block(const void *x, const void *y) {
    const ingle_rewrite_block *a = x, *b = y;
    SAME(from);
    SAME(to);
    SAME(line);
    same_text(a->text, a->len, b->text, b->len);
    same_string(a->kept_because, b->kept_because);
}

static void make_rewritten(struct maker *m, void *message) {
    ingle_rewrite_result *r = message;
    *r = (ingle_rewrite_result){count(m), count(m), count(m), count(m)};
}

static void same_rewritten(const void *x, const void *y) {
    const ingle_rewrite_result *a = x, *b = y;
    SAME(n_blocks);
    SAME(n_changed);
    SAME(n_kept);
    SAME(n_retried);
}

static void make_draft(struct maker *m, void *message) {
    struct msg_draft *d = message;
    *d = (struct msg_draft){.kind = (ingle_draft_kind)below(m, 4),
                            .to = maybe(m),
                            .about = maybe(m),
                            .tone = maybe(m),
                            .context = text(m),
                            .max_tokens = number(m)};
}

static void same_draft(const void *x, const void *y) {
    const struct msg_draft *a = x, *b = y;
    SAME(kind);
    same_string(a->to, b->to);
    same_string(a->about, b->about);
    same_string(a->tone, b->tone);
    same_text(a->context.data, a->context.len, b->context.data, b->context.len);
    SAME(max_tokens);
}

static void make_drafted(struct maker *m, void *message) {
    ingle_draft *d = message;
    ingle_draft_placeholder *list = arena_array(&m->arena, MAX_ITEMS, sizeof *list);
    *d = (ingle_draft){.subject = some(m),
                       .body = some(m),
                       .placeholders = list,
                       .n_placeholders = below(m, MAX_ITEMS),
                       .was_cut = flag(m)};
    for (size_t i = 0; i < d->n_placeholders; i++) {
        list[i] = (ingle_draft_placeholder){some(m), some(m)};
    }
}

static void same_drafted(const void *x, const void *y) {
    const ingle_draft *a = x, *b = y;
    same_string(a->subject, b->subject);
    same_string(a->body, b->body);
    SAME(was_cut);
    SAME(n_placeholders);
    for (size_t i = 0; i < a->n_placeholders; i++) {
        same_string(a->placeholders[i].text, b->placeholders[i].text);
        same_string(a->placeholders[i].replaced, b->placeholders[i].replaced);
    }
}

static ingle_complete_file make_file(struct maker *m) {
    struct wire_text t = text(m);
    return (ingle_complete_file){some(m), t.data, t.len, flag(m)};
}

static void same_file(const ingle_complete_file *a, const ingle_complete_file *b) {
    same_string(a->name, b->name);
    same_text(a->text, a->len, b->text, b->len);
    SAME(is_wanted);
}

static void make_complete(struct maker *m, void *message) {
    struct msg_complete *c = message;
    ingle_complete_file *others = arena_array(&m->arena, MAX_ITEMS, sizeof *others);
    *c = (struct msg_complete){.file = make_file(m),
                               .at = count(m),
                               .extent = (ingle_complete_extent)below(m, 2),
                               .max_tokens = number(m),
                               .repository = maybe(m),
                               .others = others,
                               .n_others = below(m, MAX_ITEMS)};
    for (size_t i = 0; i < c->n_others; i++) others[i] = make_file(m);
}

static void same_complete(const void *x, const void *y) {
    const struct msg_complete *a = x, *b = y;
    same_file(&a->file, &b->file);
    SAME(at);
    SAME(extent);
    SAME(max_tokens);
    same_string(a->repository, b->repository);
    SAME(n_others);
    for (size_t i = 0; i < a->n_others; i++) same_file(&a->others[i], &b->others[i]);
}

static void make_completed(struct maker *m, void *message) {
    ingle_complete_result *r = message;
    *r = (ingle_complete_result){.reason = (ingle_complete_reason)below(m, 7),
                                 .fills_middle = flag(m),
                                 .n_tokens = number(m),
                                 .n_prompt = number(m),
                                 .n_reused = number(m),
                                 .n_budget = number(m),
                                 .n_prefix = number(m),
                                 .n_suffix = number(m),
                                 .first_line = count(m),
                                 .last_line = count(m),
                                 .is_line_cut = flag(m),
                                 .n_pieces = below(m, INGLE_COMPLETE_MAX_PIECES + 1),
                                 .prompt_ms = rng_unit(&m->rng),
                                 .ms = rng_unit(&m->rng)};
    for (size_t i = 0; i < r->n_pieces; i++) {
        r->pieces[i] = (ingle_complete_piece){count(m), count(m), count(m), count(m)};
    }
}

static void same_completed(const void *x, const void *y) {
    const ingle_complete_result *a = x, *b = y;
    SAME(reason);
    SAME(fills_middle);
    SAME(n_tokens);
    SAME(n_prompt);
    SAME(n_reused);
    SAME(n_budget);
    SAME(n_prefix);
    SAME(n_suffix);
    SAME(first_line);
    SAME(last_line);
    SAME(is_line_cut);
    SAME(n_pieces);
    SAME(prompt_ms);
    SAME(ms);
    for (size_t i = 0; i < a->n_pieces; i++) {
        SAME(pieces[i].file);
        SAME(pieces[i].line);
        SAME(pieces[i].n_lines);
        SAME(pieces[i].n_tokens);
    }
}

static void make_intent(struct maker *m, void *message) {
    struct msg_intent *n = message;
    ingle_label *labels = arena_array(&m->arena, MAX_ITEMS, sizeof *labels);
    *n = (struct msg_intent){.text = text(m),
                             .labels = labels,
                             .n_labels = below(m, MAX_ITEMS),
                             .same_labels = flag(m),
                             .n_top = 1 + (int)below(m, MSG_INTENT_MAX_TOP)};
    for (size_t i = 0; i < n->n_labels; i++) {
        labels[i] = (ingle_label){.name = some(m), .description = maybe(m)};
        labels[i].examples = strings(m, &labels[i].n_examples);
    }
}

static void same_intent(const void *x, const void *y) {
    const struct msg_intent *a = x, *b = y;
    same_text(a->text.data, a->text.len, b->text.data, b->text.len);
    SAME(same_labels);
    SAME(n_top);
    SAME(n_labels);
    for (size_t i = 0; i < a->n_labels; i++) {
        same_string(a->labels[i].name, b->labels[i].name);
        same_string(a->labels[i].description, b->labels[i].description);
        same_strings(a->labels[i].examples, a->labels[i].n_examples, b->labels[i].examples,
                     b->labels[i].n_examples);
    }
}

static void make_intended(struct maker *m, void *message) {
    struct msg_intended *n = message;
    struct msg_intent_guess *top = arena_array(&m->arena, MAX_ITEMS, sizeof *top);
    *n = (struct msg_intended){.is_none = flag(m),
                               .confidence = share(m),
                               .top = top,
                               .n_top = 1 + below(m, MAX_ITEMS - 1)};
    for (size_t i = 0; i < n->n_top; i++) top[i] = (struct msg_intent_guess){some(m), share(m)};
}

static void same_intended(const void *x, const void *y) {
    const struct msg_intended *a = x, *b = y;
    SAME(is_none);
    same_float(a->confidence, b->confidence);
    SAME(n_top);
    for (size_t i = 0; i < a->n_top; i++) {
        same_string(a->top[i].label, b->top[i].label);
        same_float(a->top[i].confidence, b->top[i].confidence);
    }
}

static void make_digest(struct maker *m, void *message) {
    struct msg_digest *d = message;
    ingle_notification *items = arena_array(&m->arena, MAX_ITEMS, sizeof *items);
    *d = (struct msg_digest){.has_lines = flag(m),
                             .lines = text(m),
                             .lines_name = maybe(m),
                             .items = items,
                             .n_items = below(m, MAX_ITEMS),
                             .now_s = moment(m),
                             .max_groups = count(m)};
    d->apps = strings(m, &d->n_apps);
    for (size_t i = 0; i < d->n_items; i++) {
        items[i] = (ingle_notification){.app = maybe(m),
                                        .title = maybe(m),
                                        .body = maybe(m),
                                        .conversation = maybe(m),
                                        .id = maybe(m),
                                        .replaces = maybe(m),
                                        .time_s = moment(m),
                                        .urgency = (ingle_urgency)below(m, 3)};
    }
}

static void same_digest(const void *x, const void *y) {
    const struct msg_digest *a = x, *b = y;
    SAME(has_lines);
    same_view(a->lines.data, a->lines.len, b->lines.data, b->lines.len);
    same_string(a->lines_name, b->lines_name);
    same_strings(a->apps, a->n_apps, b->apps, b->n_apps);
    SAME(now_s);
    SAME(max_groups);
    SAME(n_items);
    for (size_t i = 0; i < a->n_items; i++) {
        same_string(a->items[i].app, b->items[i].app);
        same_string(a->items[i].title, b->items[i].title);
        same_string(a->items[i].body, b->items[i].body);
        same_string(a->items[i].conversation, b->items[i].conversation);
        same_string(a->items[i].id, b->items[i].id);
        same_string(a->items[i].replaces, b->items[i].replaces);
        SAME(items[i].time_s);
        SAME(items[i].urgency);
    }
}

static void make_found(struct maker *m, void *message) {
    struct msg_found *f = message;
    *f = (struct msg_found){.n = count(m), .n_others = count(m), .n_bad = count(m)};
    f->first_bad.code = (ingle_status)below(m, INGLE_UNSUPPORTED + 1);
    f->first_bad.where = count(m);
    size_t len = below(m, sizeof f->first_bad.msg);
    for (size_t i = 0; i < len; i++) f->first_bad.msg[i] = (char)(1 + below(m, 255));
}

static void same_found(const void *x, const void *y) {
    const struct msg_found *a = x, *b = y;
    SAME(n);
    SAME(n_others);
    SAME(n_bad);
    SAME(first_bad.code);
    SAME(first_bad.where);
    assert_string_equal(a->first_bad.msg, b->first_bad.msg);
}

static void make_group(struct maker *m, void *message) {
    ingle_digest_group *g = message;
    *g = (ingle_digest_group){.section = (ingle_digest_section)below(m, 3),
                              .urgency = (ingle_urgency)below(m, 3),
                              .app = some(m),
                              .conversation = some(m),
                              .text = some(m),
                              .when = some(m),
                              .n = count(m),
                              .n_merged = count(m),
                              .first_s = moment(m),
                              .last_s = moment(m),
                              .had_secret = flag(m),
                              .is_generated = flag(m)};
}

static void same_group(const void *x, const void *y) {
    const ingle_digest_group *a = x, *b = y;
    SAME(section);
    SAME(urgency);
    same_string(a->app, b->app);
    same_string(a->conversation, b->conversation);
    same_string(a->text, b->text);
    same_string(a->when, b->when);
    SAME(n);
    SAME(n_merged);
    SAME(first_s);
    SAME(last_s);
    SAME(had_secret);
    SAME(is_generated);
}

static void make_digested(struct maker *m, void *message) {
    ingle_digest_result *r = message;
    *r = (ingle_digest_result){count(m), count(m), count(m), count(m), count(m), count(m)};
}

static void same_digested(const void *x, const void *y) {
    const ingle_digest_result *a = x, *b = y;
    SAME(n);
    SAME(n_groups);
    SAME(n_left);
    SAME(n_left_apps);
    SAME(n_secrets);
    SAME(n_refused);
}

static void make_redact(struct maker *m, void *message) {
    struct msg_redact *r = message;
    *r = (struct msg_redact){text(m), maybe(m), maybe(m)};
}

static void same_redact(const void *x, const void *y) {
    const struct msg_redact *a = x, *b = y;
    same_view(a->text.data, a->text.len, b->text.data, b->text.len);
    same_string(a->only, b->only);
    same_string(a->keep, b->keep);
}

static void make_spans(struct maker *m, void *message) {
    static const char *const kinds[] = {"PERSON", "EMAIL_ADDRESS", "X", "A1_"};
    struct msg_spans *s = message;
    struct msg_span *spans = arena_array(&m->arena, MAX_ITEMS, sizeof *spans);
    *s = (struct msg_spans){
        .kinds = kinds, .n_kinds = 4, .spans = spans, .n_spans = below(m, MAX_ITEMS)};
    for (size_t i = 0; i < s->n_spans; i++) {
        size_t from = count(m) / 2;
        spans[i] = (struct msg_span){from, from + 1 + below(m, 9), below(m, 4), share(m),
                                     (int)below(m, 3)};
    }
}

static void same_spans(const void *x, const void *y) {
    const struct msg_spans *a = x, *b = y;
    same_strings(a->kinds, a->n_kinds, b->kinds, b->n_kinds);
    SAME(n_spans);
    for (size_t i = 0; i < a->n_spans; i++) {
        SAME(spans[i].from);
        SAME(spans[i].to);
        SAME(spans[i].kind);
        same_float(a->spans[i].confidence, b->spans[i].confidence);
        SAME(spans[i].by);
    }
}

const struct task_message task_messages[TASK_MESSAGES] = {
    {"progress", sizeof(ingle_progress), msg_progress, make_progress, same_progress},
    {"document", sizeof(struct msg_document), msg_document, make_document, same_document},
    {"document_read", sizeof(struct msg_document_read), msg_document_read, make_document_read,
     same_document_read},
    {"summarize", sizeof(struct msg_summarize), msg_summarize, make_summarize, same_summarize},
    {"summarized", sizeof(ingle_summary_result), msg_summarized, make_summarized, same_summarized},
    {"rewrite", sizeof(struct msg_rewrite), msg_rewrite, make_rewrite, same_rewrite},
    {"block", sizeof(ingle_rewrite_block), msg_block, make_block, same_block},
    {"rewritten", sizeof(ingle_rewrite_result), msg_rewritten, make_rewritten, same_rewritten},
    {"draft", sizeof(struct msg_draft), msg_draft, make_draft, same_draft},
    {"drafted", sizeof(ingle_draft), msg_drafted, make_drafted, same_drafted},
    {"complete", sizeof(struct msg_complete), msg_complete, make_complete, same_complete},
    {"completed", sizeof(ingle_complete_result), msg_completed, make_completed, same_completed},
    {"intent", sizeof(struct msg_intent), msg_intent, make_intent, same_intent},
    {"intended", sizeof(struct msg_intended), msg_intended, make_intended, same_intended},
    {"digest", sizeof(struct msg_digest), msg_digest, make_digest, same_digest},
    {"found", sizeof(struct msg_found), msg_found, make_found, same_found},
    {"group", sizeof(ingle_digest_group), msg_group, make_group, same_group},
    {"digested", sizeof(ingle_digest_result), msg_digested, make_digested, same_digested},
    {"redact", sizeof(struct msg_redact), msg_redact, make_redact, same_redact},
    {"spans", sizeof(struct msg_spans), msg_spans, make_spans, same_spans},
};
