#include "engine/constraint/json_plan.h"

#include <string.h>

#include "base/alloc.h"
#include "engine/constraint/json_plan_internal.h"

uint64_t json_slot_least(const struct json_plan *plan, const struct shape_slot *slot) {
    uint64_t least = JSON_NEVER;
    for (size_t i = 0; i < slot->n_options; i++) {
        uint64_t cost = plan->shapes[slot->options[i].shape].least;
        if (cost < least) least = cost;
    }
    return least;
}

/* Many shapes share automata. */
static ingle_status find_texts(struct json_plan *plan, const struct dfa *dfa,
                               const struct json_texts **out, ingle_error *err) {
    uint32_t i = 0;
    while (i < plan->n_texts && plan->texts[i].dfa != dfa) i++;
    if (i == plan->n_texts) {
        INGLE_TRY(json_texts_init(&plan->texts[i], dfa, NULL, err));
        plan->n_texts++;
    }
    *out = &plan->texts[i];
    return INGLE_OK;
}

static ingle_status add_string(struct json_plan *plan, const struct string_shape *shape,
                               ingle_error *err) {
    struct json_string_plan *string = &plan->strings[plan->n_strings++];
    string->least = JSON_NEVER;
    if (!shape->texts) {
        string->by_length = (struct json_texts){.min = shape->min, .max = shape->max};
        string->texts = &string->by_length;
        if (shape->min <= shape->max) string->least = 2 + 6 * (uint64_t)shape->min;
        return INGLE_OK;
    }
    if (dfa_is_empty(shape->texts)) {
        string->texts = &string->by_length;
        return INGLE_OK;
    }
    INGLE_TRY(find_texts(plan, shape->texts, &string->texts, err));
    string->least = 2 + 6 * (uint64_t)string->texts->left[0][shape->texts->start];
    return INGLE_OK;
}

static ingle_status add_shape(struct json_plan *plan, shape_id id, struct json_values *values,
                              ingle_error *err) {
    const struct shape *shape = &plan->table->shapes[id];
    plan->shapes[id] = (struct json_shape_plan){.least = JSON_NEVER,
                                                .numbers = JSON_NO_NUMBERS,
                                                .strings = plan->n_strings,
                                                .arrays = plan->n_arrays,
                                                .objects = plan->n_objects};
    if (shape->n_numbers) {
        INGLE_TRY(number_lexer_init(&plan->numbers[plan->n_numbers], shape->numbers,
                                    shape->n_numbers, err));
        plan->shapes[id].numbers = plan->n_numbers++;
    }
    for (size_t i = 0; i < shape->n_strings; i++) {
        INGLE_TRY(add_string(plan, &shape->strings[i], err));
    }
    for (size_t i = 0; i < shape->n_arrays; i++) {
        INGLE_TRY(json_array_prepare(&plan->arrays[plan->n_arrays++], &shape->arrays[i], err));
    }
    for (size_t i = 0; i < shape->n_objects; i++) {
        INGLE_TRY(json_object_prepare(&plan->objects[plan->n_objects++], &shape->objects[i], values,
                                      err));
    }
    return INGLE_OK;
}

/* A refusal names its place. */
static ingle_status at_place(const struct json_plan *plan, shape_id id, ingle_status status,
                             const ingle_error *why, ingle_error *err) {
    const struct shape *shape = &plan->table->shapes[id];
    if (status == INGLE_OK) return INGLE_OK;
    if (status != INGLE_REFUSED) return status_set(err, status, why->where, "%s", why->msg);
    return status_set(err, status, shape->where, "The schema is refused at '%s': %s",
                      shape->pointer ? shape->pointer : "#", why->msg);
}

static ingle_status add_shapes(struct json_plan *plan, struct json_values *values,
                               ingle_error *err) {
    const struct shape_table *table = plan->table;
    size_t n_numbers = 0, n_strings = 0, n_arrays = 0, n_objects = 0;
    for (size_t i = 0; i < table->n_shapes; i++) {
        n_numbers += table->shapes[i].n_numbers > 0;
        n_strings += table->shapes[i].n_strings;
        n_arrays += table->shapes[i].n_arrays;
        n_objects += table->shapes[i].n_objects;
    }
    plan->shapes = mem_calloc(table->n_shapes + 1, sizeof *plan->shapes);
    plan->numbers = mem_calloc(n_numbers + 1, sizeof *plan->numbers);
    plan->texts = mem_calloc(n_strings + 1, sizeof *plan->texts);
    plan->strings = mem_calloc(n_strings + 1, sizeof *plan->strings);
    plan->arrays = mem_calloc(n_arrays + 1, sizeof *plan->arrays);
    plan->objects = mem_calloc(n_objects + 1, sizeof *plan->objects);
    if (!plan->shapes || !plan->numbers || !plan->texts || !plan->strings || !plan->arrays ||
        !plan->objects) {
        return status_no_memory(err, "the plan of a schema", table->n_shapes);
    }
    for (size_t i = 0; i < table->n_shapes; i++) {
        ingle_error why;
        ingle_status status = add_shape(plan, (shape_id)i, values, &why);
        INGLE_TRY(at_place(plan, (shape_id)i, status, &why, err));
    }
    return INGLE_OK;
}

