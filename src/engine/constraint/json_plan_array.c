/* The arithmetic of arrays: can what has begun be ended, and in how many bytes? */
#include "engine/constraint/json_plan_internal.h"

#include "base/alloc.h"

const struct shape_slot *json_array_slot(const struct array_shape *array, uint32_t index) {
    return index < array->n_prefix ? &array->prefix[index] : &array->rest;
}

static uint64_t add(uint64_t a, uint64_t b) {
    return a > JSON_NEVER - b ? JSON_NEVER : a + b;
}

static uint64_t times(uint64_t n, uint64_t cost) {
    return n && cost > JSON_NEVER / n ? JSON_NEVER : n * cost;
}

/* Of n elements with a comma each. */
static uint64_t cost_of(const struct json_array_plan *array, uint32_t n) {
    uint32_t n_prefix = (uint32_t)array->shape->n_prefix;
    if (n <= n_prefix) return array->prefix[n];
    return add(array->prefix[n_prefix], times(n - n_prefix, array->rest));
}

/* Always one element more? */
bool json_array_is_open(const struct json_plan *plan, const struct json_array_plan *array) {
    const struct shape_slot *rest = &array->shape->rest;
    if (array->shape->max != SHAPE_NO_MAX || array->stop != SHAPE_NO_MAX) return false;
    for (size_t i = 0; i < rest->n_options; i++) {
        if (plan->shapes[rest->options[i].shape].least == JSON_NEVER) continue;
        if (array->shape->n_counted == 0 || rest->options[i].counts == 0) return true;
    }
    return false;
}

bool json_object_is_open(const struct json_object_plan *object) {
    if (object->shape->max != SHAPE_NO_MAX) return false;
    bool is_many = object->n_optional[0] == JSON_MANY || object->n_optional[2] == JSON_MANY;
    return is_many || (object->n_optional[1] == JSON_MANY && object->count_max == SHAPE_NO_MAX);
}

/* Of the shortest array or object of the shape that may always go on, as far as is known now;
 * JSON_NEVER. */
static uint64_t compound_of(const struct json_plan *plan, shape_id id) {
    const struct shape *shape = &plan->table->shapes[id];
    const struct json_shape_plan *p = &plan->shapes[id];
    uint64_t least = JSON_NEVER;
    for (uint32_t k = 0; k < shape->n_arrays; k++) {
        const struct json_array_plan *array = &plan->arrays[p->arrays + k];
        if (array->least < least && json_array_is_open(plan, array)) least = array->least;
    }
    for (uint32_t k = 0; k < shape->n_objects; k++) {
        const struct json_object_plan *object = &plan->objects[p->objects + k];
        if (object->least < least && json_object_is_open(object)) least = object->least;
    }
    return least;
}

static bool has_compound(const struct json_plan *plan, const struct shape_slot *slot) {
    for (size_t i = 0; i < slot->n_options; i++) {
        const struct shape *shape = &plan->table->shapes[slot->options[i].shape];
        const struct json_shape_plan *p = &plan->shapes[slot->options[i].shape];
        for (uint32_t k = 0; k < shape->n_arrays; k++) {
            if (plan->arrays[p->arrays + k].least != JSON_NEVER) return true;
        }
        for (uint32_t k = 0; k < shape->n_objects; k++) {
            if (plan->objects[p->objects + k].least != JSON_NEVER) return true;
        }
    }
    return false;
}

static uint64_t compound_least(const struct json_plan *plan, const struct shape_slot *slot) {
    uint64_t least = JSON_NEVER;
    for (size_t i = 0; i < slot->n_options; i++) {
        uint64_t cost = compound_of(plan, slot->options[i].shape);
        if (cost < least) least = cost;
    }
    return least;
}

static uint64_t unique_cost(uint64_t cost) {
    return add(times(8, cost), JSON_EXTRA);
}

/* Of an element taken as an option. Where elements are counted and must differ, only values without
 * end are counted on. */
static uint64_t option_cost(const struct json_plan *plan, const struct json_array_plan *array,
                            shape_id shape) {
    uint64_t least = plan->shapes[shape].least;
    if (!array->shape->is_unique || least == JSON_NEVER) return least;
    uint64_t compound = compound_of(plan, shape);
    if (json_strings_are_endless(plan, shape)) return unique_cost(least);
    return compound == JSON_NEVER ? JSON_NEVER : unique_cost(compound);
}

