/* Characters, escapes and classes of a pattern. */
#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "engine/constraint/regex_internal.h"
#include "engine/text/unicode_property.h"

/* Of the character that stands n ahead, as ascii_hex_value() has it. */
static int peek_hex(const struct regex_parser *p, size_t n) {
    return ascii_hex_value((char)regex_peek(p, n));
}

/* Exactly n hexadecimal digits. */
static bool take_hex(struct regex_parser *p, int n, uint32_t *value) {
    *value = 0;
    for (int i = 0; i < n; i++) {
        int digit = peek_hex(p, (size_t)i);
        if (digit < 0) return false;
        *value = *value << 4 | (uint32_t)digit;
    }
    p->pos += (size_t)n;
    return true;
}

static ingle_status take_braced(struct regex_parser *p, size_t where, uint32_t *cp) {
    size_t start = ++p->pos;
    *cp = 0;
    for (int digit; (digit = peek_hex(p, 0)) >= 0; p->pos++) {
        *cp = *cp << 4 | (uint32_t)digit;
        if (*cp > CHARSET_LAST) return regex_invalid(p, where, "there is no such code point");
    }
    if (p->pos == start || !regex_accept(p, '}')) {
        return regex_invalid(p, where, "\\u{ needs hexadecimal digits and }");
    }
    return INGLE_OK;
}

ingle_status regex_take_unicode(struct regex_parser *p, uint32_t *cp) {
    size_t where = p->pos - 2;
    if (regex_peek(p, 0) == '{') return take_braced(p, where, cp);
    if (!take_hex(p, 4, cp)) return regex_invalid(p, where, "\\u needs four hexadecimal digits");
    bool is_high = *cp >= 0xd800 && *cp < 0xdc00;
    if (!is_high || regex_peek(p, 0) != '\\' || regex_peek(p, 1) != 'u') return INGLE_OK;
    size_t back = p->pos;
    uint32_t low;
    p->pos += 2;
    if (take_hex(p, 4, &low) && low >= 0xdc00 && low <= 0xdfff) {
        *cp = 0x10000 + ((*cp - 0xd800) << 10) + (low - 0xdc00);
    } else {
        p->pos = back;
    }
    return INGLE_OK;
}

ingle_status regex_keep_set(struct regex_parser *p, uint32_t *set) {
    struct charset *s = &p->set;
    charset_normalise(s);
    charset_drop_surrogates(s);
    if (s->failed) return regex_no_memory(p);
    if (!s->full && intern_add(&p->re->sets, s->bounds, s->n, set)) return INGLE_OK;
    if (!s->full && !p->re->sets.full) return regex_no_memory(p);
    return status_set(p->err, INGLE_LIMIT, p->pos,
                      "The regular expression is too large: its sets of characters have too many "
                      "ranges.");
}

static void add_digits(struct charset *set) {
    charset_add(set, '0', '9');
}

static void add_word(struct charset *set) {
    charset_add(set, '0', '9');
    charset_add(set, 'A', 'Z');
    charset_add(set, '_', '_');
    charset_add(set, 'a', 'z');
}

static void add_space(struct charset *set) {
    static const uint32_t ranges[][2] = {
        {0x09, 0x0d},     {0x20, 0x20},     {0xa0, 0xa0},     {0x1680, 0x1680}, {0x2000, 0x200a},
        {0x2028, 0x2029}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000}, {0xfeff, 0xfeff},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        charset_add(set, ranges[i][0], ranges[i][1]);
    }
}

/* A set that may be negated by itself, within one that is under construction. */
static void add_set(struct charset *to, struct charset *part, bool negated) {
    charset_normalise(part);
    if (negated) charset_negate(part);
    for (size_t i = 0; i < part->n; i += 2) charset_add(to, part->bounds[i], part->bounds[i + 1]);
    to->failed = to->failed || part->failed;
    to->full = to->full || part->full;
}

