#include "engine/text/special.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static bool has_bit(const uint8_t set[32], uint8_t byte) {
    return set[byte / 8] >> byte % 8 & 1;
}

static void set_bit(uint8_t set[32], uint8_t byte) {
    set[byte / 8] |= (uint8_t)(1u << byte % 8);
}

static int by_length(const void *a, const void *b) {
    const struct special_token *x = a, *y = b;
    if (x->text.len != y->text.len) return x->text.len < y->text.len ? 1 : -1;
    return x->id < y->id ? -1 : 1;
}

static bool init_group(struct special *s, const struct vocab *v, struct special_group *group,
                       size_t first) {
    size_t n = 0;
    const struct special_token *tokens = s->sorted + first;
    while (first + n < s->n && tokens[n].text.len == tokens[0].text.len) n++;
    *group = (struct special_group){
        .len = tokens[0].text.len, .first = first, .n = n, .one_start = true};
    if (!name_index_open(&group->index, tokens, sizeof *tokens, n)) return false;
    for (size_t i = 0; i < n; i++) {
        (void)name_index_add(&group->index, i);
        uint8_t start = (uint8_t)tokens[i].text.data[0];
        set_bit(group->starts, start);
        if (start != (uint8_t)tokens[0].text.data[0]) group->one_start = false;
        if (!(v->flags[tokens[i].id] & VOCAB_LITERAL)) continue;
        set_bit(group->literal_starts, start);
        group->has_literals = true;
    }
    return true;
}

ingle_status special_init(struct special *s, const struct vocab *v, ingle_error *err) {
    for (int id = 0; id < v->n; id++) {
        s->n += (v->flags[id] & (VOCAB_CONTROL | VOCAB_LITERAL)) && v->text[id].len > 0;
    }
    if (s->n == 0) return INGLE_OK;
    s->sorted = mem_alloc(s->n * sizeof *s->sorted);
    if (!s->sorted) return status_no_memory(err, "the special tokens", s->n * sizeof *s->sorted);
    size_t n = 0;
    for (int id = 0; id < v->n; id++) {
        if (!(v->flags[id] & (VOCAB_CONTROL | VOCAB_LITERAL)) || v->text[id].len == 0) continue;
        s->sorted[n++] = (struct special_token){v->text[id], id};
    }
    qsort(s->sorted, s->n, sizeof *s->sorted, by_length);
    size_t n_groups = 1;
    for (size_t i = 1; i < n; i++) n_groups += s->sorted[i].text.len != s->sorted[i - 1].text.len;
    s->groups = mem_calloc(n_groups, sizeof *s->groups);
    if (!s->groups) return status_no_memory(err, "the special tokens", n_groups);
    for (size_t first = 0; first < n; first += s->groups[s->n_groups - 1].n) {
        if (!init_group(s, v, &s->groups[s->n_groups++], first)) {
            return status_no_memory(err, "the index of the special tokens", n);
        }
    }
    return INGLE_OK;
}

void special_clear(struct special *s) {
    for (size_t i = 0; i < s->n_groups; i++) name_index_clear(&s->groups[i].index);
    mem_free(s->groups);
    mem_free(s->sorted);
    *s = (struct special){0};
}

static bool add_fragment(struct fragments *f, struct fragment fragment) {
    if (f->n == f->cap) {
        size_t cap = f->cap ? 2 * f->cap : 16;
        struct fragment *at = mem_realloc(f->at, cap * sizeof *at);
        if (!at) return false;
        f->at = at;
        f->cap = cap;
    }
    f->at[f->n++] = fragment;
    return true;
}

void fragments_clear(struct fragments *f) {
    mem_free(f->at);
    *f = (struct fragments){0};
}

/* isspace() in the C locale. */
static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next place in text[from..end) where a token of the group may begin; end if there is none. */
static size_t next_start(const struct special *s, const struct special_group *group,
                         const uint8_t starts[32], const char *text, size_t from, size_t end) {
    if (end - from < group->len) return end;
    size_t last = end - group->len + 1;
    if (group->one_start) {
        const char *at = memchr(text + from, s->sorted[group->first].text.data[0], last - from);
        return at ? (size_t)(at - text) : end;
    }
    while (from < last && !has_bit(starts, (uint8_t)text[from])) from++;
    return from < last ? from : end;
}

static bool are_looked_for(const struct special_where *where) {
    return where->everywhere || where->n_ranges > 0;
}

