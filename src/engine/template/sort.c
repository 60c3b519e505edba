/* Filters that order: each item has a key, made from it once. */
#include <string.h>

#include "engine/template/eval.h"
#include "engine/template/filters.h"
#include "engine/template/seq.h"
#include "engine/template/str_ops.h"

struct keyed {
    struct value key, item;
};

static ingle_status ignore_case(struct run *r, bool ignore, struct value *v) {
    if (!ignore || v->kind != VALUE_STR) return INGLE_OK;
    return str_to_case(r, v->s, CASE_LOWER, v);
}

/* Stable; for the reverse order too, as Python's is. */
static ingle_status merge(struct run *r, struct keyed *a, size_t n, struct keyed *room,
                          bool reverse) {
    if (n < 2) return INGLE_OK;
    size_t half = n / 2, i = 0, k = half, to = 0;
    INGLE_TRY(merge(r, a, half, room, reverse));
    INGLE_TRY(merge(r, a + half, n - half, room, reverse));
    while (i < half && k < n) {
        int order;
        INGLE_TRY(run_work(r, 0));
        INGLE_TRY(value_compare(r, a[k].key, a[i].key, "<", &order));
        bool takes_second = reverse ? order == 1 : order == -1;
        room[to++] = takes_second ? a[k++] : a[i++];
    }
    while (i < half) room[to++] = a[i++];
    while (k < n) room[to++] = a[k++];
    memcpy(a, room, n * sizeof *a);
    return INGLE_OK;
}

static ingle_status sort(struct run *r, struct keyed *list, size_t n, bool reverse) {
    void *room;
    INGLE_TRY(run_alloc(r, n, sizeof *list, &room));
    return merge(r, list, n, room, reverse);
}

/* The items of self with room for their keys. */
static ingle_status gather(struct run *r, struct value self, struct keyed **list, size_t *n) {
    const struct seq *items;
    void *room;
    INGLE_TRY(seq_walk(r, self, &items));
    INGLE_TRY(run_alloc(r, items->n, sizeof **list, &room));
    *list = room;
    *n = items->n;
    for (size_t i = 0; i < items->n; i++) (*list)[i].item = items->items[i];
    return INGLE_OK;
}

/* A list of what the attributes "a,b" give. */
static ingle_status sort_key(struct run *r, struct value item, struct value path, bool ignore,
                             struct value *out) {
    struct seq *keys;
    INGLE_TRY(seq_new(r, SEQ_LIST, 1, &keys));
    *out = value_of_seq(keys);
    size_t at = 0, len = path.kind == VALUE_STR ? path.s->len : 0;
    do {
        struct value one = path, key;
        if (path.kind == VALUE_STR) {
            const char *comma = memchr(path.s->data + at, ',', len - at);
            size_t end = comma ? (size_t)(comma - path.s->data) : len;
            INGLE_TRY(str_part(r, path.s, at, end - at, &one));
            at = end + 1;
        }
        INGLE_TRY(lookup_path(r, item, one, VALUE_OF_NONE, &key));
        INGLE_TRY(ignore_case(r, ignore, &key));
        INGLE_TRY(seq_add(r, keys, key));
    } while (path.kind == VALUE_STR && at <= len);
    return INGLE_OK;
}

static ingle_status as_list(struct run *r, const struct keyed *list, size_t n, struct value *out) {
    struct seq *q;
    INGLE_TRY(seq_new(r, SEQ_LIST, n, &q));
    for (size_t i = 0; i < n; i++) INGLE_TRY(seq_add(r, q, list[i].item));
    *out = value_of_seq(q);
    return INGLE_OK;
}

FILTER(filter_sort) {
    struct keyed *list;
    size_t n;
    struct value path = p->has[2] ? p->v[2] : VALUE_OF_NONE;
    INGLE_TRY(gather(r, self, &list, &n));
    for (size_t i = 0; i < n; i++) {
        INGLE_TRY(sort_key(r, list[i].item, path, !param_flag(p, 1), &list[i].key));
    }
    INGLE_TRY(sort(r, list, n, param_flag(p, 0)));
    return as_list(r, list, n, out);
}

