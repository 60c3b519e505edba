/* Can the counts of an array or object be met at all? Without counted elements that is a matter of
 * lengths. With them: the counts reached so far are a state (each count stops at the first value
 * beyond what matters), and places are filled one after the other in all ways at once. */
#include <string.h>

#include "engine/constraint/schema_raw.h"

#define MAX_STATES (1u << 16)
#define MAX_WORK (1u << 22)

static bool is_alive(const struct schema *c, const struct schema_option *option) {
    return c->sets[option->set].is_alive;
}

static bool has_option(const struct schema *c, const struct schema_slot *slot) {
    for (uint32_t i = 0; i < slot->n; i++) {
        if (is_alive(c, &slot->options[i])) return true;
    }
    return false;
}

/* ---- lengths ---- */

uint32_t schema_max_length(const struct schema *c, const struct schema_list *list) {
    uint32_t n = 0;
    while (n < list->n_prefix && has_option(c, &list->prefix[n])) n++;
    bool is_open = n == list->n_prefix && has_option(c, &list->rest);
    return is_open || n > list->max ? list->max : n;
}

static bool object_lengths(const struct schema *c, const struct schema_list *list) {
    uint64_t low = 0, high = 0;
    for (uint32_t i = 0; i < list->n_classes; i++) {
        const struct schema_class *class = &list->classes[i];
        bool is_open = has_option(c, &class->slot);
        if (class->is_required && !is_open) return false;
        low += class->is_required;
        if (!is_open) continue;
        high =
            class->size == DFA_INFINITE || high == DFA_INFINITE ? DFA_INFINITE : high + class->size;
    }
    if (list->min > low) low = list->min;
    if (list->max != SCHEMA_NO_MAX && list->max < high) high = list->max;
    return low <= high;
}

/* ---- counts: the number of elements is one more of them ---- */

struct counter {
    const struct schema *c;
    const struct schema_list *list;
    uint32_t n, cap[SHAPE_MAX_COUNTED + 1];
    uint32_t min[SHAPE_MAX_COUNTED + 1], max[SHAPE_MAX_COUNTED + 1];
    uint32_t n_states, work;
    uint8_t *reached, *next; /* [n_states] */
};

static void add_count(struct counter *k, uint32_t min, uint32_t max) {
    k->min[k->n] = min;
    k->max[k->n] = max;
    k->cap[k->n++] = max != SCHEMA_NO_MAX ? max + 1 : min;
}

static bool begin(struct schema *c, struct counter *k, const struct schema_list *list) {
    uint64_t n_states = 1;
    *k = (struct counter){.c = c, .list = list};
    add_count(k, list->min, list->max);
    for (uint32_t i = 0; i < list->n_counted; i++) {
        add_count(k, list->counted[i].min, list->counted[i].max);
    }
    for (uint32_t i = 0; i < k->n; i++) {
        n_states *= (uint64_t)k->cap[i] + 1;
        if (n_states > MAX_STATES) return false;
    }
    k->n_states = (uint32_t)n_states;
    k->reached = schema_alloc(c, n_states, 1);
    k->next = schema_alloc(c, n_states, 1);
    return k->reached && k->next;
}

static uint32_t after(const struct counter *k, uint32_t state, unsigned counts) {
    uint32_t out = 0, unit = 1;
    for (uint32_t i = 0; i < k->n; i++) {
        uint32_t value = state % (k->cap[i] + 1);
        state /= k->cap[i] + 1;
        bool is_counted = i == 0 || (counts >> (i - 1) & 1);
        if (is_counted && value < k->cap[i]) value++;
        out += value * unit;
        unit *= k->cap[i] + 1;
    }
    return out;
}

static bool is_right(const struct counter *k, uint32_t state) {
    for (uint32_t i = 0; i < k->n; i++) {
        uint32_t value = state % (k->cap[i] + 1);
        state /= k->cap[i] + 1;
        if (value < k->min[i] || value > k->max[i]) return false;
    }
    return true;
}

static bool any_right(const struct counter *k) {
    for (uint32_t i = 0; i < k->n_states; i++) {
        if (k->reached[i] && is_right(k, i)) return true;
    }
    return false;
}

/* One more place; true if that led anywhere new. */
static bool fill(struct counter *k, const struct schema_slot *slot, bool may_skip) {
    bool is_new = false;
    memset(k->next, 0, k->n_states);
    if (may_skip) memcpy(k->next, k->reached, k->n_states);
    for (uint32_t state = 0; state < k->n_states; state++) {
        if (!k->reached[state]) continue;
        for (uint32_t i = 0; i < slot->n; i++) {
            if (!is_alive(k->c, &slot->options[i])) continue;
            uint32_t to = after(k, state, slot->options[i].counts);
            is_new = is_new || !k->next[to];
            k->next[to] = 1;
            k->work++;
        }
    }
    uint8_t *swap = k->reached;
    k->reached = k->next;
    k->next = swap;
    return is_new;
}

static enum schema_answer array_counts(struct counter *k) {
    const struct schema_list *list = k->list;
    for (uint32_t i = 0; i < list->n_prefix; i++) {
        if (any_right(k)) return ANSWER_YES;
        if (k->work > MAX_WORK) return ANSWER_UNKNOWN;
        fill(k, &list->prefix[i], false);
    }
    while (fill(k, &list->rest, true)) {
        if (k->work > MAX_WORK) return ANSWER_UNKNOWN;
    }
    return any_right(k) ? ANSWER_YES : ANSWER_NO;
}

static enum schema_answer object_counts(struct counter *k) {
    const struct schema_list *list = k->list;
    for (uint32_t i = 0; i < list->n_classes; i++) {
        const struct schema_class *class = &list->classes[i];
        bool may_skip = !class->is_required;
        for (uint64_t n = 0; n < class->size; n++) {
            if (!fill(k, &class->slot, may_skip) && may_skip) break;
            if (k->work > MAX_WORK) return ANSWER_UNKNOWN;
        }
    }
    return any_right(k) ? ANSWER_YES : ANSWER_NO;
}

enum schema_answer schema_counts_answer(struct schema *c, const struct schema_list *list,
                                        bool is_object) {
    struct counter k;
    if (list->n_counted == 0) {
        bool is_met = is_object ? object_lengths(c, list) : list->min <= schema_max_length(c, list);
        return is_met ? ANSWER_YES : ANSWER_NO;
    }
    if (!begin(c, &k, list)) return ANSWER_UNKNOWN;
    k.reached[0] = 1;
    return is_object ? object_counts(&k) : array_counts(&k);
}
