/* The classes of names of an object. */
#include "engine/constraint/json_plan_internal.h"

#include "base/alloc.h"

#define MANY_NAMES ((uint64_t)1 << 30)

static ingle_status count_names(struct json_object_plan *object, size_t i, ingle_error *err) {
    const struct object_shape *shape = object->shape;
    object->n_names[i] = 1;
    if (shape->classes[i].only.data) return INGLE_OK;
    return dfa_count(&object->n_names[i], shape->names, (uint32_t)i + 1, MANY_NAMES, err);
}

ingle_status json_object_prepare(struct json_object_plan *object, const struct object_shape *shape,
                                 struct json_values *values, ingle_error *err) {
    size_t n = shape->n_classes;
    *object =
        (struct json_object_plan){.shape = shape, .least = JSON_NEVER, .count_max = SHAPE_NO_MAX};
    if (shape->n_counted > 1) {
        return status_set(
            err, INGLE_REFUSED, 0,
            "An object of the schema counts properties in %zu ways; one is supported.",
            shape->n_counted);
    }
    if (shape->n_counted) {
        object->count_min = shape->counted[0].min;
        object->count_max = shape->counted[0].max;
    }
    object->kinds = mem_calloc(n + 1, sizeof *object->kinds);
    object->classes = mem_calloc(n + 1, sizeof *object->classes);
    object->n_names = mem_calloc(n + 1, sizeof *object->n_names);
    object->required = mem_calloc(n + 1, sizeof *object->required);
    if (!object->kinds || !object->classes || !object->n_names || !object->required) {
        return status_no_memory(err, "an object of the schema", n * sizeof *object->classes);
    }
    for (size_t i = 0; i < n; i++) {
        const struct name_class *class = &shape->classes[i];
        INGLE_TRY(count_names(object, i, err));
        if (!class->only.data) continue;
        object->classes[i].name = json_values_text(values, 0, class->only.data, class->only.len);
        if (object->classes[i].name == JSON_VALUES_FAILED) {
            return status_no_memory(err, "the names of the schema", class->only.len);
        }
        if (class->is_required) object->required[object->n_all_required++] = (uint32_t)i;
    }
    return INGLE_OK;
}

/* What the values of a class of at most so many bytes may count for; -1: there are none. */
static int counts_of(const struct json_plan *plan, const struct json_object_plan *object, size_t i,
                     uint64_t most) {
    const struct shape_slot *slot = &object->shape->classes[i].slot;
    bool counts = false, counts_not = false;
    for (size_t k = 0; k < slot->n_options; k++) {
        uint64_t least = plan->shapes[slot->options[k].shape].least;
        if (least == JSON_NEVER || least > most) continue;
        bool is_counted = object->shape->n_counted && (slot->options[k].counts & 1);
        counts |= is_counted;
        counts_not |= !is_counted;
    }
    return counts ? counts_not ? 2 : 1 : counts_not ? 0 : -1;
}

/* The kind and cost of a class, by the values of at most so many bytes. */
static void find_class(const struct json_plan *plan, struct json_object_plan *object, size_t i,
                       uint64_t most) {
    const struct name_class *class = &object->shape->classes[i];
    struct json_class_plan *out = &object->classes[i];
    int counts = object->n_names[i] ? counts_of(plan, object, i, most) : -1;
    int short_counts = counts_of(plan, object, i, object->most);
    enum json_kind_place place = JSON_OPTIONAL;
    if (short_counts != counts) place = short_counts < 0 ? JSON_LONG : JSON_MIXED;
    if (class->is_required) place = JSON_REQUIRED;
    out->cost = json_slot_least(plan, &class->slot);
    out->kind = 0;
    if (counts >= 0) out->kind = (uint16_t)(1u << json_kind(counts, place));
    object->kinds[i + 1] = out->kind;
}

static bool is_optional(uint16_t kind, int counts) {
    return kind == 1 << json_kind(counts, JSON_OPTIONAL) ||
           kind == 1 << json_kind(counts, JSON_MIXED) || kind == 1 << json_kind(counts, JSON_LONG);
}

