/* Can an array of different elements have a length that its bounds allow? Where every place has at
 * least as many values to choose from as there are places, always. Else the values are listed, and
 * places are matched with them. */
#include <string.h>

#include "base/buf.h"
#include "engine/constraint/decimal.h"
#include "engine/constraint/schema_raw.h"

#define MAX_LENGTH 256u
#define MAX_LEAVES 2000u

/* One value as text: a kind's letter, then its content. */
struct value {
    struct decimal number; /* data NULL: the text instead */
    struct json_text text;
};

struct values {
    struct value *data;
    uint32_t n, cap;
    bool is_many, is_unknown;
};

struct search {
    struct schema *c;
    const struct schema_list *list;
    uint32_t length, n_leaves;
    uint32_t chosen[MAX_LENGTH]; /* option of each place */
    struct values *values;       /* [length] of the chosen options */
    uint32_t *holder;            /* [n_distinct] place + 1 */
    uint32_t counts[SHAPE_MAX_COUNTED];
    bool is_unknown;
};

static void add_value(struct schema *c, struct values *v, const struct value *value) {
    struct value *data = schema_grow(c, v->data, v->n, &v->cap, sizeof *data);
    if (!data) return;
    v->data = data;
    data[v->n++] = *value;
}

static bool same(const struct value *a, const struct value *b) {
    if (!a->number.data != !b->number.data) return false;
    if (a->number.data) return decimal_compare(&a->number, &b->number) == 0;
    return json_text_equal(&a->text, &b->text);
}

static void add_text(struct schema *c, struct values *v, char kind, const char *text, size_t len) {
    char *copy = schema_alloc(c, len + 2, 1);
    if (!copy) return;
    copy[0] = kind;
    if (len) memcpy(copy + 1, text, len);
    struct value value = {.text = {copy, len + 1}};
    add_value(c, v, &value);
}

static void add_numbers(struct schema *c, struct values *v, const struct schema_raw *raw,
                        uint32_t need) {
    struct decimal *numbers = schema_alloc(c, need, sizeof *numbers);
    for (uint32_t i = 0; numbers && i < raw->n_numbers && !v->is_many; i++) {
        uint32_t n;
        if (!decimal_count(&n, &raw->numbers[i], need, numbers, &c->arena)) {
            v->is_unknown = true;
            return;
        }
        v->is_many = n == DECIMAL_MANY;
        for (uint32_t k = 0; k < n && !v->is_many; k++) {
            struct value value = {.number = numbers[k]};
            add_value(c, v, &value);
        }
    }
}

/* The texts of an automaton with few of them, depth first. */
static void walk(struct schema *c, struct values *v, const struct dfa *d, uint32_t state,
                 struct buf *text) {
    if (d->labels[state]) add_text(c, v, 's', text->data ? text->data : "", text->size);
    for (unsigned byte = 0; byte < 256 && !schema_failed(c); byte++) {
        uint32_t next = dfa_step(d, state, (uint8_t)byte);
        if (next == DFA_DEAD) continue;
        size_t size = text->size;
        char one = (char)byte;
        buf_add(text, &one, 1);
        if (buf_failed(text)) v->is_unknown = true;
        if (!v->is_unknown) walk(c, v, d, next, text);
        text->size = size;
    }
}

static void add_strings(struct schema *c, struct values *v, const struct schema_strings *s,
                        uint32_t need) {
    uint64_t n = 0;
    ingle_error why;
    for (size_t i = 0; i < s->n_spans; i++) {
        if (s->spans[i].max > 0) v->is_many = true;
        if (s->spans[i].max == 0) add_text(c, v, 's', "", 0);
    }
    if (s->texts == SCHEMA_NONE || v->is_many) return;
    const struct dfa *d = c->automata[s->texts];
    ingle_status status = dfa_count(&n, d, 0, (uint64_t)need, &why);
    if (status != INGLE_OK) schema_keep(c, status, NULL, &why);
    v->is_many = n >= need;
    if (schema_failed(c) || v->is_many) return;
    struct buf text;
    buf_init(&text, 256); /* as deep as the walk may go */
    walk(c, v, d, d->start, &text);
    buf_clear(&text);
}

static bool is_endless(const struct schema *c, const struct schema_list *list, bool is_object) {
    if (!list->is_alive || list->max != SCHEMA_NO_MAX) return false;
    for (uint32_t i = 0; is_object && i < list->n_classes; i++) {
        const struct schema_class *class = &list->classes[i];
        for (uint32_t k = 0; class->size == DFA_INFINITE && k < class->slot.n; k++) {
            const struct schema_option *option = &class->slot.options[k];
            if (option->counts == 0 && c->sets[option->set].is_alive) return true;
        }
    }
    for (uint32_t i = 0; !is_object && !list->is_unique && i < list->rest.n; i++) {
        const struct schema_option *option = &list->rest.options[i];
        if (schema_max_length(c, list) == SCHEMA_NO_MAX && option->counts == 0 &&
            c->sets[option->set].is_alive) {
            return true;
        }
    }
    return false;
}