/* Is a control token at text[at..at + len) one that is looked for? */
static bool is_in(const struct special_where *where, size_t at, size_t len) {
    if (where->everywhere) return true;
    size_t low = 0, high = where->n_ranges; /* the first range that begins after `at` */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (where->ranges[middle].start <= at) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0) return false;
    const struct text_range *range = &where->ranges[low - 1];
    return at - range->start < range->len && len <= range->len - (at - range->start);
}

/* The first token of the group in text[from..end); VOCAB_NONE. *at is where. */
static int32_t search(const struct special *s, const struct vocab *v,
                      const struct special_group *group, const char *text, size_t from, size_t end,
                      const struct special_where *where, size_t *at) {
    const uint8_t *starts = are_looked_for(where) ? group->starts : group->literal_starts;
    for (;; from++) {
        from = next_start(s, group, starts, text, from, end);
        if (from == end) return VOCAB_NONE;
        uint32_t i = name_index_find(&group->index, text + from, group->len);
        if (i == NAME_INDEX_NONE) continue;
        int32_t id = s->sorted[group->first + i].id;
        if (!(v->flags[id] & VOCAB_LITERAL) && !is_in(where, from, group->len)) continue;
        *at = from;
        return id;
    }
}

/* Cuts raw fragment i at every token of the group. */
static bool cut(const struct special *s, const struct vocab *v, const struct special_group *group,
                const char *text, const struct special_where *where, int32_t i,
                struct fragments *out) {
    for (;;) {
        struct fragment raw = out->at[i];
        size_t end = raw.start + raw.len, at = 0;
        int32_t id = search(s, v, group, text, raw.start, end, where, &at);
        if (id == VOCAB_NONE) return true;
        if (at > raw.start) {
            out->at[i].len = at - raw.start;
            out->at[i].next = (int32_t)out->n;
            if (!add_fragment(out, (struct fragment){.next = -1})) return false;
            i = (int32_t)out->n - 1;
        }
        size_t right = at + group->len;
        while ((v->flags[id] & VOCAB_EATS_SPACE) && right < end && is_space(text[right])) right++;
        out->at[i] = (struct fragment){at, right - at, id, raw.next};
        if (right == end) return true;
        out->at[i].next = (int32_t)out->n;
        struct fragment rest = {right, end - right, VOCAB_NONE, raw.next};
        if (!add_fragment(out, rest)) return false;
        i = (int32_t)out->n - 1;
    }
}

bool special_split(const struct special *s, const struct vocab *v, const char *text, size_t len,
                   const struct special_where *where, struct fragments *out) {
    out->n = 0;
    if (!add_fragment(out, (struct fragment){0, len, VOCAB_NONE, -1})) return false;
    for (size_t g = 0; g < s->n_groups; g++) {
        const struct special_group *group = &s->groups[g];
        if (!are_looked_for(where) && !group->has_literals) continue;
        for (int32_t i = 0; i >= 0;) {
            int32_t next = out->at[i].next;
            if (out->at[i].id == VOCAB_NONE && !cut(s, v, group, text, where, i, out)) {
                return false;
            }
            i = next;
        }
    }
    return true;
}

/* Is text[0..len) how a token of the group begins that is longer? */
static bool begins_one(const struct special *s, const struct vocab *v,
                       const struct special_group *group, const char *text, size_t len,
                       bool controls) {
    const uint8_t *starts = controls ? group->starts : group->literal_starts;
    if (len >= group->len || !has_bit(starts, (uint8_t)text[0])) return false;
    for (size_t i = group->first; i < group->first + group->n; i++) {
        if (!controls && !(v->flags[s->sorted[i].id] & VOCAB_LITERAL)) continue;
        if (memcmp(s->sorted[i].text.data, text, len) == 0) return true;
    }
    return false;
}

/* A token that more text completes begins at the end of this one, and takes its place from shorter
 * ones that overlap it, which gives room to ones shorter still: each group reaches back by no more
 * than its length. */
size_t special_stable_len(const struct special *s, const struct vocab *v, const char *text,
                          size_t len, bool controls) {
    size_t from = len, reach = 0;
    for (size_t g = 0; g < s->n_groups; g++) {
        const struct special_group *group = &s->groups[g];
        if (!controls && !group->has_literals) continue;
        reach += group->len;
        for (size_t back = 1; back < group->len && back <= len; back++) {
            if (len - back >= from) continue;
            if (begins_one(s, v, group, text + len - back, back, controls)) from = len - back;
        }
    }
    if (from == len) return len;
    return from > reach ? from - reach : 0;
}
