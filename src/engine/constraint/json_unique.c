/* Arrays without equal elements. Scalars are run exactly: the values that were there are known, and
 * an automaton or arithmetic says whether another can still come. An element that is an array or
 * object is only ever ended by a bracket; if it may always go on instead, and so come to be any of
 * values without end, the bracket is the one place to look. What does not fit that is refused. */
#include "engine/constraint/json_plan_internal.h"
#include "engine/constraint/json_strings.h"

static ingle_status refuse(ingle_error *err, const char *rule) {
    return status_set(err, INGLE_REFUSED, 0, "uniqueItems is not supported for %s.", rule);
}

bool json_strings_are_endless(const struct json_plan *plan, shape_id id) {
    const struct json_shape_plan *p = &plan->shapes[id];
    for (uint32_t i = 0; i < plan->table->shapes[id].n_strings; i++) {
        const struct json_string_plan *string = &plan->strings[p->strings + i];
        const struct json_texts *x = string->texts;
        if (string->least == JSON_NEVER) continue;
        if (x->dfa ? x->states[x->dfa->start].infinite : x->max > 0) return true;
    }
    return false;
}

enum ends { IS_LIMITED, HAS_AN_END, IS_ENDLESS }; /* limited: refused */

static enum ends ends_of(const struct json_plan *plan, shape_id id) {
    const struct shape *shape = &plan->table->shapes[id];
    const struct json_shape_plan *p = &plan->shapes[id];
    enum ends ends = HAS_AN_END;
    for (uint32_t i = 0; i < shape->n_arrays; i++) {
        const struct json_array_plan *array = &plan->arrays[p->arrays + i];
        if (array->least == JSON_NEVER) continue;
        if (!json_array_is_open(plan, array)) return IS_LIMITED;
        ends = IS_ENDLESS;
    }
    for (uint32_t i = 0; i < shape->n_objects; i++) {
        const struct json_object_plan *object = &plan->objects[p->objects + i];
        if (object->least == JSON_NEVER) continue;
        if (!json_object_is_open(object)) return IS_LIMITED;
        ends = IS_ENDLESS;
    }
    if (json_strings_are_endless(plan, id)) ends = IS_ENDLESS;
    return ends;
}

/* Gathers different values and lets none pass, until there are enough. */
struct tally {
    struct json_values values;
    uint32_t set, n, wanted;
    bool failed;
};

static bool count_value(struct tally *t, uint32_t value) {
    t->failed |= value == JSON_VALUES_FAILED;
    if (t->failed || t->n >= t->wanted) return true;
    if (json_set_has(&t->values, t->set, value)) return false;
    t->set = json_set_add(&t->values, t->set, value);
    t->failed |= t->set == JSON_VALUES_FAILED;
    return ++t->n >= t->wanted;
}

static bool count_number(const struct number *value, void *user) {
    struct tally *t = user;
    return count_value(t, json_values_number(&t->values, value));
}

static bool count_text(void *user, uint32_t label, uint32_t content) {
    struct tally *t = user;
    (void)label;
    return count_value(t, json_values_add(&t->values, JSON_STRING_OF, content, 0));
}

static void count_shape(struct json_plan *plan, shape_id id, struct tally *t) {
    const struct shape *shape = &plan->table->shapes[id];
    const struct json_shape_plan *p = &plan->shapes[id];
    struct json_search search = {0};
    struct json_filter texts = {.is_free = count_text, .user = t};
    struct number_filter numbers = {.is_free = count_number, .user = t};
    struct number_way way;
    int byte;
    for (uint32_t which = 0; which < 3; which++) {
        if (!(shape->literals >> which & 1)) continue;
        (void)count_value(t, json_values_add(&t->values, JSON_LITERAL_OF, which, 0));
    }
    for (uint32_t i = 0; i < shape->n_strings; i++) {
        struct json_asker asker = {.texts = plan->strings[p->strings + i].texts,
                                   .kinds = 1,
                                   .keeps_content = true,
                                   .filter = &texts,
                                   .values = &t->values,
                                   .search = &search};
        if (plan->strings[p->strings + i].least == JSON_NEVER) continue;
        if (!asker.texts->dfa) { /* the empty string alone, or else it would be endless */
            (void)count_text(t, 1, 0);
            continue;
        }
        (void)json_text_search(&asker, asker.texts->dfa->start, 0, UINT32_MAX, &byte);
    }
    if (shape->n_numbers) {
        (void)number_lexer_way_past(&way, &plan->numbers[p->numbers], "", 0, &numbers);
    }
    t->failed |= search.failed;
    json_search_clear(&search);
}

/* How many different scalars there are to choose from, up to `wanted`; JSON_MANY: no end. */
static ingle_status count_scalars(struct json_plan *plan, const struct shape_slot *slot,
                                  uint32_t wanted, uint32_t *n, ingle_error *err) {
    struct tally t = {.wanted = wanted};
    t.failed = !json_values_init(&t.values, (size_t)1 << 24);
    *n = 0;
    for (size_t i = 0; i < slot->n_options && !t.failed && *n != JSON_MANY; i++) {
        if (json_strings_are_endless(plan, slot->options[i].shape)) {
            *n = JSON_MANY;
        } else if (t.n < wanted) {
            count_shape(plan, slot->options[i].shape, &t);
        }
    }
    if (*n != JSON_MANY) *n = t.n;
    json_values_clear(&t.values);
    if (t.failed) return status_no_memory(err, "the values of an array of the schema", wanted);
    return INGLE_OK;
}

ingle_status json_unique_count(struct json_plan *plan, ingle_error *err) {
    for (uint32_t i = 0; i < plan->n_arrays; i++) {
        struct json_array_plan *array = &plan->arrays[i];
        const struct array_shape *shape = array->shape;
        if (!shape->is_unique) continue;
        uint32_t wanted = shape->min < JSON_MAX_DIFFERENT ? shape->min : JSON_MAX_DIFFERENT;
        for (size_t at = 0; at <= shape->n_prefix; at++) {
            const struct shape_slot *slot = json_array_slot(shape, (uint32_t)at);
            INGLE_TRY(count_scalars(plan, slot, wanted, &array->n_scalars[at], err));
        }
    }
    return INGLE_OK;
}

static ingle_status check_slot(struct json_plan *plan, struct json_array_plan *array, size_t at,
                               ingle_error *err) {
    const struct shape_slot *slot = json_array_slot(array->shape, (uint32_t)at);
    array->is_endless[at] = false;
    for (size_t i = 0; i < slot->n_options; i++) {
        if (plan->shapes[slot->options[i].shape].least == JSON_NEVER) continue;
        enum ends ends = ends_of(plan, slot->options[i].shape);
        if (ends == IS_LIMITED) {
            return refuse(err, "elements that are arrays or objects of limited form");
        }
        array->is_endless[at] |= ends == IS_ENDLESS;
    }
    return INGLE_OK;
}

ingle_status json_unique_check(struct json_plan *plan, shape_id id, ingle_error *err) {
    for (uint32_t i = 0; i < plan->table->shapes[id].n_arrays; i++) {
        struct json_array_plan *array = &plan->arrays[plan->shapes[id].arrays + i];
        if (array->is_unclear) {
            return refuse(err, "elements of fewer values than minItems asks for");
        }
        if (!array->shape->is_unique || array->least == JSON_NEVER || array->stop < 2) continue;
        for (size_t at = 0; at <= array->shape->n_prefix && at < array->stop; at++) {
            INGLE_TRY(check_slot(plan, array, at, err));
        }
    }
    return INGLE_OK;
}