/* All values of a set, or that there are at least as many as needed. */
static struct values list_values(struct schema *c, uint32_t set, uint32_t need) {
    static const struct {
        unsigned bit;
        const char *name;
    } literals[] = {{SHAPE_NULL, "n"}, {SHAPE_FALSE, "f"}, {SHAPE_TRUE, "t"}};
    struct values v = {0};
    const struct schema_raw *raw = c->sets[set].raw;
    for (uint32_t i = 0; i < raw->n_arrays; i++) {
        v.is_many = v.is_many || is_endless(c, &raw->arrays[i], false);
        v.is_unknown = v.is_unknown || raw->arrays[i].is_alive;
    }
    for (uint32_t i = 0; i < raw->n_objects; i++) {
        v.is_many = v.is_many || is_endless(c, &raw->objects[i], true);
        v.is_unknown = v.is_unknown || raw->objects[i].is_alive;
    }
    for (size_t i = 0; i < sizeof literals / sizeof *literals; i++) {
        if (raw->literals & literals[i].bit) add_text(c, &v, literals[i].name[0], "", 0);
    }
    add_numbers(c, &v, raw, need);
    if (!schema_failed(c)) add_strings(c, &v, raw->strings, need);
    if (!v.is_unknown && v.n >= need) {
        uint32_t kept = 0;
        for (uint32_t i = 0; i < v.n; i++) {
            bool is_known = false;
            for (uint32_t k = 0; k < kept && !is_known; k++)
                is_known = same(&v.data[k], &v.data[i]);
            if (!is_known) v.data[kept++] = v.data[i];
        }
        v.n = kept;
    }
    v.is_many = v.is_many || v.n >= need;
    v.is_unknown = v.is_unknown && !v.is_many;
    return v;
}

static const struct schema_slot *slot_at(const struct schema_list *list, uint32_t place) {
    return place < list->n_prefix ? &list->prefix[place] : &list->rest;
}

/* ---- matching places with values (augmenting paths) ---- */

static bool assign(struct search *s, uint32_t place, uint8_t *tried) {
    const struct values *v = &s->values[place];
    for (uint32_t i = 0; i < v->n; i++) {
        bool is_free = true;
        for (uint32_t other = 0; other < s->length && is_free; other++) {
            if (s->holder[other] == 0 || other == place) continue;
            const struct value *held = &s->values[other].data[s->holder[other] - 1];
            if (!same(held, &v->data[i])) continue;
            is_free = false;
            if (tried[other]) continue;
            tried[other] = 1;
            uint32_t before = s->holder[other];
            s->holder[other] = 0;
            s->holder[place] = i + 1;
            if (assign(s, other, tried)) return true;
            s->holder[other] = before;
            s->holder[place] = 0;
        }
        if (is_free) {
            s->holder[place] = i + 1;
            return true;
        }
    }
    return false;
}

static bool matches(struct search *s) {
    uint8_t tried[MAX_LENGTH];
    memset(s->holder, 0, s->length * sizeof *s->holder);
    for (uint32_t place = 0; place < s->length; place++) {
        uint32_t option = s->chosen[place];
        uint32_t set = slot_at(s->list, place)->options[option].set;
        s->values[place] = list_values(s->c, set, s->length);
        if (s->values[place].is_unknown) s->is_unknown = true;
    }
    if (s->is_unknown || !schema_step(s->c, (uint64_t)s->length * s->length)) return false;
    for (uint32_t place = 0; place < s->length; place++) {
        memset(tried, 0, sizeof tried);
        if (s->values[place].is_many) continue;
        if (!assign(s, place, tried)) return false;
    }
    return true;
}

static bool counts_right(const struct search *s) {
    for (uint32_t i = 0; i < s->list->n_counted; i++) {
        const struct shape_counted *counted = &s->list->counted[i];
        if (s->counts[i] < counted->min || s->counts[i] > counted->max) return false;
    }
    return true;
}

static bool choose(struct search *s, uint32_t place) {
    if (s->is_unknown || schema_failed(s->c)) return false;
    if (place == s->length) {
        if (!counts_right(s)) return false;
        if (++s->n_leaves > MAX_LEAVES) s->is_unknown = true;
        return matches(s);
    }
    const struct schema_slot *slot = slot_at(s->list, place);
    schema_step(s->c, 1);
    for (uint32_t i = 0; i < slot->n; i++) {
        if (!s->c->sets[slot->options[i].set].is_alive) continue;
        unsigned counts = slot->options[i].counts;
        for (uint32_t k = 0; k < s->list->n_counted; k++) s->counts[k] += counts >> k & 1;
        s->chosen[place] = i;
        bool is_found = choose(s, place + 1);
        for (uint32_t k = 0; k < s->list->n_counted; k++) s->counts[k] -= counts >> k & 1;
        if (is_found) return true;
    }
    return false;
}

/* A longer array than this can be shortened: elements that do not count can be left out. */
static uint32_t longest_needed(const struct schema_list *list) {
    uint64_t n = list->min > list->n_prefix ? list->min : list->n_prefix;
    if (list->n_counted == 0) return list->min;
    for (uint32_t i = 0; i < list->n_counted; i++) n += list->counted[i].min;
    return n < list->max ? (uint32_t)n : list->max;
}

enum schema_answer schema_unique_answer(struct schema *c, const struct schema_list *list) {
    uint32_t longest = longest_needed(list);
    if (longest <= 1 && list->n_counted == 0) return ANSWER_YES;
    if (longest > MAX_LENGTH) return ANSWER_UNKNOWN;
    struct search s = {.c = c, .list = list};
    s.values = schema_alloc(c, (size_t)longest + 1, sizeof *s.values);
    s.holder = schema_alloc(c, (size_t)longest + 1, sizeof *s.holder);
    if (!s.values || !s.holder) return ANSWER_UNKNOWN;
    for (s.length = list->min; s.length <= longest; s.length++) {
        if (choose(&s, 0)) return ANSWER_YES;
        if (s.is_unknown || schema_failed(c)) return ANSWER_UNKNOWN;
    }
    return ANSWER_NO;
}
