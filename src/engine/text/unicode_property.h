/* The code points of the Unicode properties that \p{...} of ECMA-262 can name. */
#ifndef INGLE_ENGINE_TEXT_UNICODE_PROPERTY_H
#define INGLE_ENGINE_TEXT_UNICODE_PROPERTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unicode_property_name {
    const char *name;
    uint16_t set;
};

/* unicode_property_tables.c: names in the order of strcmp; of set i, the distances between the code
 * points where it begins and ends to hold are deltas[starts[i]] to deltas[starts[i + 1]]. */
extern const struct unicode_property_name unicode_categories[], unicode_scripts[],
    unicode_script_extensions[], unicode_binaries[];
extern const size_t unicode_categories_n, unicode_scripts_n, unicode_script_extensions_n,
    unicode_binaries_n;
extern const uint16_t unicode_property_starts[], unicode_property_deltas[];

/* The set of \p{name}, value NULL, or of \p{name=value}; -1 if there is none of these names. */
int unicode_property_find(const char *name, size_t name_len, const char *value, size_t value_len);

bool unicode_property_has(int set, uint32_t cp);

/* The ranges of a set, in order. */
struct unicode_ranges {
    const uint16_t *at, *end;
    uint32_t cp;
};

struct unicode_ranges unicode_property_ranges(int set);
/* False at the end. */
bool unicode_ranges_next(struct unicode_ranges *ranges, uint32_t *first, uint32_t *last);

#endif