FILTER(filter_dict_sort) {
    struct keyed *list;
    struct str *by;
    size_t n;
    struct value pairs;
    INGLE_TRY(param_str(r, p, 1, &by));
    bool by_value = by && str_is(by, "value");
    if (by && !by_value && !str_is(by, "key")) {
        return run_invalid(r, "'dictsort' sorts by \"key\" or by \"value\"");
    }
    INGLE_TRY(run_undefined(r, self));
    if (self.kind != VALUE_DICT) {
        return run_invalid(r, "'dictsort' needs a dict, not %s", value_kind_name(self));
    }
    INGLE_TRY(dict_view(r, self.d, SEQ_ITEMS, &pairs));
    INGLE_TRY(gather(r, pairs, &list, &n));
    for (size_t i = 0; i < n; i++) {
        list[i].key = list[i].item.q->items[by_value];
        INGLE_TRY(ignore_case(r, !param_flag(p, 0), &list[i].key));
    }
    INGLE_TRY(sort(r, list, n, param_flag(p, 2)));
    return as_list(r, list, n, out);
}

/* The item's attribute, by which unique, groupby, min and max go. */
static ingle_status item_key(struct run *r, struct value item, struct value path,
                             struct value other, bool ignore, struct value *out) {
    INGLE_TRY(lookup_path(r, item, path, other, out));
    return ignore_case(r, ignore, out);
}

FILTER(filter_unique) {
    const struct seq *items;
    struct seq *result;
    struct dict *seen;
    struct value path = p->has[1] ? p->v[1] : VALUE_OF_NONE;
    INGLE_TRY(seq_walk(r, self, &items));
    INGLE_TRY(seq_new(r, SEQ_ITERATOR, 0, &result));
    INGLE_TRY(dict_new(r, &seen));
    for (size_t i = 0; i < items->n; i++) {
        struct value key, *before;
        INGLE_TRY(item_key(r, items->items[i], path, VALUE_OF_NONE, !param_flag(p, 0), &key));
        INGLE_TRY(dict_get(r, seen, key, &before));
        if (before) continue;
        INGLE_TRY(dict_set(r, seen, key, VALUE_OF_NONE));
        INGLE_TRY(seq_add(r, result, items->items[i]));
    }
    *out = value_of_seq(result);
    return INGLE_OK;
}

FILTER(filter_group_by) {
    struct keyed *list;
    size_t n;
    struct value path = p->v[0], other = p->has[1] ? p->v[1] : VALUE_OF_NONE;
    struct seq *groups, *group = NULL;
    INGLE_TRY(gather(r, self, &list, &n));
    for (size_t i = 0; i < n; i++) {
        INGLE_TRY(item_key(r, list[i].item, path, other, !param_flag(p, 2), &list[i].key));
    }
    INGLE_TRY(sort(r, list, n, false));
    INGLE_TRY(seq_new(r, SEQ_LIST, 0, &groups));
    for (size_t i = 0; i < n; i++) {
        bool same = false;
        if (i) INGLE_TRY(value_equal(r, list[i - 1].key, list[i].key, &same));
        if (!same) {
            struct value key, pair;
            INGLE_TRY(seq_new(r, SEQ_LIST, 0, &group));
            INGLE_TRY(item_key(r, list[i].item, path, other, false, &key));
            INGLE_TRY(seq_pair(r, key, value_of_seq(group), &pair));
            pair.q->is_group = true;
            INGLE_TRY(seq_add(r, groups, pair));
        }
        INGLE_TRY(seq_add(r, group, list[i].item));
    }
    *out = value_of_seq(groups);
    return INGLE_OK;
}

static ingle_status extreme(struct run *r, struct value self, struct params *p, int wanted,
                            struct value *out) {
    const struct seq *items;
    struct value best, key, path = p->has[1] ? p->v[1] : VALUE_OF_NONE;
    bool ignore = !param_flag(p, 0);
    INGLE_TRY(seq_walk(r, self, &items));
    if (items->n == 0) return lookup_undefined(r, "there is no item to take", out);
    *out = items->items[0];
    INGLE_TRY(item_key(r, *out, path, VALUE_OF_NONE, ignore, &best));
    for (size_t i = 1; i < items->n; i++) {
        int order;
        INGLE_TRY(item_key(r, items->items[i], path, VALUE_OF_NONE, ignore, &key));
        INGLE_TRY(value_compare(r, key, best, wanted < 0 ? "<" : ">", &order));
        if (order != wanted) continue;
        best = key;
        *out = items->items[i];
    }
    return INGLE_OK;
}

FILTER(filter_min) {
    return extreme(r, self, p, -1, out);
}

FILTER(filter_max) {
    return extreme(r, self, p, 1, out);
}
