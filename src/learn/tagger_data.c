#include "learn/tagger_data.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json_tree.h"
#include "engine/pack/tag_chain.h"

#define MAX_MEMORY ((size_t)1 << 30)
#define MAX_LINE_TREE ((size_t)64 << 20)

struct place {
    const char *name;
    size_t line;
};

static ingle_status bad(const struct place *at, const char *what, ingle_error *err) {
    return status_set(err, INGLE_INVALID, at->line, "Line %zu of '%s' %s.", at->line, at->name,
                      what);
}

static ingle_status no_room(const struct tagger_data *d, const struct place *at, ingle_error *err) {
    if (d->arena.total < d->arena.max / 2)
        return status_no_memory(err, "the texts", d->arena.total);
    return status_set(err, INGLE_LIMIT, at->line, "'%s' has more than %zu MiB of texts.", at->name,
                      d->arena.max >> 20);
}

static bool read_offset(const struct json_value *v, size_t most, size_t *out) {
    if (!v || v->kind != JSON_NUMBER || v->text.len == 0 || v->text.len > 18) return false;
    *out = 0;
    for (size_t i = 0; i < v->text.len; i++) {
        if (v->text.data[i] < '0' || v->text.data[i] > '9') return false;
        *out = *out * 10 + (size_t)(v->text.data[i] - '0');
    }
    return *out <= most;
}

static ingle_status find_label(struct tagger_data *d, const struct json_value *v, size_t *out,
                               const struct place *at, ingle_error *err) {
    if (!v || v->kind != JSON_STRING || v->text.len == 0 || memchr(v->text.data, 0, v->text.len)) {
        return bad(at, "has a span whose label is no string, or an empty one", err);
    }
    for (*out = 0; *out < d->n_labels; ++*out) {
        if (json_text_is(&v->text, d->labels[*out])) return INGLE_OK;
    }
    if (d->n_labels == TAG_MAX_LABELS) {
        return status_set(err, INGLE_LIMIT, at->line,
                          "Line %zu of '%s' has the %dth label; a tagger has %d at most.", at->line,
                          at->name, TAG_MAX_LABELS + 1, TAG_MAX_LABELS);
    }
    if (!d->labels) d->labels = mem_calloc(TAG_MAX_LABELS, sizeof *d->labels);
    if (!d->labels) return status_no_memory(err, "the labels", TAG_MAX_LABELS * sizeof *d->labels);
    char *label = arena_copy(&d->arena, v->text.data, v->text.len);
    if (!label) return no_room(d, at, err);
    d->labels[d->n_labels++] = label;
    return INGLE_OK;
}

static bool is_char_start(const struct tagged_text *t, size_t at) {
    return at == t->len || ((unsigned char)t->text[at] & 0xc0) != 0x80;
}

static int by_place(const void *a, const void *b) {
    const struct tagged_span *x = a, *y = b;
    return x->from < y->from ? -1 : x->from > y->from;
}

static ingle_status read_spans(struct tagger_data *d, struct tagged_text *t,
                               const struct json_value *list, const struct place *at,
                               ingle_error *err) {
    if (list && list->kind != JSON_ARRAY) return bad(at, "has \"spans\" that are no array", err);
    size_t n = list ? list->n : 0;
    struct tagged_span *spans = arena_array(&d->arena, n, sizeof *spans);
    if (!spans) return no_room(d, at, err);
    for (size_t i = 0; i < n; i++) {
        const struct json_value *v = &list->items[i];
        if (!read_offset(json_member(v, "from"), t->len, &spans[i].from) ||
            !read_offset(json_member(v, "to"), t->len, &spans[i].to) ||
            spans[i].from >= spans[i].to) {
            return bad(at, "has a span whose \"from\" and \"to\" are no bytes of the text", err);
        }
        if (!is_char_start(t, spans[i].from) || !is_char_start(t, spans[i].to)) {
            return bad(at, "has a span that begins or ends inside a character", err);
        }
        INGLE_TRY(find_label(d, json_member(v, "label"), &spans[i].label, at, err));
    }
    if (n > 1) qsort(spans, n, sizeof *spans, by_place);
    for (size_t i = 1; i < n; i++) {
        if (spans[i].from < spans[i - 1].to) return bad(at, "has spans that overlap", err);
    }
    t->spans = spans;
    t->n_spans = n;
    return INGLE_OK;
}

static ingle_status read_text(struct tagger_data *d, const struct json_value *v,
                              const struct place *at, ingle_error *err) {
    const struct json_value *text = json_member(v, "text");
    if (!text || text->kind != JSON_STRING) return bad(at, "has no string \"text\"", err);
    if (d->n_texts == d->texts_cap) {
        size_t cap = d->texts_cap ? d->texts_cap * 2 : 1024;
        struct tagged_text *grown = mem_realloc(d->texts, cap * sizeof *grown);
        if (!grown) return status_no_memory(err, "the texts", cap * sizeof *grown);
        d->texts = grown;
        d->texts_cap = cap;
    }
    struct tagged_text *t = &d->texts[d->n_texts];
    *t = (struct tagged_text){.len = text->text.len};
    t->text = arena_copy(&d->arena, text->text.data, text->text.len);
    if (!t->text) return no_room(d, at, err);
    INGLE_TRY(read_spans(d, t, json_member(v, "spans"), at, err));
    d->n_texts++;
    return INGLE_OK;
}

static ingle_status read_line(struct tagger_data *d, struct arena *scratch, const char *line,
                              size_t len, const struct place *at, ingle_error *err) {
    const struct json_value *v;
    char what[64];
    snprintf(what, sizeof what, "line %zu of the data", at->line);
    arena_clear(scratch);
    INGLE_TRY(json_tree_parse(&v, scratch, line, len, what, err));
    return read_text(d, v, at, err);
}

ingle_status tagger_data_read(struct tagger_data *d, const char *jsonl, size_t len,
                              const char *name, ingle_error *err) {
    if (d->arena.max == 0) arena_init(&d->arena, MAX_MEMORY);
    struct arena scratch;
    arena_init(&scratch, MAX_LINE_TREE);
    struct place at = {name, 0};
    ingle_status status = INGLE_OK;
    for (size_t i = 0, end; i < len && status == INGLE_OK; i = end + 1) {
        const char *newline = memchr(jsonl + i, '\n', len - i);
        end = newline ? (size_t)(newline - jsonl) : len;
        at.line++;
        if (json_is_blank(jsonl + i, end - i)) continue;
        status = read_line(d, &scratch, jsonl + i, end - i, &at, err);
    }
    arena_clear(&scratch);
    return status;
}

void tagger_data_clear(struct tagger_data *d) {
    arena_clear(&d->arena);
    mem_free(d->texts);
    mem_free(d->labels);
    *d = (struct tagger_data){0};
}