static bool is_name_byte(int c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* After "\p" or "\P". */
static ingle_status take_property(struct regex_parser *p, bool negated) {
    size_t where = p->pos - 2;
    const char *name = p->text + p->pos + 1, *value = NULL;
    size_t name_len = 0, value_len = 0;
    if (!regex_accept(p, '{')) return regex_invalid(p, where, "\\p needs a property in braces");
    for (; is_name_byte(regex_peek(p, 0)); p->pos++) name_len++;
    if (regex_accept(p, '=')) {
        value = p->text + p->pos;
        for (; is_name_byte(regex_peek(p, 0)); p->pos++) value_len++;
    }
    if (!regex_accept(p, '}')) return regex_invalid(p, where, "\\p needs a property in braces");
    int found = unicode_property_find(name, name_len, value, value_len);
    if (found < 0) return regex_invalid(p, where, "Unicode has no such property");
    struct charset part;
    charset_init(&part, REGEX_MAX_BOUNDS);
    struct unicode_ranges ranges = unicode_property_ranges(found);
    uint32_t first, last;
    while (unicode_ranges_next(&ranges, &first, &last)) charset_add(&part, first, last);
    add_set(&p->set, &part, negated);
    charset_clear(&part);
    return INGLE_OK;
}

/* \d and the like at the position, behind the backslash; false if something else stands there. */
static bool take_class_escape(struct regex_parser *p, ingle_status *status) {
    int c = regex_peek(p, 0);
    *status = INGLE_OK;
    if (c <= 0 || !strchr("dDsSwWpP", c)) return false;
    p->pos++;
    bool negated = c < 'a';
    if ((c | 0x20) == 'p') {
        *status = take_property(p, negated);
        return true;
    }
    struct charset part;
    charset_init(&part, REGEX_MAX_BOUNDS);
    void (*add)(struct charset *) = (c | 0x20) == 'd'   ? add_digits
                                    : (c | 0x20) == 's' ? add_space
                                                        : add_word;
    add(&part);
    add_set(&p->set, &part, negated);
    charset_clear(&part);
    return true;
}

/* One character, behind the backslash at the position - 1. */
static ingle_status take_escape(struct regex_parser *p, bool in_class, uint32_t *cp) {
    static const char names[] = "fnrtv", values[] = "\f\n\r\t\v";
    size_t where = p->pos - 1;
    int c = regex_peek(p, 0);
    if (c < 0) return regex_invalid(p, where, "it ends with a backslash");
    p->pos++;
    const char *found = strchr(names, c);
    *cp = found && c ? (uint32_t)values[found - names] : (uint32_t)c;
    if (found && c) return INGLE_OK;
    if (c == 'u') return regex_take_unicode(p, cp);
    if (c == 'x') {
        if (take_hex(p, 2, cp)) return INGLE_OK;
        return regex_invalid(p, where, "\\x needs two hexadecimal digits");
    }
    if (c == 'c') {
        int letter = regex_peek(p, 0);
        if ((letter | 0x20) < 'a' || (letter | 0x20) > 'z') {
            return regex_invalid(p, where, "\\c needs a letter");
        }
        *cp = (uint32_t)letter & 0x1f;
        p->pos++;
        return INGLE_OK;
    }
    if (c == '0' && (regex_peek(p, 0) < '0' || regex_peek(p, 0) > '9')) {
        *cp = 0;
        return INGLE_OK;
    }
    if (in_class && c == 'b') *cp = '\b';
    if (in_class && (c == 'b' || c == '-')) return INGLE_OK;
    if (c && strchr("^$\\.*+?()[]{}|/", c)) return INGLE_OK;
    return regex_invalid(p, where, "there is no such escape");
}

static ingle_status take_character(struct regex_parser *p, uint32_t *cp) {
    size_t n = utf8_take(p->text + p->pos, p->len - p->pos, cp);
    if (n == 0) return regex_invalid(p, p->pos, "these bytes are not UTF-8");
    p->pos += n;
    return INGLE_OK;
}

/* A character of a class or an escape like \d, which is a set and begins or ends no range. */
static ingle_status take_member(struct regex_parser *p, uint32_t *cp, bool *is_set) {
    ingle_status status;
    *is_set = false;
    if (!regex_accept(p, '\\')) return take_character(p, cp);
    *is_set = take_class_escape(p, &status);
    return *is_set ? status : take_escape(p, true, cp);
}

/* After "[". */
static ingle_status take_class(struct regex_parser *p) {
    size_t start = p->pos - 1;
    bool negated = regex_accept(p, '^');
    while (!regex_accept(p, ']')) {
        if (regex_peek(p, 0) < 0) return regex_invalid(p, start, "this class does not end");
        size_t where = p->pos;
        uint32_t first = 0, last = 0;
        bool is_set = false, other_is_set = false;
        INGLE_TRY(take_member(p, &first, &is_set));
        if (regex_peek(p, 0) != '-' || regex_peek(p, 1) == ']') {
            if (!is_set) charset_add(&p->set, first, first);
            continue;
        }
        p->pos++;
        if (regex_peek(p, 0) < 0) return regex_invalid(p, start, "this class does not end");
        INGLE_TRY(take_member(p, &last, &other_is_set));
        if (is_set || other_is_set) return regex_invalid(p, where, "a set bounds no range");
        if (first > last) return regex_invalid(p, where, "this range is out of order");
        charset_add(&p->set, first, last);
    }
    charset_normalise(&p->set);
    if (negated) charset_negate(&p->set);
    return INGLE_OK;
}

ingle_status regex_take_set(struct regex_parser *p, uint32_t *set) {
    charset_reset(&p->set);
    uint32_t cp = 0;
    if (regex_accept(p, '[')) {
        INGLE_TRY(take_class(p));
    } else if (regex_accept(p, '.')) {
        charset_add(&p->set, '\n', '\n');
        charset_add(&p->set, '\r', '\r');
        charset_add(&p->set, 0x2028, 0x2029);
        charset_negate(&p->set);
    } else if (regex_accept(p, '\\')) {
        ingle_status status;
        if (take_class_escape(p, &status)) {
            INGLE_TRY(status);
        } else {
            INGLE_TRY(take_escape(p, false, &cp));
            charset_add(&p->set, cp, cp);
        }
    } else {
        INGLE_TRY(take_character(p, &cp));
        charset_add(&p->set, cp, cp);
    }
    return regex_keep_set(p, set);
}
