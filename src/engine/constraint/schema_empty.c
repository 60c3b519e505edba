/* Which sets have a value: the least fixed point, since a value is finite. What cannot be decided
 * counts as empty on the way, and is refused if it is still undecided in the end. */
#include "engine/constraint/schema_raw.h"

static enum schema_answer list_answer(struct schema *c, const struct schema_list *list,
                                      bool is_object) {
    enum schema_answer answer = schema_counts_answer(c, list, is_object);
    if (answer != ANSWER_YES || is_object || !list->is_unique) return answer;
    return schema_unique_answer(c, list);
}

static bool revive_lists(struct schema *c, struct schema_list *lists, uint32_t n, bool is_object) {
    bool is_changed = false;
    for (uint32_t i = 0; i < n && !schema_failed(c); i++) {
        struct schema_list *list = &lists[i];
        if (list->is_alive || !schema_step(c, 1 + list->n_prefix + list->n_classes)) continue;
        list->is_alive = list_answer(c, list, is_object) == ANSWER_YES;
        is_changed = is_changed || list->is_alive;
    }
    return is_changed;
}

static bool revive(struct schema *c, uint32_t set) {
    struct schema_raw *raw = c->sets[set].raw;
    const struct schema_strings *strings = raw->strings;
    bool is_changed = revive_lists(c, raw->arrays, raw->n_arrays, false);
    if (revive_lists(c, raw->objects, raw->n_objects, true)) is_changed = true;
    bool has_strings = strings && (strings->n_spans || strings->texts != SCHEMA_NONE);
    bool is_alive = is_changed || raw->literals || raw->n_numbers || has_strings;
    if (is_alive && !c->sets[set].is_alive) {
        c->sets[set].is_alive = true;
        is_changed = true;
    }
    return is_changed;
}

static void check_decided(struct schema *c, uint32_t set) {
    const struct schema_raw *raw = c->sets[set].raw;
    for (uint32_t i = 0; i < raw->n_arrays + raw->n_objects && !schema_failed(c); i++) {
        bool is_object = i >= raw->n_arrays;
        const struct schema_list *list =
            is_object ? &raw->objects[i - raw->n_arrays] : &raw->arrays[i];
        if (list->is_alive || list_answer(c, list, is_object) != ANSWER_UNKNOWN) continue;
        struct schema_at before;
        schema_enter(c, schema_set_place(c, set), &before);
        schema_refuse(c, is_object
                             ? "whether any object has the counts that it asks for is not known"
                             : "whether any array has the elements that it asks for is not "
                               "known");
        schema_leave(c, &before);
    }
}

void schema_find_alive(struct schema *c, const struct schema_ids *sets) {
    bool again = true;
    while (again && !schema_failed(c)) {
        again = false;
        for (uint32_t i = sets->n; i-- > 0 && !schema_failed(c);) {
            if (revive(c, sets->data[i])) again = true;
        }
    }
    for (uint32_t i = 0; i < sets->n && !schema_failed(c); i++) check_decided(c, sets->data[i]);
}
