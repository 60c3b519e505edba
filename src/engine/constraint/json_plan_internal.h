/* Between the files of json_plan. */
#ifndef INGLE_ENGINE_CONSTRAINT_JSON_PLAN_INTERNAL_H
#define INGLE_ENGINE_CONSTRAINT_JSON_PLAN_INTERNAL_H

#include "engine/constraint/json_plan.h"

#define JSON_MAX_PREFIX 65536
#define JSON_MAX_COUNTS (1 << 18) /* entries of the table of an array with `counted` */
#define JSON_MAX_DIFFERENT 4096   /* elements that must differ, if their values have an end */

BASE_NODISCARD ingle_status json_array_prepare(struct json_array_plan *array,
                                               const struct array_shape *shape, ingle_error *err);
/* From the lengths known of the elements. */
uint64_t json_array_find_least(const struct json_plan *plan, struct json_array_plan *array);

BASE_NODISCARD ingle_status json_object_prepare(struct json_object_plan *object,
                                                const struct object_shape *shape,
                                                struct json_values *values, ingle_error *err);
uint64_t json_object_find_least(const struct json_plan *plan, struct json_object_plan *object);
/* Once the lengths are known. */
BASE_NODISCARD ingle_status json_object_finish(struct json_object_plan *object, ingle_error *err);
void json_object_clear(struct json_object_plan *object);

/* May it always go on, to be a value that was not there yet? */
bool json_array_is_open(const struct json_plan *plan, const struct json_array_plan *array);
bool json_object_is_open(const struct json_object_plan *object);
bool json_strings_are_endless(const struct json_plan *plan, shape_id shape);
/* Before the lengths: the scalars of arrays without equal elements. */
BASE_NODISCARD ingle_status json_unique_count(struct json_plan *plan, ingle_error *err);
/* Refuses arrays without equal elements whose ends cannot be foreseen exactly. */
BASE_NODISCARD ingle_status json_unique_check(struct json_plan *plan, shape_id id,
                                              ingle_error *err);

#endif
