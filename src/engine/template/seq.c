#include "engine/template/seq.h"

#include <string.h>

#include "engine/template/chars.h"
#include "engine/template/run.h"

#define FEW 8 /* entries of a dict that are looked through one by one */

ingle_status seq_new(struct run *r, enum seq_form form, size_t cap, struct seq **out) {
    void *q, *items = NULL;
    INGLE_TRY(run_alloc(r, 1, sizeof(struct seq), &q));
    if (cap) INGLE_TRY(run_alloc(r, cap, sizeof(struct value), &items));
    *out = q;
    **out = (struct seq){.form = form, .cap = cap, .items = items};
    return INGLE_OK;
}

ingle_status seq_add(struct run *r, struct seq *q, struct value v) {
    INGLE_TRY(run_work(r, 0));
    if (q->n == q->cap) {
        size_t cap = q->cap ? q->cap * 2 : 4;
        void *items;
        INGLE_TRY(run_alloc(r, cap, sizeof *q->items, &items));
        if (q->n) memcpy(items, q->items, q->n * sizeof *q->items);
        q->items = items;
        q->cap = cap;
    }
    q->items[q->n++] = v;
    return INGLE_OK;
}

void seq_remove(struct seq *q, size_t at) {
    memmove(q->items + at, q->items + at + 1, (q->n - at - 1) * sizeof *q->items);
    q->n--;
}

ingle_status seq_pair(struct run *r, struct value a, struct value b, struct value *out) {
    struct seq *q;
    INGLE_TRY(seq_new(r, SEQ_TUPLE, 2, &q));
    INGLE_TRY(seq_add(r, q, a));
    INGLE_TRY(seq_add(r, q, b));
    *out = value_of_seq(q);
    return INGLE_OK;
}

bool seq_can_walk(struct value v) {
    return v.kind == VALUE_SEQ || v.kind == VALUE_DICT || v.kind == VALUE_STR ||
           v.kind == VALUE_UNDEFINED;
}

static ingle_status add_chars(struct run *r, const struct str *s, struct seq *q) {
    for (size_t at = 0; at < s->len;) {
        struct value one;
        size_t n = chars_len(s->data[at]);
        INGLE_TRY(str_part(r, s, at, n, &one));
        one.s->is_safe = false; /* as Python walks a Markup */
        INGLE_TRY(seq_add(r, q, one));
        at += n;
    }
    return INGLE_OK;
}

static ingle_status add_all(struct run *r, struct value v, struct seq *q) {
    if (v.kind == VALUE_UNDEFINED) {
        return v.u && v.u->is_unsafe ? run_undefined(r, v) : INGLE_OK;
    }
    if (v.kind == VALUE_STR) return add_chars(r, v.s, q);
    if (v.kind == VALUE_DICT) {
        for (size_t i = 0; i < v.d->n; i++) INGLE_TRY(seq_add(r, q, v.d->entries[i].key));
        return INGLE_OK;
    }
    if (v.kind != VALUE_SEQ) {
        return run_invalid(r, "%s has no items to walk through", value_kind_name(v));
    }
    for (size_t i = v.q->pos; i < v.q->n; i++) INGLE_TRY(seq_add(r, q, v.q->items[i]));
    if (v.q->form == SEQ_ITERATOR) v.q->pos = v.q->n;
    return INGLE_OK;
}

ingle_status seq_copy(struct run *r, struct value v, enum seq_form form, struct seq **out) {
    INGLE_TRY(seq_new(r, form, 0, out));
    return add_all(r, v, *out);
}

ingle_status seq_walk(struct run *r, struct value v, const struct seq **out) {
    if (v.kind == VALUE_SEQ && v.q->form != SEQ_ITERATOR) {
        *out = v.q;
        return run_work(r, 0);
    }
    struct seq *copy;
    INGLE_TRY(seq_copy(r, v, SEQ_LIST, &copy));
    *out = copy;
    return INGLE_OK;
}

bool seq_length(struct value v, size_t *out) {
    switch (v.kind) {
    case VALUE_UNDEFINED:
        *out = 0;
        return true;
    case VALUE_STR:
        *out = str_count(v.s);
        return true;
    case VALUE_DICT:
        *out = v.d->n;
        return true;
    case VALUE_SEQ:
        *out = v.q->n;
        return v.q->form != SEQ_ITERATOR;
    default:
        return false;
    }
}

ingle_status dict_new(struct run *r, struct dict **out) {
    void *d;
    INGLE_TRY(run_alloc(r, 1, sizeof(struct dict), &d));
    *out = d;
    (*out)->seed = r->seed;
    return INGLE_OK;
}

static void enter_slot(struct dict *d, size_t entry) {
    size_t slot = d->entries[entry].hash & (d->n_slots - 1);
    while (d->slots[slot]) slot = (slot + 1) & (d->n_slots - 1);
    d->slots[slot] = (uint32_t)entry + 1;
}

