#include "engine/text/unicode_property.h"

#include <string.h>

#define SKIP 65535 /* a distance that is no change: the next one goes on */

static int find(const struct unicode_property_name *names, size_t n, const char *name, size_t len) {
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strncmp(names[middle].name, name, len);
        if (order == 0 && names[middle].name[len]) order = 1;
        if (order == 0) return names[middle].set;
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return -1;
}

static bool is(const char *name, size_t len, const char *long_form, const char *short_form) {
    return (len == strlen(long_form) && memcmp(name, long_form, len) == 0) ||
           (len == strlen(short_form) && memcmp(name, short_form, len) == 0);
}

int unicode_property_find(const char *name, size_t name_len, const char *value, size_t value_len) {
    if (!value) {
        int set = find(unicode_categories, unicode_categories_n, name, name_len);
        return set < 0 ? find(unicode_binaries, unicode_binaries_n, name, name_len) : set;
    }
    if (is(name, name_len, "General_Category", "gc"))
        return find(unicode_categories, unicode_categories_n, value, value_len);
    if (is(name, name_len, "Script", "sc"))
        return find(unicode_scripts, unicode_scripts_n, value, value_len);
    if (is(name, name_len, "Script_Extensions", "scx"))
        return find(unicode_script_extensions, unicode_script_extensions_n, value, value_len);
    return -1;
}

struct unicode_ranges unicode_property_ranges(int set) {
    return (struct unicode_ranges){.at = unicode_property_deltas + unicode_property_starts[set],
                                   .end =
                                       unicode_property_deltas + unicode_property_starts[set + 1]};
}

/* The next code point where something changes. */
static uint32_t next_change(struct unicode_ranges *r) {
    while (*r->at == SKIP) r->cp += *r->at++;
    r->cp += *r->at++;
    return r->cp;
}

bool unicode_ranges_next(struct unicode_ranges *ranges, uint32_t *first, uint32_t *last) {
    if (ranges->at == ranges->end) return false;
    *first = next_change(ranges);
    *last = next_change(ranges) - 1;
    return true;
}

bool unicode_property_has(int set, uint32_t cp) {
    struct unicode_ranges ranges = unicode_property_ranges(set);
    uint32_t first, last;
    while (unicode_ranges_next(&ranges, &first, &last)) {
        if (cp <= last) return cp >= first;
    }
    return false;
}
