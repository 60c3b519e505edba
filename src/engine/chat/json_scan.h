/* Follows a JSON text byte by byte as it is written: where strings, keys and brackets begin and
 * end. Whether the text is JSON in all else is for json_tree_parse() to say once it is whole. */
#ifndef INGLE_ENGINE_CHAT_JSON_SCAN_H
#define INGLE_ENGINE_CHAT_JSON_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json_tree.h"

enum json_scan_event {
    SCAN_INSIDE,
    SCAN_KEY,    /* the byte ends a key of the object at this depth */
    SCAN_STRING, /* the byte ends a string that is a value at this depth */
    SCAN_OPEN,   /* the byte opens an object or array, whose depth this is now */
    SCAN_CLOSE,  /* the byte closes one; depth 0: the text is complete */
    SCAN_BROKEN  /* no JSON has this byte here, or it is nested too deep */
};

/* Zeroed is the beginning. */
struct json_scan {
    uint8_t objects[JSON_TREE_MAX_DEPTH / 8 + 1]; /* bit d: the bracket at depth d is an object's */
    int depth;
    bool in_string, is_escaped, is_key;
    size_t n;         /* bytes so far */
    size_t string_at; /* the quote that began the latest string */
};

enum json_scan_event json_scan_byte(struct json_scan *s, char c);
bool json_scan_in_object(const struct json_scan *s);

#endif