static void fill_slots(struct dict *d) {
    if (!d->slots) return;
    memset(d->slots, 0, d->n_slots * sizeof *d->slots);
    for (size_t i = 0; i < d->n; i++) enter_slot(d, i);
}

static ingle_status grow(struct run *r, struct dict *d) {
    if (d->n < d->cap) return INGLE_OK;
    size_t cap = d->cap ? d->cap * 2 : 4;
    void *entries, *slots;
    INGLE_TRY(run_alloc(r, cap, sizeof *d->entries, &entries));
    if (d->n) memcpy(entries, d->entries, d->n * sizeof *d->entries);
    d->entries = entries;
    d->cap = cap;
    if (cap <= FEW) return INGLE_OK;
    INGLE_TRY(run_alloc(r, cap * 2, sizeof *d->slots, &slots));
    d->slots = slots;
    d->n_slots = cap * 2;
    fill_slots(d);
    return INGLE_OK;
}

static ingle_status find(struct run *r, const struct dict *d, struct value key, uint64_t hash,
                         size_t *out) {
    bool same;
    *out = SIZE_MAX;
    if (!d->slots) {
        for (size_t i = 0; i < d->n; i++) {
            if (d->entries[i].hash != hash) continue;
            INGLE_TRY(value_equal(r, d->entries[i].key, key, &same));
            if (same) *out = i;
        }
        return INGLE_OK;
    }
    for (size_t at = hash & (d->n_slots - 1); d->slots[at]; at = (at + 1) & (d->n_slots - 1)) {
        size_t i = d->slots[at] - 1;
        INGLE_TRY(run_work(r, 0)); /* many keys of one hash are hostile */
        if (d->entries[i].hash != hash) continue;
        INGLE_TRY(value_equal(r, d->entries[i].key, key, &same));
        if (!same) continue;
        *out = i;
        return INGLE_OK;
    }
    return INGLE_OK;
}

ingle_status dict_set(struct run *r, struct dict *d, struct value key, struct value v) {
    uint64_t hash;
    size_t at;
    INGLE_TRY(value_hash(r, key, &hash));
    INGLE_TRY(find(r, d, key, hash, &at));
    if (at != SIZE_MAX) {
        d->entries[at].value = v;
        return INGLE_OK;
    }
    INGLE_TRY(grow(r, d));
    d->entries[d->n] = (struct dict_entry){.key = key, .value = v, .hash = hash};
    if (d->slots) enter_slot(d, d->n);
    d->n++;
    return INGLE_OK;
}

ingle_status dict_set_name(struct run *r, struct dict *d, const char *name, size_t len,
                           struct value v) {
    struct value key;
    INGLE_TRY(str_new(r, name, len, false, &key));
    return dict_set(r, d, key, v);
}

ingle_status dict_get(struct run *r, const struct dict *d, struct value key, struct value **out) {
    uint64_t hash;
    size_t at;
    INGLE_TRY(value_hash(r, key, &hash));
    INGLE_TRY(find(r, d, key, hash, &at));
    *out = at == SIZE_MAX ? NULL : &d->entries[at].value;
    return INGLE_OK;
}

static bool is_name(const struct dict_entry *e, const char *name, size_t len) {
    return e->key.kind == VALUE_STR && e->key.s->len == len &&
           memcmp(e->key.s->data, name, len) == 0;
}

struct value *dict_find(const struct dict *d, const char *name, size_t len) {
    if (!d->slots) {
        for (size_t i = 0; i < d->n; i++) {
            if (is_name(&d->entries[i], name, len)) return &d->entries[i].value;
        }
        return NULL;
    }
    uint64_t hash = value_hash_text(d->seed, name, len);
    for (size_t at = hash & (d->n_slots - 1); d->slots[at]; at = (at + 1) & (d->n_slots - 1)) {
        struct dict_entry *e = &d->entries[d->slots[at] - 1];
        if (e->hash == hash && is_name(e, name, len)) return &e->value;
    }
    return NULL;
}

ingle_status dict_remove(struct run *r, struct dict *d, struct value key) {
    uint64_t hash;
    size_t at;
    INGLE_TRY(value_hash(r, key, &hash));
    INGLE_TRY(find(r, d, key, hash, &at));
    if (at == SIZE_MAX) return INGLE_OK;
    INGLE_TRY(run_work(r, d->n * sizeof *d->entries));
    memmove(d->entries + at, d->entries + at + 1, (d->n - at - 1) * sizeof *d->entries);
    d->n--;
    fill_slots(d);
    return INGLE_OK;
}

ingle_status dict_view(struct run *r, const struct dict *d, enum seq_form form, struct value *out) {
    struct seq *q;
    INGLE_TRY(seq_new(r, form, d->n, &q));
    for (size_t i = 0; i < d->n; i++) {
        struct value v = form == SEQ_KEYS ? d->entries[i].key : d->entries[i].value;
        if (form == SEQ_ITEMS) INGLE_TRY(seq_pair(r, d->entries[i].key, v, &v));
        INGLE_TRY(seq_add(r, q, v));
    }
    *out = value_of_seq(q);
    return INGLE_OK;
}
