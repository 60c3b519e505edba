#include "task/document/entities.h"

#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "base/utf8.h"
#include "task/document/doc_text.h"
#include "task/document/entity_tables.h"

#define MAX_NAME 10

static int compare(const void *key, const void *item) {
    return strcmp(key, ((const struct entity *)item)->name);
}

static size_t hex_value(char c) {
    if (ascii_is_digit(c)) return (size_t)(c - '0');
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? (size_t)(c - 'a' + 10) : 16;
}

/* Behind "&#". Returns the bytes taken, the semicolon included. */
static size_t take_number(const char *text, size_t len, uint32_t *c) {
    size_t i = 0, base = 10;
    if (len > 0 && (text[0] == 'x' || text[0] == 'X')) {
        base = 16;
        i = 1;
    }
    size_t first = i;
    uint32_t value = 0;
    for (; i < len && hex_value(text[i]) < base; i++) {
        if (value < 0x200000) value = value * (uint32_t)base + (uint32_t)hex_value(text[i]);
    }
    if (i == first) return 0;
    *c = utf8_is_scalar(value) && !utf8_is_control(value) ? value : UTF8_REPLACEMENT;
    if (value == '\n' || value == '\t' || value == '\r') *c = ' ';
    return i + (i < len && text[i] == ';' ? 1 : 0);
}

static size_t take_name(const char *text, size_t len, uint32_t *c) {
    char name[MAX_NAME + 1];
    size_t n = 0;
    while (n < len && n < MAX_NAME && (ascii_is_letter(text[n]) || ascii_is_digit(text[n]))) {
        name[n] = text[n];
        n++;
    }
    name[n] = '\0';
    const struct entity *e =
        bsearch(name, entities, BASE_COUNT(entities), sizeof entities[0], compare);
    if (!e || n == len || text[n] != ';') return 0;
    *c = e->c;
    return n + 1;
}

size_t entity_take(const char *text, size_t len, char *out, size_t *n_out) {
    uint32_t c = 0;
    size_t n;
    if (len < 3) return 0;
    if (text[1] == '#') {
        n = take_number(text + 2, len - 2, &c);
        if (n) n += 2;
    } else {
        n = take_name(text + 1, len - 1, &c);
        if (n) n += 1;
    }
    if (n == 0 || c == 0xad) { /* a soft hyphen is no text */
        *n_out = 0;
        return n;
    }
    *n_out = utf8_put(out, c);
    return n;
}