/* With a comma. Of elements that must differ the shortest may be taken; so may all scalars. */
static uint64_t element_cost(const struct json_plan *plan, const struct json_array_plan *array,
                             uint32_t index) {
    const struct array_shape *shape = array->shape;
    const struct shape_slot *slot = json_array_slot(shape, index);
    uint64_t cost = json_slot_least(plan, slot);
    if (shape->is_unique && cost != JSON_NEVER) {
        size_t at = index < shape->n_prefix ? index : shape->n_prefix;
        uint64_t compound = compound_least(plan, slot);
        bool is_short = array->n_scalars[at] < shape->min && compound != JSON_NEVER;
        if (is_short && cost < compound) cost = compound;
        cost = unique_cost(cost);
    }
    return add(cost, 1);
}

/* How many elements of counted i there are in a number of mixed radix. */
static uint32_t digit(const struct json_array_plan *array, uint32_t count, size_t i) {
    return count / array->strides[i] % (array->caps[i] + 1);
}

static bool add_counts(const struct json_array_plan *array, uint8_t counts, uint32_t *count) {
    for (size_t i = 0; i < array->shape->n_counted; i++) {
        if (!(counts >> i & 1)) continue;
        if (digit(array, *count, i) < array->caps[i]) {
            *count += array->strides[i];
        } else if (array->shape->counted[i].max != SHAPE_NO_MAX) {
            return false;
        }
    }
    return true;
}

static bool counts_may_end(const struct json_array_plan *array, uint32_t count) {
    for (size_t i = 0; i < array->shape->n_counted; i++) {
        if (digit(array, count, i) < array->shape->counted[i].min) return false;
    }
    return true;
}

static uint32_t index_after(const struct json_array_plan *array, uint32_t index) {
    return index < array->cap ? index + 1 : index;
}

/* From the last index down; within one, from the highest counts down, as each element only adds. At
 * the last index elements may go on for ever (if there is no maximum): there only those matter that
 * count for something new. */
static void fill_costs(const struct json_plan *plan, struct json_array_plan *array) {
    const struct array_shape *shape = array->shape;
    for (uint32_t index = array->cap + 1; index-- > 0;) {
        const struct shape_slot *slot = json_array_slot(shape, index);
        uint32_t *costs = array->costs + (size_t)index * array->n_counts;
        for (uint32_t count = array->n_counts; count-- > 0;) {
            uint64_t least = JSON_NEVER;
            if (index >= shape->min && counts_may_end(array, count)) least = 1;
            for (size_t i = 0; i < slot->n_options && index < array->stop && least > 1; i++) {
                uint32_t after = count, next = index_after(array, index);
                if (!add_counts(array, slot->options[i].counts, &after)) continue;
                if (next == index && after == count) continue;
                uint64_t cost = add(option_cost(plan, array, slot->options[i].shape), 1);
                uint32_t rest = array->costs[(size_t)next * array->n_counts + after];
                if (rest != UINT32_MAX && add(cost, rest) < least) least = add(cost, rest);
            }
            costs[count] =
                least < UINT32_MAX ? (uint32_t)least : UINT32_MAX - (least != JSON_NEVER);
        }
    }
}

/* Elements that must come and must differ: each place has so many values to choose from that those
 * before it cannot take them all. Where all places are alike, and have scalars only, there is no
 * other way; else it is left unclear, and refused. */
static bool is_roomy(const struct json_plan *plan, struct json_array_plan *array) {
    const struct array_shape *shape = array->shape;
    bool is_roomy = true, is_simple = shape->n_prefix == 0 && shape->min <= JSON_MAX_DIFFERENT;
    if (shape->n_counted) return true; /* see counts_are_clear() */
    for (uint32_t at = 0; at <= shape->n_prefix && at < shape->min; at++) {
        const struct shape_slot *slot = json_array_slot(shape, at);
        if (array->n_scalars[at] >= shape->min) continue;
        if (compound_least(plan, slot) != JSON_NEVER) continue;
        is_roomy = false;
        is_simple &= !has_compound(plan, slot);
    }
    array->is_unclear = !is_roomy && !is_simple;
    return is_roomy;
}

/* Elements that must differ and are counted: all options are of values without end. */
static bool counts_are_clear(const struct json_plan *plan, const struct json_array_plan *array) {
    const struct array_shape *shape = array->shape;
    for (uint32_t at = 0; at <= shape->n_prefix; at++) {
        const struct shape_slot *slot = json_array_slot(shape, at);
        for (size_t i = 0; i < slot->n_options; i++) {
            shape_id id = slot->options[i].shape;
            bool is_there = plan->shapes[id].least != JSON_NEVER;
            if (is_there && option_cost(plan, array, id) == JSON_NEVER) return false;
        }
    }
    return true;
}

