/* map, select and their like: a filter or a test, by its name, for every item. */
#include "engine/template/eval.h"
#include "engine/template/filters.h"
#include "engine/template/seq.h"

/* The arguments behind the first `skip`, for the filter or the test. */
static struct args rest_of(const struct args *all, size_t skip) {
    return (struct args){.items = all->items + skip, .n = all->n - skip, .names = all->names};
}

static ingle_status need_name(struct run *r, const struct params *p, struct value v,
                              struct str **out) {
    *out = v.s;
    if (v.kind == VALUE_STR) return INGLE_OK;
    return run_invalid(r, "'%s' needs the name of a filter or a test", p->row->name);
}

/* map(attribute="a.b", default=x) */
static ingle_status map_path(struct run *r, const struct dict *names, const struct seq *items,
                             struct seq *result) {
    struct value *path = dict_find(names, "attribute", 9), *other = dict_find(names, "default", 7);
    if (names->n != 1u + (other != NULL)) {
        return run_invalid(r, "'map' takes an attribute and a default by name");
    }
    for (size_t i = 0; i < items->n; i++) {
        struct value item;
        INGLE_TRY(lookup_path(r, items->items[i], *path, other ? *other : VALUE_OF_NONE, &item));
        INGLE_TRY(seq_add(r, result, item));
    }
    return INGLE_OK;
}

static FILTER(filter_map) {
    const struct seq *items;
    struct seq *result;
    struct str *name;
    INGLE_TRY(seq_new(r, SEQ_ITERATOR, 0, &result));
    *out = value_of_seq(result);
    if (!value_is_true(self)) return INGLE_OK;
    INGLE_TRY(seq_walk(r, self, &items));
    if (p->all->n == 0 && p->all->names && dict_find(p->all->names, "attribute", 9)) {
        return map_path(r, p->all->names, items, result);
    }
    if (p->all->n == 0) return run_invalid(r, "'map' needs a filter");
    INGLE_TRY(need_name(r, p, p->all->items[0], &name));
    struct args args = rest_of(p->all, 1);
    for (size_t i = 0; i < items->n; i++) {
        struct value item;
        INGLE_TRY(filter_call(r, name->data, name->len, items->items[i], &args, &item));
        INGLE_TRY(seq_add(r, result, item));
    }
    return INGLE_OK;
}

static ingle_status choose(struct run *r, struct value self, struct params *p, bool by_attribute,
                           bool keeps, struct value *out) {
    const struct seq *items;
    struct seq *result;
    struct str *name = NULL;
    size_t skip = by_attribute;
    INGLE_TRY(seq_new(r, SEQ_ITERATOR, 0, &result));
    *out = value_of_seq(result);
    if (!value_is_true(self)) return INGLE_OK;
    if (p->all->n < skip) return run_invalid(r, "'%s' needs an attribute", p->row->name);
    INGLE_TRY(seq_walk(r, self, &items));
    if (p->all->n > skip) INGLE_TRY(need_name(r, p, p->all->items[skip], &name));
    struct value path = by_attribute ? p->all->items[0] : VALUE_OF_NONE;
    for (size_t i = 0; i < items->n; i++) {
        struct value looked_at;
        bool holds;
        INGLE_TRY(lookup_path(r, items->items[i], path, VALUE_OF_NONE, &looked_at));
        holds = value_is_true(looked_at);
        if (name) {
            struct args args = rest_of(p->all, skip + 1);
            INGLE_TRY(predicate_call(r, name->data, name->len, looked_at, &args, &holds));
        }
        if (holds == keeps) INGLE_TRY(seq_add(r, result, items->items[i]));
    }
    return INGLE_OK;
}
static FILTER(filter_select) {
    return choose(r, self, p, false, true, out);
}
static FILTER(filter_reject) {
    return choose(r, self, p, false, false, out);
}
static FILTER(filter_select_attr) {
    return choose(r, self, p, true, true, out);
}
static FILTER(filter_reject_attr) {
    return choose(r, self, p, true, false, out);
}

const struct builtin *filters_of_choice(const char *name, size_t len) {
    static const struct builtin rows[] = {
        {"map", filter_map, NULL, 0},
        {"reject", filter_reject, NULL, 0},
        {"rejectattr", filter_reject_attr, NULL, 0},
        {"select", filter_select, NULL, 0},
        {"selectattr", filter_select_attr, NULL, 0},
    };
    return builtin_find(rows, BASE_COUNT(rows), name, len);
}
