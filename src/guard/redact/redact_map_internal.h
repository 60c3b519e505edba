/* What a map holds. */
#ifndef INGLE_GUARD_REDACT_REDACT_MAP_INTERNAL_H
#define INGLE_GUARD_REDACT_REDACT_MAP_INTERNAL_H

#include <stdint.h>

#include "base/arena.h"
#include "guard/redact/redact_index.h"
#include "guard/redact/redact_map.h"

#define REDACT_MAX_KIND 32
#define REDACT_MAX_PLACEHOLDER (REDACT_MAX_KIND + 16)

/* A spelling other than the first, at the occurrence of that number (from 1). */
struct redact_spelling {
    struct redact_spelling *next;
    uint64_t occurrence;
    const char *text;
    size_t len;
};

struct redact_entry {
    const char *placeholder; /* "[PERSON_1]" */
    size_t placeholder_len;
    const char *kind;
    const char *text; /* the first spelling */
    size_t len;
    uint64_t n;                            /* occurrences */
    struct redact_spelling *others, *last; /* in order of their occurrence */
};

struct redact_map {
    struct arena arena;           /* texts, placeholders, spellings */
    struct redact_entry *entries; /* owned array */
    size_t n, cap;
    struct redact_index by_placeholder;
    uint64_t seed;
};

/* The entry of a placeholder; NULL if there is none. */
struct redact_entry *redact_map_find(const struct redact_map *map, const char *placeholder,
                                     size_t len);

/* Adds one, n 0. The strings are copied. */
BASE_NODISCARD ingle_status redact_map_add(struct redact_map *map, const struct redact_entry *entry,
                                           ingle_error *err);
BASE_NODISCARD ingle_status redact_map_add_spelling(struct redact_map *map, struct redact_entry *e,
                                                    uint64_t occurrence, const char *text,
                                                    size_t len, ingle_error *err);

/* Length of what looks like a placeholder at the start of the text, "[" capitals, digits and "_",
 * "_" digits "]"; 0 = it is none. */
size_t redact_placeholder_len(const char *text, size_t len);

#endif
