#include "guard/redact/redact_spans.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "guard/redact/redact_amount.h"
#include "guard/redact/rule.h"

#define MAX_GAP 4 /* bytes of white space between parts of one thing */

void redact_spans_clear(struct redact_spans *s) {
    mem_free(s->items);
    *s = (struct redact_spans){0};
}

ingle_status redact_spans_add(struct redact_spans *s, const struct redact_span *span,
                              ingle_error *err) {
    if (s->n == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 64;
        struct redact_span *grown = mem_realloc(s->items, cap * sizeof *grown);
        if (!grown) return status_no_memory(err, "what was found", cap * sizeof *grown);
        s->items = grown;
        s->cap = cap;
    }
    assert(s->items);
    s->items[s->n++] = *span;
    return INGLE_OK;
}

static bool has_word(const char *text, size_t from, size_t to) {
    for (size_t i = from; i < to; i++) {
        if (rule_is_word(text[i])) return true;
    }
    return false;
}

static bool is_space(const char *text, size_t from, size_t to) {
    for (size_t i = from; i < to; i++) {
        if (!strchr(" \t\r\n", text[i]) || !text[i]) return false;
    }
    return true;
}

static bool are_joined(const char *text, const struct redact_span *a, const struct redact_span *b) {
    return a->by == REDACT_BY_MODEL && b->by == REDACT_BY_MODEL && strcmp(a->kind, b->kind) == 0 &&
           b->from - a->to > 0 && b->from - a->to <= MAX_GAP && is_space(text, a->to, b->from);
}

/* Adds a span that begins where the last one ended or later. */
static ingle_status append(struct redact_spans *out, const char *text,
                           const struct redact_span *span, ingle_error *err) {
    struct redact_span *last = out->n ? &out->items[out->n - 1] : NULL;
    if (!last || !are_joined(text, last, span)) return redact_spans_add(out, span, err);
    last->to = span->to;
    if (span->confidence < last->confidence) last->confidence = span->confidence;
    return INGLE_OK;
}

/* The part [from, to) of a tagged span that no rule covers; marks alone go with the rule. */
static ingle_status append_rest(struct redact_spans *out, const char *text,
                                const struct redact_span *tagged, size_t from, size_t to,
                                ingle_error *err) {
    if (from >= to) return INGLE_OK;
    if (from != tagged->from || to != tagged->to) {
        while (from < to && is_space(text, from, from + 1)) from++;
        while (to > from && is_space(text, to - 1, to)) to--;
        if (!has_word(text, from, to)) return INGLE_OK;
    }
    struct redact_span part = *tagged;
    part.from = from;
    part.to = to;
    return append(out, text, &part, err);
}

static bool is_place(const char *kind) {
    return strcmp(kind, "STREET_ADDRESS") == 0 || strcmp(kind, "ZIP_CODE") == 0 ||
           strcmp(kind, "LOCATION") == 0;
}

ingle_status redact_spans_merge(struct redact_spans *out, const char *text, size_t len,
                                const struct redact_spans *rules, const struct redact_spans *tagged,
                                ingle_error *err) {
    assert((rules->items || !rules->n) && (tagged->items || !tagged->n));
    size_t r = 0, done = 0; /* tagged spans are dealt with up to `done` */
    for (size_t t = 0; t < tagged->n || r < rules->n;) {
        const struct redact_span *tag = t < tagged->n ? &tagged->items[t] : NULL;
        const struct redact_span *rule = r < rules->n ? &rules->items[r] : NULL;
        assert(tag || rule);
        if (tag && is_place(tag->kind) && redact_is_amount(text, len, tag->from, tag->to)) {
            t++;
            continue;
        }
        size_t from = tag ? (tag->from > done ? tag->from : done) : 0;
        if (rule && (!tag || rule->from < tag->to || from >= tag->to)) {
            if (tag && from < rule->from) {
                INGLE_TRY(append_rest(out, text, tag, from, rule->from, err));
            }
            INGLE_TRY(append(out, text, rule, err));
            done = rule->to;
            r++;
        } else {
            INGLE_TRY(append_rest(out, text, tag, from, tag->to, err));
            t++;
            continue;
        }
        while (t < tagged->n && tagged->items[t].to <= done) t++;
    }
    return INGLE_OK;
}