static void count_kinds(struct json_object_plan *object) {
    for (int k = 0; k < 3; k++) object->n_required[k] = object->n_optional[k] = 0;
    for (size_t i = 0; i < object->shape->n_classes; i++) {
        uint64_t n = object->n_names[i];
        for (int k = 0; k < 3; k++) {
            uint16_t kind = object->classes[i].kind;
            if (kind == 1 << json_kind(k, JSON_REQUIRED)) object->n_required[k]++;
            if (!is_optional(kind, k)) continue;
            uint64_t sum = object->n_optional[k] + n;
            bool is_many = n >= MANY_NAMES || sum >= MANY_NAMES;
            object->n_optional[k] = is_many ? JSON_MANY : (uint32_t)sum;
        }
    }
}

static uint64_t add(uint64_t a, uint64_t b) {
    return a >= JSON_NEVER / 2 || b >= JSON_NEVER / 2 ? JSON_NEVER / 2 : a + b;
}

uint64_t json_object_cost(const struct json_object_plan *object, const struct json_values *values,
                          const struct json_progress *p, uint32_t seen) {
    uint64_t cost = 1;
    uint32_t n_more = 0;
    for (uint32_t r = 0; r < object->n_all_required; r++) {
        const struct json_class_plan *class = &object->classes[object->required[r]];
        if (seen && json_set_has(values, seen, class->name)) continue;
        uint64_t value = class->cost > object->most ? class->cost : object->most;
        cost = add(cost, add(object->shape->n_counted ? value : class->cost, JSON_EXTRA));
    }
    (void)json_object_needs(object, p, &n_more);
    if (n_more && object->most > JSON_NEVER / 4 / n_more) return JSON_NEVER / 2;
    return add(cost, n_more * (object->most + JSON_EXTRA));
}

/* Can the object be ended with values of at most so many bytes? */
static bool may_end(const struct json_plan *plan, struct json_object_plan *object, uint64_t most,
                    uint32_t *n_more) {
    struct json_progress p;
    object->keeps_names = false;
    for (size_t i = 0; i < object->shape->n_classes; i++) {
        find_class(plan, object, i, most);
        object->keeps_names |= object->classes[i].kind && !object->shape->classes[i].only.data;
    }
    for (uint32_t r = 0; r < object->n_all_required; r++) {
        if (!object->classes[object->required[r]].kind) return false;
    }
    count_kinds(object);
    p = json_object_start(object);
    return json_object_needs(object, &p, n_more);
}

/* Where there is a choice of properties, only the shortest values that are enough are counted on:
 * so an object is always longer than what it needs in it, and a way out of shapes that contain each
 * other ends. */
uint64_t json_object_find_least(const struct json_plan *plan, struct json_object_plan *object) {
    uint32_t n_more = 0, n_enough = 0;
    object->most = 0;
    if (!may_end(plan, object, JSON_NEVER, &n_more)) return JSON_NEVER;
    if (n_more || object->shape->n_counted) {
        uint64_t low = 0, high = JSON_NEVER - 1;
        while (low < high) {
            uint64_t middle = low + (high - low) / 2;
            if (may_end(plan, object, middle, &n_enough)) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        object->most = low;
        (void)may_end(plan, object, low, &n_enough);
        (void)may_end(plan, object, JSON_NEVER, &n_more);
    }
    struct json_progress p = json_object_start(object);
    uint64_t cost = 1 + json_object_cost(object, NULL, &p, 0);
    uint64_t n_extra =
        n_enough > n_more ? n_enough - n_more : 0; /* where short ones count for less */
    if (n_extra && object->most > JSON_NEVER / 4 / n_extra) return JSON_NEVER / 2;
    return add(cost, n_extra * (object->most + JSON_EXTRA));
}

ingle_status json_object_finish(struct json_object_plan *object, ingle_error *err) {
    return json_texts_init(&object->names, object->shape->names, object->kinds, err);
}

void json_object_clear(struct json_object_plan *object) {
    json_texts_clear(&object->names);
    mem_free(object->kinds);
    mem_free(object->classes);
    mem_free(object->n_names);
    mem_free(object->required);
}
