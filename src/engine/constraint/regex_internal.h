/* The reader of patterns, shared by regex_parse.c (structure) and regex_atom.c (characters,
 * escapes, classes). */
#ifndef INGLE_ENGINE_CONSTRAINT_REGEX_INTERNAL_H
#define INGLE_ENGINE_CONSTRAINT_REGEX_INTERNAL_H

#include "engine/constraint/regex.h"

struct regex_parser {
    struct regex *re;
    const char *text;
    size_t len, pos;
    int depth;
    struct charset set;  /* under construction */
    struct intern names; /* of groups, as code points */
    ingle_error *err;
};

/* The byte at the position + ahead; -1 behind the end. */
static inline int regex_peek(const struct regex_parser *p, size_t ahead) {
    return p->pos + ahead < p->len ? (unsigned char)p->text[p->pos + ahead] : -1;
}

static inline bool regex_accept(struct regex_parser *p, char c) {
    if (regex_peek(p, 0) != c) return false;
    p->pos++;
    return true;
}

/* Finished sentences with the place. */
BASE_NODISCARD ingle_status regex_invalid(struct regex_parser *p, size_t where, const char *rule);
BASE_NODISCARD ingle_status regex_refuse(struct regex_parser *p, size_t where, const char *what);
BASE_NODISCARD ingle_status regex_no_memory(struct regex_parser *p);

/* An atom that is one character of a set: '.', a class, an escape or a character itself. */
BASE_NODISCARD ingle_status regex_take_set(struct regex_parser *p, uint32_t *set);

/* After "\u": four digits, a pair of surrogates, or digits in braces. */
BASE_NODISCARD ingle_status regex_take_unicode(struct regex_parser *p, uint32_t *cp);

/* Numbers the set under construction. */
BASE_NODISCARD ingle_status regex_keep_set(struct regex_parser *p, uint32_t *set);

/* Decimal digits; more than UINT32_MAX - 1 counts as that. False if there are none. */
bool regex_take_number(struct regex_parser *p, uint32_t *number);

#endif
