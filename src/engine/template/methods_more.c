/* Methods of dicts, lists, loops and cyclers. Of those that change their object, which the sandbox
 * of Hugging Face forbids, the three are here that published templates call. */
#include "engine/template/eval.h"
#include "engine/template/exec.h"
#include "engine/template/methods.h"
#include "engine/template/seq.h"

#define METHOD(fn_name)                                                                            \
    static ingle_status fn_name(struct run *r, struct value self, struct params *p,                \
                                struct value *out)

METHOD(dict_get_) {
    struct value *found;
    INGLE_TRY(dict_get(r, self.d, p->v[0], &found));
    *out = found ? *found : p->has[1] ? p->v[1] : VALUE_OF_NONE;
    return INGLE_OK;
}
METHOD(dict_keys_) {
    (void)p;
    return dict_view(r, self.d, SEQ_KEYS, out);
}
METHOD(dict_values_) {
    (void)p;
    return dict_view(r, self.d, SEQ_VALUES, out);
}
METHOD(dict_items_) {
    (void)p;
    return dict_view(r, self.d, SEQ_ITEMS, out);
}

METHOD(dict_pop_) {
    struct value *found;
    INGLE_TRY(dict_get(r, self.d, p->v[0], &found));
    if (!found && !p->has[1]) return run_invalid(r, "'pop' finds no such key");
    *out = found ? *found : p->v[1];
    return found ? dict_remove(r, self.d, p->v[0]) : INGLE_OK;
}

static ingle_status update_from(struct run *r, struct dict *d, const struct dict *from) {
    for (size_t i = 0; i < from->n; i++) {
        INGLE_TRY(dict_set(r, d, from->entries[i].key, from->entries[i].value));
    }
    return INGLE_OK;
}

METHOD(dict_update_) {
    *out = VALUE_OF_NONE;
    if (p->all->n > 1) return run_invalid(r, "'update' takes one argument at most");
    if (p->all->n == 1) {
        struct value other = p->all->items[0];
        INGLE_TRY(run_undefined(r, other));
        if (other.kind != VALUE_DICT) return run_invalid(r, "'update' needs a dict");
        INGLE_TRY(update_from(r, self.d, other.d));
    }
    return p->all->names ? update_from(r, self.d, p->all->names) : INGLE_OK;
}

METHOD(list_append) {
    *out = VALUE_OF_NONE;
    return seq_add(r, self.q, p->v[0]);
}

METHOD(list_pop) {
    int64_t at, n = (int64_t)self.q->n;
    INGLE_TRY(param_int(r, p, 0, -1, &at));
    if (at < 0) at += n;
    if (at < 0 || at >= n) return run_invalid(r, "'pop' finds no such item");
    *out = self.q->items[at];
    INGLE_TRY(run_work(r, self.q->n * sizeof *self.q->items));
    seq_remove(self.q, (size_t)at);
    return INGLE_OK;
}

METHOD(list_count) {
    int64_t n = 0;
    for (size_t i = 0; i < self.q->n; i++) {
        bool same;
        INGLE_TRY(value_equal(r, self.q->items[i], p->v[0], &same));
        n += same;
    }
    *out = value_int(n);
    return INGLE_OK;
}

METHOD(list_index) {
    int64_t bounds[2], n = (int64_t)self.q->n;
    INGLE_TRY(param_int(r, p, 1, 0, &bounds[0]));
    INGLE_TRY(param_int(r, p, 2, n, &bounds[1]));
    for (int i = 0; i < 2; i++) {
        if (bounds[i] < 0) bounds[i] = bounds[i] < -n ? 0 : bounds[i] + n;
    }
    for (int64_t i = bounds[0]; i < bounds[1] && i < n; i++) {
        bool same;
        INGLE_TRY(value_equal(r, self.q->items[i], p->v[0], &same));
        if (!same) continue;
        *out = value_int(i);
        return INGLE_OK;
    }
    return run_invalid(r, "'index' does not find it");
}

METHOD(loop_cycle) {
    if (p->all->n == 0) return run_invalid(r, "'cycle' needs an argument");
    *out = p->all->items[(size_t)self.loop->index0 % p->all->n];
    return INGLE_OK;
}

METHOD(loop_changed) {
    struct seq *now;
    bool same = false;
    INGLE_TRY(seq_new(r, SEQ_TUPLE, p->all->n, &now));
    for (size_t i = 0; i < p->all->n; i++) INGLE_TRY(seq_add(r, now, p->all->items[i]));
    if (self.loop->changed) {
        INGLE_TRY(value_equal(r, value_of_seq(self.loop->changed), value_of_seq(now), &same));
    }
    self.loop->changed = now;
    *out = value_bool(!same);
    return INGLE_OK;
}

METHOD(cycler_next) {
    struct cycler *c = self.cycler;
    (void)p;
    *out = c->items[c->pos];
    c->pos = (c->pos + 1) % c->n;
    return run_work(r, 0);
}

METHOD(cycler_reset) {
    (void)p;
    self.cycler->pos = 0;
    *out = VALUE_OF_NONE;
    return run_work(r, 0);
}

const struct builtin *method_find(struct value self, const char *name, size_t len) {
    static const struct builtin of_dict[] = {
        {"get", dict_get_, "key default", 1}, {"items", dict_items_, "", 0},
        {"keys", dict_keys_, "", 0},          {"pop", dict_pop_, "key default", 1},
        {"update", dict_update_, NULL, 0},    {"values", dict_values_, "", 0},
    };
    static const struct builtin of_list[] = {
        {"count", list_count, "value", 1},
        {"index", list_index, "value start stop", 1},
        {"append", list_append, "object", 1},
        {"pop", list_pop, "index", 0},
    };
    static const struct builtin of_loop[] = {
        {"cycle", loop_cycle, NULL, 0},
        {"changed", loop_changed, NULL, 0},
    };
    static const struct builtin of_cycler[] = {
        {"next", cycler_next, "", 0},
        {"reset", cycler_reset, "", 0},
    };
    switch (self.kind) {
    case VALUE_STR:
        return methods_of_str(name, len);
    case VALUE_DICT:
        return builtin_find(of_dict, BASE_COUNT(of_dict), name, len);
    case VALUE_LOOP:
        return builtin_find(of_loop, BASE_COUNT(of_loop), name, len);
    case VALUE_CYCLER:
        return builtin_find(of_cycler, BASE_COUNT(of_cycler), name, len);
    case VALUE_SEQ: /* the last two are for lists only */
        if (self.q->form > SEQ_RANGE) return NULL;
        return builtin_find(of_list, self.q->form == SEQ_LIST ? 4 : 2, name, len);
    default:
        return NULL;
    }
}
