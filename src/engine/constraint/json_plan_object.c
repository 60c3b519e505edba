/* The arithmetic of objects: can what has begun be ended? With at most one `counted` this needs no
 * search: the counts that a number of properties can have are a whole interval. */
#include "base/compiler.h"
#include "engine/constraint/json_plan.h"

struct json_progress json_object_start(const struct json_object_plan *object) {
    struct json_progress p = {0};
    for (int i = 0; i < 3; i++) p.missing[i] = object->n_required[i];
    return p;
}

static uint32_t add_up_to(uint32_t value, uint32_t min, uint32_t max) {
    uint32_t cap = max == SHAPE_NO_MAX ? min : SHAPE_NO_MAX;
    return value < cap ? value + 1 : cap;
}

struct json_progress json_object_add(const struct json_object_plan *object,
                                     const struct json_progress *p, int kind) {
    struct json_progress after = *p;
    int counts = json_kind_counts(kind);
    after.n = add_up_to(p->n, object->shape->min, object->shape->max);
    if (json_kind_is_required(kind)) {
        after.missing[counts]--;
    } else if (object->shape->n_counted && object->n_optional[counts] != JSON_MANY) {
        after.used[counts]++;
    }
    return after;
}

struct json_progress json_object_count(const struct json_object_plan *object,
                                       const struct json_progress *p, uint8_t counts) {
    struct json_progress after = *p;
    if ((counts & 1) && object->shape->n_counted) {
        after.count = add_up_to(p->count, object->count_min, object->count_max);
    }
    return after;
}

static uint64_t left_of(const struct json_object_plan *object, const struct json_progress *p,
                        int counts) {
    uint32_t all = object->n_optional[counts];
    return all == JSON_MANY ? (uint64_t)JSON_MANY << 2 : all - p->used[counts];
}

/* flexible: of the properties that are there or missing, how many may still count or not. */
static bool needs(const struct json_object_plan *object, const struct json_progress *p,
                  uint64_t flexible, uint32_t *n_more) {
    const struct object_shape *shape = object->shape;
    uint64_t n_all = (uint64_t)p->n + p->missing[0] + p->missing[1] + p->missing[2];
    uint64_t base = (uint64_t)p->count + p->missing[1];
    if (object->count_min > object->count_max) return false;
    if (shape->max != SHAPE_NO_MAX && n_all > shape->max) return false;
    if (object->count_max != SHAPE_NO_MAX && base > object->count_max) return false;
    uint64_t most = shape->max == SHAPE_NO_MAX ? UINT64_MAX : shape->max - n_all;
    uint64_t must_count = left_of(object, p, 1);
    if (object->count_max != SHAPE_NO_MAX && must_count > object->count_max - base) {
        must_count = object->count_max - base;
    }
    uint64_t may_count = must_count + left_of(object, p, 2);
    flexible += p->missing[2];
    uint64_t lack = object->count_min > base + flexible ? object->count_min - base - flexible : 0;
    uint64_t least = shape->min > n_all ? shape->min - n_all : 0;
    if (least < lack) least = lack;
    uint64_t possible = may_count + left_of(object, p, 0);
    if (lack > may_count || least > possible || least > most) return false;
    *n_more = least < UINT32_MAX ? (uint32_t)least : UINT32_MAX;
    return true;
}

bool json_object_needs(const struct json_object_plan *object, const struct json_progress *p,
                       uint32_t *n_more) {
    return needs(object, p, 0, n_more);
}

bool json_object_needs_after(const struct json_object_plan *object, const struct json_progress *p,
                             int kind, uint32_t *n_more) {
    struct json_progress after = json_object_add(object, p, kind);
    int counts = json_kind_counts(kind);
    if (counts == 1) after = json_object_count(object, &after, 1);
    return needs(object, &after, counts == 2, n_more);
}

bool json_object_may_end(const struct json_object_plan *object, const struct json_progress *p) {
    return p->missing[0] + p->missing[1] + p->missing[2] == 0 && p->n >= object->shape->min &&
           p->count >= object->count_min;
}
