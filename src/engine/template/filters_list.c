/* Filters of lists. Those that are generators in jinja2 give an iterator: it is walked once, and
 * has neither length nor text. */
#include "engine/template/eval.h"
#include "engine/template/filters.h"
#include "engine/template/seq.h"

static FILTER(filter_first) {
    const struct seq *items;
    (void)p;
    if (self.kind == VALUE_SEQ && self.q->form == SEQ_ITERATOR) { /* takes one, not all */
        if (self.q->pos == self.q->n) return lookup_undefined(r, "there is no first item", out);
        *out = self.q->items[self.q->pos++];
        return INGLE_OK;
    }
    INGLE_TRY(seq_walk(r, self, &items));
    if (items->n == 0) return lookup_undefined(r, "there is no first item", out);
    *out = items->items[0];
    return INGLE_OK;
}

static FILTER(filter_last) {
    const struct seq *items;
    (void)p;
    if (self.kind == VALUE_SEQ && self.q->form == SEQ_ITERATOR) {
        return run_invalid(r, "an iterator has no last item; |list makes a list of it");
    }
    INGLE_TRY(seq_walk(r, self, &items));
    if (items->n == 0) return lookup_undefined(r, "there is no last item", out);
    *out = items->items[items->n - 1];
    if (self.kind == VALUE_STR) out->s->is_safe = self.s->is_safe; /* by its index, in Python */
    return INGLE_OK;
}

static FILTER(filter_list) {
    struct seq *copy;
    (void)p;
    INGLE_TRY(seq_copy(r, self, SEQ_LIST, &copy));
    *out = value_of_seq(copy);
    return INGLE_OK;
}

static FILTER(filter_items) {
    struct seq *none;
    (void)p;
    if (self.kind == VALUE_UNDEFINED) {
        INGLE_TRY(seq_new(r, SEQ_ITERATOR, 0, &none));
        *out = value_of_seq(none);
        return INGLE_OK;
    }
    if (self.kind != VALUE_DICT) {
        return run_invalid(r, "'items' needs a dict, not %s", value_kind_name(self));
    }
    INGLE_TRY(dict_view(r, self.d, SEQ_ITEMS, out));
    out->q->form = SEQ_ITERATOR;
    return INGLE_OK;
}

static FILTER(filter_reverse) {
    struct seq *copy, *back;
    struct build b;
    (void)p;
    INGLE_TRY(seq_copy(r, self, SEQ_LIST, &copy));
    build_init(&b, r);
    INGLE_TRY(seq_new(r, SEQ_ITERATOR, copy->n, &back));
    if (self.kind == VALUE_SEQ && self.q->form == SEQ_ITERATOR) back->form = SEQ_LIST;
    for (size_t i = copy->n; i-- > 0;) {
        if (self.kind == VALUE_STR) {
            INGLE_TRY(build_add_str(&b, copy->items[i].s));
        } else {
            INGLE_TRY(seq_add(r, back, copy->items[i]));
        }
    }
    *out = value_of_seq(back);
    if (self.kind != VALUE_STR) return INGLE_OK;
    INGLE_TRY(build_end(&b, out));
    out->s->is_safe = self.s->is_safe;
    return INGLE_OK;
}

static FILTER(filter_join) {
    const struct seq *items;
    struct str *sep = NULL, *text;
    struct build b;
    INGLE_TRY(seq_walk(r, self, &items));
    if (p->has[0]) INGLE_TRY(str_of(r, p->v[0], &sep));
    struct value path = p->has[1] ? p->v[1] : VALUE_OF_NONE;
    build_init(&b, r);
    for (size_t i = 0; i < items->n; i++) {
        struct value item;
        INGLE_TRY(lookup_path(r, items->items[i], path, VALUE_OF_NONE, &item));
        INGLE_TRY(str_of(r, item, &text));
        if (i && sep) INGLE_TRY(build_add_str(&b, sep));
        INGLE_TRY(build_add_str(&b, text));
    }
    return build_end(&b, out);
}