static void keep_less(uint64_t *least, uint64_t cost) {
    if (cost < *least) *least = cost;
}

/* The shortest value of a shape, as far as those of its parts are known. */
static uint64_t find_least(struct json_plan *plan, shape_id id) {
    const struct shape *shape = &plan->table->shapes[id];
    struct json_shape_plan *out = &plan->shapes[id];
    uint64_t least = JSON_NEVER;
    if (shape->literals & (SHAPE_NULL | SHAPE_TRUE)) least = 4;
    if (shape->literals & SHAPE_FALSE) keep_less(&least, 5);
    if (shape->n_numbers) {
        uint32_t left = number_lexer_way(&plan->numbers[out->numbers], NUMBER_START).left;
        if (left != UINT32_MAX) keep_less(&least, left);
    }
    for (uint32_t i = 0; i < shape->n_strings; i++) {
        keep_less(&least, plan->strings[out->strings + i].least);
    }
    for (uint32_t i = 0; i < shape->n_arrays; i++) {
        struct json_array_plan *array = &plan->arrays[out->arrays + i];
        array->least = json_array_find_least(plan, array);
        keep_less(&least, array->least);
    }
    for (uint32_t i = 0; i < shape->n_objects; i++) {
        struct json_object_plan *object = &plan->objects[out->objects + i];
        object->least = json_object_find_least(plan, object);
        keep_less(&least, object->least);
    }
    return least;
}

/* Lengths only fall, and each round fixes at least one for good. Shapes that refer to each other
 * stand in any order, so the rounds go up and down. */
static void find_lengths(struct json_plan *plan) {
    bool is_changed = true;
    size_t n = plan->table->n_shapes;
    for (int round = 0; is_changed; round++) {
        is_changed = false;
        for (size_t i = 0; i < n; i++) {
            shape_id id = (shape_id)(round % 2 ? i : n - 1 - i);
            uint64_t least = find_least(plan, id);
            is_changed |= least < plan->shapes[id].least;
            keep_less(&plan->shapes[id].least, least);
        }
    }
}

static ingle_status check_unique(struct json_plan *plan, ingle_error *err) {
    for (size_t i = 0; i < plan->table->n_shapes; i++) {
        ingle_error why;
        ingle_status status = json_unique_check(plan, (shape_id)i, &why);
        INGLE_TRY(at_place(plan, (shape_id)i, status, &why, err));
    }
    return INGLE_OK;
}

ingle_status json_plan_init(struct json_plan *plan, const struct shape_table *table,
                            struct json_values *values, ingle_error *err) {
    *plan = (struct json_plan){.table = table};
    ingle_status status = add_shapes(plan, values, err);
    if (status == INGLE_OK) status = json_unique_count(plan, err);
    if (status == INGLE_OK) {
        find_lengths(plan);
        status = check_unique(plan, err);
    }
    if (status == INGLE_OK && plan->shapes[table->root].least == JSON_NEVER) {
        status = status_set(err, INGLE_REFUSED, 0,
                            "No JSON text satisfies the schema (numbers beyond the limits of a "
                            "double are none).");
    }
    for (uint32_t i = 0; i < plan->n_objects && status == INGLE_OK; i++) {
        status = json_object_finish(&plan->objects[i], err);
    }
    if (status != INGLE_OK) json_plan_clear(plan);
    return status;
}

void json_plan_clear(struct json_plan *plan) {
    for (uint32_t i = 0; i < plan->n_numbers; i++) number_lexer_clear(&plan->numbers[i]);
    for (uint32_t i = 0; i < plan->n_texts; i++) json_texts_clear(&plan->texts[i]);
    for (uint32_t i = 0; i < plan->n_objects; i++) json_object_clear(&plan->objects[i]);
    for (uint32_t i = 0; i < plan->n_arrays; i++) {
        mem_free(plan->arrays[i].prefix);
        mem_free(plan->arrays[i].costs);
        mem_free(plan->arrays[i].n_scalars);
        mem_free(plan->arrays[i].is_endless);
    }
    mem_free(plan->shapes);
    mem_free(plan->numbers);
    mem_free(plan->texts);
    mem_free(plan->strings);
    mem_free(plan->arrays);
    mem_free(plan->objects);
    *plan = (struct json_plan){0};
}
