#include "task/digest_clean.h"

#include <string.h>

#include "base/utf8.h"

struct cleaner {
    struct buf *out;
    size_t start;  /* of this text in *out */
    bool is_space; /* a space is due before the next character */
};

/* Not for the eye: soft hyphen, marks of direction, joiners, the byte order mark, tags. */
static bool is_hidden(uint32_t c) {
    return c == 0xad || c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

static bool is_blank(uint32_t c) {
    return c == ' ' || utf8_is_control(c) || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
           c == 0x205f || c == 0x3000;
}

static void put(struct cleaner *cl, uint32_t c) {
    if (is_blank(c)) {
        cl->is_space = true;
        return;
    }
    if (is_hidden(c)) return;
    if (c >= 0xff01 && c <= 0xff5e) c -= 0xfee0; /* full width forms of ASCII */
    char bytes[8];
    size_t n = 0;
    if (cl->is_space && cl->out->size > cl->start) bytes[n++] = ' ';
    cl->is_space = false;
    n += utf8_put(bytes + n, c);
    buf_add(cl->out, bytes, n);
}

static void put_text(struct cleaner *cl, const char *text, size_t len) {
    for (size_t i = 0, n; i < len; i += n) put(cl, utf8_next(text + i, len - i, &n));
}

/* ---- entities ---- */

struct entity {
    const char *name;
    uint32_t c;
};

static const struct entity entities[] = {
    {"amp", '&'},      {"lt", '<'},       {"gt", '>'},       {"quot", '"'},      {"apos", '\''},
    {"nbsp", ' '},     {"ndash", 0x2013}, {"mdash", 0x2014}, {"hellip", 0x2026}, {"lsquo", 0x2018},
    {"rsquo", 0x2019}, {"ldquo", 0x201c}, {"rdquo", 0x201d}, {"euro", 0x20ac},   {"pound", 0xa3},
};

static int digit_of(char c, uint32_t base) {
    int value = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : 99;
    return value < (int)base ? value : -1;
}

/* The number between "&#" and ";"; a number that no character has is U+FFFD. */
static bool numeric_entity(const char *digits, size_t len, uint32_t *c) {
    uint32_t base = 10, value = 0;
    if (len && (digits[0] == 'x' || digits[0] == 'X')) {
        base = 16;
        digits++;
        len--;
    }
    if (len == 0) return false;
    for (size_t i = 0; i < len; i++) {
        int digit = digit_of(digits[i], base);
        if (digit < 0) return false;
        value = value * base + (uint32_t)digit;
        if (value > 0x10ffff) value = 0x110000;
    }
    *c = utf8_is_scalar(value) ? value : UTF8_REPLACEMENT;
    return true;
}

/* Length of the entity at text, which begins with '&'; 0 if it is none. */
static size_t take_entity(const char *text, size_t len, uint32_t *c) {
    const char *end = memchr(text, ';', len < 12 ? len : 12);
    if (!end) return 0;
    size_t n = (size_t)(end - text) - 1;
    if (n > 1 && text[1] == '#') return numeric_entity(text + 2, n - 1, c) ? n + 2 : 0;
    for (size_t i = 0; i < BASE_COUNT(entities); i++) {
        if (strlen(entities[i].name) != n || memcmp(text + 1, entities[i].name, n) != 0) continue;
        *c = entities[i].c;
        return n + 2;
    }
    return 0;
}

/* ---- tags ---- */

/* Other words between angle brackets are text: <john@example.org>, a<b. With '/': a space stands
 * where the tag stood. */
static const char *const tags[] = {
    "a",     "b",      "i",      "u",   "s",    "em",   "tt",  "img", "span", "big",
    "small", "strong", "sub",    "sup", "font", "code", "/br", "/p",  "/div", "/li",
    "/ul",   "/ol",    "/table", "/tr", "/td",  "/h1",  "/h2", "/h3", "/hr",  "/blockquote"};

static bool is_letter(char c) {
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static bool same_name(const char *name, const char *text, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (name[i] == '\0' ||
            name[i] != (text[i] >= 'A' && text[i] <= 'Z' ? text[i] | 0x20 : text[i])) {
            return false;
        }
    }
    return name[n] == '\0';
}

/* The value of the attribute "alt" in a tag. */
static void put_alt(struct cleaner *cl, const char *tag, size_t len) {
    for (size_t i = 0; i + 5 < len; i++) {
        if (tag[i] != ' ' || memcmp(tag + i + 1, "alt=", 4) != 0) continue;
        char quote = tag[i + 5];
        if (quote != '"' && quote != '\'') return;
        const char *from = tag + i + 6;
        const char *to = memchr(from, quote, len - i - 6);
        if (to) put_text(cl, from, (size_t)(to - from));
        return;
    }
}

/* Length of the tag from text, a '<', to end, a '>'; 0 if it is none that is known. */
static size_t take_tag(struct cleaner *cl, const char *text, const char *end) {
    size_t len = (size_t)(end - text) + 1;
    size_t from = len > 1 && text[1] == '/' ? 2 : 1, to = from;
    while (to < len && to < from + 12 &&
           (is_letter(text[to]) || (to > from && text[to] <= '9' && text[to] >= '0'))) {
        to++;
    }
    if (to == from || to == len || !strchr(" \t\n/>", text[to]) || text[to] == '\0') return 0;
    for (size_t i = 0; i < BASE_COUNT(tags); i++) {
        bool is_block = tags[i][0] == '/';
        if (!same_name(tags[i] + is_block, text + from, to - from)) continue;
        if (is_block) cl->is_space = true;
        if (strcmp(tags[i], "img") == 0) put_alt(cl, text, (size_t)(end - text));
        return (size_t)(end - text) + 1;
    }
    return 0;
}

void digest_clean(struct buf *out, const char *text, size_t len, bool has_markup) {
    struct cleaner cl = {.out = out, .start = out->size};
    if (len > DIGEST_CLEAN_MAX) len = DIGEST_CLEAN_MAX;
    const char *close = NULL; /* tags are searched for no further than a '>' lies */
    for (size_t i = 0, n; i < len; i += n) {
        uint32_t c = utf8_next(text + i, len - i, &n);
        if (!has_markup || (c != '<' && c != '&')) {
            put(&cl, c);
            continue;
        }
        if (c == '<' && close != text + len && (!close || close < text + i)) {
            close = memchr(text + i, '>', len - i);
            if (!close) close = text + len;
        }
        size_t special = 0;
        if (c == '&') special = take_entity(text + i, len - i, &c);
        if (special) put(&cl, c);
        if (!special && c == '<' && close != text + len) special = take_tag(&cl, text + i, close);
        if (special) n = special;
        if (!special) put(&cl, c);
    }
}