static FILTER(filter_sum) {
    const struct seq *items;
    struct value path = p->has[0] ? p->v[0] : VALUE_OF_NONE;
    *out = p->has[1] ? p->v[1] : value_int(0);
    if (out->kind == VALUE_STR) return run_invalid(r, "'sum' does not add strings; join them");
    INGLE_TRY(seq_walk(r, self, &items));
    for (size_t i = 0; i < items->n; i++) {
        struct value item;
        INGLE_TRY(lookup_path(r, items->items[i], path, VALUE_OF_NONE, &item));
        INGLE_TRY(operator_binary(r, OP_ADD, *out, item, out));
    }
    return INGLE_OK;
}

/* As jinja2 goes about it, for sizes of 0 and below too. */
static FILTER(filter_batch) {
    const struct seq *items;
    struct seq *all, *row;
    int64_t size;
    INGLE_TRY(param_int(r, p, 0, 0, &size));
    INGLE_TRY(seq_walk(r, self, &items));
    INGLE_TRY(seq_new(r, SEQ_ITERATOR, 0, &all));
    INGLE_TRY(seq_new(r, SEQ_LIST, 0, &row));
    for (size_t i = 0; i < items->n; i++) {
        if ((int64_t)row->n == size) {
            INGLE_TRY(seq_add(r, all, value_of_seq(row)));
            INGLE_TRY(seq_new(r, SEQ_LIST, 0, &row));
        }
        INGLE_TRY(seq_add(r, row, items->items[i]));
    }
    bool fills = p->has[1] && p->v[1].kind != VALUE_NONE;
    bool is_any = row->n > 0;
    while (is_any && fills && (int64_t)row->n < size) INGLE_TRY(seq_add(r, row, p->v[1]));
    if (is_any) INGLE_TRY(seq_add(r, all, value_of_seq(row)));
    *out = value_of_seq(all);
    return INGLE_OK;
}

static FILTER(filter_slice) {
    const struct seq *items;
    struct seq *all, *part;
    int64_t n_parts;
    INGLE_TRY(param_int(r, p, 0, 0, &n_parts));
    INGLE_TRY(seq_walk(r, self, &items));
    if (n_parts == 0) return run_invalid(r, "'slice' needs at least one part");
    INGLE_TRY(seq_new(r, SEQ_ITERATOR, 0, &all));
    bool fills = p->has[1] && p->v[1].kind != VALUE_NONE;
    size_t at = 0;
    for (int64_t k = 0; k < n_parts; k++) {
        size_t each = items->n / (size_t)n_parts, extra = items->n % (size_t)n_parts;
        size_t end = at + each + ((size_t)k < extra);
        INGLE_TRY(seq_new(r, SEQ_LIST, 0, &part));
        while (at < end) INGLE_TRY(seq_add(r, part, items->items[at++]));
        if (fills && (size_t)k >= extra) INGLE_TRY(seq_add(r, part, p->v[1]));
        INGLE_TRY(seq_add(r, all, value_of_seq(part)));
    }
    *out = value_of_seq(all);
    return INGLE_OK;
}

const struct builtin *filters_of_lists(const char *name, size_t len) {
    static const struct builtin rows[] = {
        {"batch", filter_batch, "linecount fill_with", 1},
        {"dictsort", filter_dict_sort, "case_sensitive by reverse", 0},
        {"first", filter_first, "", 0},
        {"groupby", filter_group_by, "attribute default case_sensitive", 1},
        {"items", filter_items, "", 0},
        {"join", filter_join, "d attribute", 0},
        {"last", filter_last, "", 0},
        {"list", filter_list, "", 0},
        {"max", filter_max, "case_sensitive attribute", 0},
        {"min", filter_min, "case_sensitive attribute", 0},
        {"reverse", filter_reverse, "", 0},
        {"slice", filter_slice, "slices fill_with", 1},
        {"sort", filter_sort, "reverse case_sensitive attribute", 0},
        {"sum", filter_sum, "attribute start", 0},
        {"unique", filter_unique, "case_sensitive attribute", 0},
    };
    return builtin_find(rows, BASE_COUNT(rows), name, len);
}
