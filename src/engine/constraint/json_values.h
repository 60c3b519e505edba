/* Texts and JSON values, each known by a small number: equal ones by the same (numbers by value,
 * objects whatever their order). And sets of such numbers, which are numbers too: equal sets by the
 * same. What a machine remembers names and the elements of arrays without equal ones by.
 *
 *     text     = (text before, byte)           0 is the empty one
 *     list     = (list before, value)          0 is the empty one
 *     set      = a number | (bit, left, right) 0 is the empty one
 *     value    = string of a text | number of a text | literal | array of a list | object of a set
 *     member   = (name, value)                 what the set of an object holds
 */
#ifndef INGLE_ENGINE_CONSTRAINT_JSON_VALUES_H
#define INGLE_ENGINE_CONSTRAINT_JSON_VALUES_H

#include "engine/constraint/intern.h"
#include "engine/constraint/number.h"

#define JSON_VALUES_FAILED UINT32_MAX /* out of memory; what any call makes of it, too */

enum json_value_kind {
    JSON_TEXT = 1,
    JSON_LIST,
    JSON_SET_ONE,
    JSON_SET_FORK,
    JSON_STRING_OF,
    JSON_NUMBER_OF,
    JSON_LITERAL_OF,
    JSON_ARRAY_OF,
    JSON_OBJECT_OF,
    JSON_MEMBER
};

struct json_values {
    struct intern nodes;
};

BASE_NODISCARD bool json_values_init(struct json_values *v, size_t max);
void json_values_clear(struct json_values *v);

/* a and b as drawn above; b is 0 where there is none. */
uint32_t json_values_add(struct json_values *v, enum json_value_kind kind, uint32_t a, uint32_t b);

uint32_t json_values_text(struct json_values *v, uint32_t before, const char *bytes, size_t len);
uint32_t json_values_number(struct json_values *v, const struct number *n);
/* The last `max` bytes at most; returns how many. */
size_t json_values_read(const struct json_values *v, uint32_t text, char *out, size_t max);

bool json_set_has(const struct json_values *v, uint32_t set, uint32_t member);
uint32_t json_set_add(struct json_values *v, uint32_t set, uint32_t member);

/* Forgets all but some. map: [nodes.n], JSON_KEEP for those to keep, JSON_KEEP_SET for sets, else
 * 0; then the new numbers, which are in the same order. False if out of memory: nothing was done.
 */
#define JSON_KEEP 1
#define JSON_KEEP_SET 2
BASE_NODISCARD bool json_values_compact(struct json_values *v, uint32_t *map);

#endif