uint64_t json_array_find_least(const struct json_plan *plan, struct json_array_plan *array) {
    const struct array_shape *shape = array->shape;
    uint32_t n_prefix = (uint32_t)shape->n_prefix;
    array->stop = shape->max;
    for (uint32_t i = 0; i < n_prefix; i++) {
        uint64_t cost = element_cost(plan, array, i);
        array->prefix[i + 1] = add(array->prefix[i], cost);
        if (cost == JSON_NEVER && array->stop > i) array->stop = i;
    }
    array->rest = element_cost(plan, array, n_prefix);
    if (array->rest == JSON_NEVER && array->stop > n_prefix) array->stop = n_prefix;
    if (shape->is_unique && shape->min > 1 && !is_roomy(plan, array)) return JSON_NEVER;
    if (array->costs) {
        array->is_unclear = shape->is_unique && !counts_are_clear(plan, array);
        fill_costs(plan, array);
        uint32_t cost = array->costs[0];
        return cost == UINT32_MAX ? JSON_NEVER : (uint64_t)cost + (cost == 1);
    }
    if (shape->min > array->stop) return JSON_NEVER;
    return add(cost_of(array, shape->min), shape->min ? 1 : 2);
}

ingle_status json_array_prepare(struct json_array_plan *array, const struct array_shape *shape,
                                ingle_error *err) {
    *array = (struct json_array_plan){.shape = shape, .least = JSON_NEVER, .n_counts = 1};
    if (shape->n_prefix > JSON_MAX_PREFIX || shape->n_counted > SHAPE_MAX_COUNTED) {
        return status_set(err, INGLE_REFUSED, 0,
                          "An array of the schema has %zu prefix items; at "
                          "most %d are supported.",
                          shape->n_prefix, JSON_MAX_PREFIX);
    }
    array->prefix = mem_calloc(shape->n_prefix + 1, sizeof *array->prefix);
    array->is_endless = mem_calloc(shape->n_prefix + 1, sizeof *array->is_endless);
    array->n_scalars = mem_calloc(shape->n_prefix + 1, sizeof *array->n_scalars);
    if (!array->prefix || !array->is_endless || !array->n_scalars) {
        return status_no_memory(err, "an array of the schema", shape->n_prefix);
    }
    array->cap = shape->max;
    if (shape->max == SHAPE_NO_MAX) {
        array->cap =
            (uint32_t)shape->n_prefix > shape->min ? (uint32_t)shape->n_prefix : shape->min;
    }
    if (shape->n_counted == 0) return INGLE_OK;
    uint64_t n = 1;
    for (size_t i = 0; i < shape->n_counted; i++) {
        const struct shape_counted *counted = &shape->counted[i];
        array->strides[i] = (uint32_t)n;
        array->caps[i] = counted->max == SHAPE_NO_MAX ? counted->min : counted->max;
        n *= (uint64_t)array->caps[i] + 1;
        if (n > JSON_MAX_COUNTS) break;
    }
    if (n > JSON_MAX_COUNTS || n * ((uint64_t)array->cap + 1) > JSON_MAX_COUNTS) {
        return status_set(err, INGLE_REFUSED, 0,
                          "An array of the schema counts too far: contains, minItems and maxItems "
                          "make more than %d cases.",
                          JSON_MAX_COUNTS);
    }
    array->n_counts = (uint32_t)n;
    array->costs = mem_calloc(((size_t)array->cap + 1) * n, sizeof *array->costs);
    return array->costs ? INGLE_OK : status_no_memory(err, "an array of the schema", n);
}

bool json_array_add(const struct json_array_plan *array, uint8_t counts, uint32_t *index,
                    uint32_t *count) {
    if (*index >= array->stop) return false;
    if (!add_counts(array, counts, count)) return false;
    *index = index_after(array, *index);
    return !array->costs || array->costs[(size_t)*index * array->n_counts + *count] != UINT32_MAX;
}

bool json_array_may_end(const struct json_array_plan *array, uint32_t index, uint32_t count) {
    return index >= array->shape->min && counts_may_end(array, count);
}

uint64_t json_array_cost(const struct json_array_plan *array, uint32_t index, uint32_t count) {
    if (array->costs) return array->costs[(size_t)index * array->n_counts + count];
    uint32_t min = array->shape->min;
    if (index >= min) return 1;
    return 1 + cost_of(array, min) - cost_of(array, index);
}
