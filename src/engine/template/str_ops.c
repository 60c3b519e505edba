#include "engine/template/str_ops.h"

#include <string.h>

#include "engine/template/chars.h"
#include "engine/template/seq.h"

/* --- case --- */

static bool is_cased(uint32_t c) {
    return chars_is_lower(c) || chars_is_upper(c) ||
           (c >= 0x1c5 && c <= 0x1f2 && c % 3 != 0 && (c <= 0x1cb || c == 0x1f2));
}

/* A capital sigma at the end of a word has a lower case of its own. */
static bool ends_word(const struct str *s, size_t at, size_t len, bool after_cased) {
    uint32_t next;
    if (!after_cased) return false;
    if (at + len >= s->len) return true;
    chars_decode(s->data + at + len, &next);
    return !is_cased(next);
}

static size_t change(uint32_t c, enum str_case to, uint32_t out[3]) {
    switch (to) {
    case CASE_UPPER:
        return chars_to_upper(c, out);
    case CASE_SWAP:
        return chars_is_upper(c) ? chars_to_lower(c, out) : chars_to_upper(c, out);
    case CASE_LOWER:
        return chars_to_lower(c, out);
    default:
        return chars_to_title(c, out);
    }
}

static bool begins_jinja_word(uint32_t c) {
    return c == '-' || c == '(' || c == '{' || c == '[' || c == '<' || chars_is_space(c);
}

/* What happens to the next character, after this one. */
static enum str_case next_case(enum str_case to, uint32_t c) {
    if (to == CASE_CAPITALIZE) return CASE_LOWER;
    if (to == CASE_TITLE) return is_cased(c) ? CASE_LOWER : CASE_TITLE;
    if (to == CASE_JINJA_TITLE) return begins_jinja_word(c) ? CASE_UPPER : CASE_LOWER;
    return to;
}

ingle_status str_to_case(struct run *r, const struct str *s, enum str_case to, struct value *out) {
    struct build b;
    build_init(&b, r);
    enum str_case now = to == CASE_JINJA_TITLE ? CASE_UPPER : to;
    bool after_cased = false;
    for (size_t at = 0; at < s->len;) {
        uint32_t c, changed[3];
        bool is_data = str_is_data(s, at);
        size_t len = chars_decode(s->data + at, &c);
        size_t n = change(c, now, changed);
        bool is_lower = now == CASE_LOWER || (now == CASE_SWAP && chars_is_upper(c));
        if (c == 0x3a3 && is_lower && ends_word(s, at, len, after_cased)) changed[0] = 0x3c2;
        for (size_t i = 0; i < n; i++) INGLE_TRY(build_add_char(&b, changed[i], is_data));
        after_cased = is_cased(c);
        now = next_case(to, c);
        at += len;
    }
    INGLE_TRY(build_end(&b, out));
    out->s->is_safe = s->is_safe && to != CASE_JINJA_TITLE;
    return INGLE_OK;
}

/* --- cutting --- */

static bool is_in(const struct str *chars, const char *c, size_t len) {
    for (size_t at = 0; at < chars->len; at += chars_len(chars->data[at])) {
        if (chars_len(chars->data[at]) == len && memcmp(chars->data + at, c, len) == 0) return true;
    }
    return false;
}

ingle_status str_strip(struct run *r, const struct str *s, const struct str *chars, bool left,
                       bool right, struct value *out) {
    size_t start = 0, end = s->len;
    INGLE_TRY(run_work(r, s->len));
    if (!chars) {
        if (left) start = chars_space_before(s->data, s->len);
        if (right) end -= chars_space_after(s->data + start, s->len - start);
        return str_part(r, s, start, end - start, out);
    }
    while (left && start < end) {
        size_t len = chars_len(s->data[start]);
        INGLE_TRY(run_work(r, chars->len));
        if (!is_in(chars, s->data + start, len)) break;
        start += len;
    }
    while (right && end > start) {
        size_t at = end - 1;
        while (((unsigned char)s->data[at] & 0xc0) == 0x80) at--;
        INGLE_TRY(run_work(r, chars->len));
        if (!is_in(chars, s->data + at, end - at)) break;
        end = at;
    }
    return str_part(r, s, start, end - start, out);
}

/* "" is found before each character and at the end. */
static ingle_status replace_empty(struct run *r, const struct str *s, const struct str *to,
                                  int64_t max, struct value *out) {
    struct build b;
    build_init(&b, r);
    size_t at = 0;
    for (;; max--) {
        if (max == 0) {
            INGLE_TRY(build_add_part(&b, s, at, s->len - at));
            return build_end(&b, out);
        }
        INGLE_TRY(build_add_str(&b, to));
        if (at == s->len) return build_end(&b, out);
        size_t len = chars_len(s->data[at]);
        INGLE_TRY(build_add_part(&b, s, at, len));
        at += len;
    }
}

ingle_status str_replace(struct run *r, const struct str *s, const struct str *from,
                         const struct str *to, int64_t max, struct value *out) {
    if (from->len == 0) return replace_empty(r, s, to, max, out);
    INGLE_TRY(run_work(r, s->len));
    if (max == 0 || str_find(s, from, 0, s->len) == SIZE_MAX) {
        return str_part(r, s, 0, s->len, out);
    }
    struct build b;
    build_init(&b, r);
    for (size_t at = 0;;) {
        size_t found = max == 0 ? SIZE_MAX : str_find(s, from, at, s->len);
        if (found == SIZE_MAX) {
            INGLE_TRY(build_add_part(&b, s, at, s->len - at));
            return build_end(&b, out);
        }
        INGLE_TRY(build_add_part(&b, s, at, found - at));
        INGLE_TRY(build_add_str(&b, to));
        at = found + from->len;
        max--;
    }
}

static ingle_status add_part(struct run *r, const struct str *s, size_t start, size_t end,
                             struct seq *list) {
    struct value part;
    INGLE_TRY(str_part(r, s, start, end - start, &part));
    return seq_add(r, list, part);
}

static void turn_round(struct seq *list) {
    for (size_t i = 0; i < list->n / 2; i++) {
        struct value kept = list->items[i];
        list->items[i] = list->items[list->n - 1 - i];
        list->items[list->n - 1 - i] = kept;
    }
}

static size_t word_end(const struct str *s, size_t at) {
    while (at < s->len) {
        uint32_t c;
        size_t len = chars_decode(s->data + at, &c);
        if (chars_is_space(c)) break;
        at += len;
    }
    return at;
}

static size_t word_start(const struct str *s, size_t end) {
    while (end > 0) {
        size_t at = end - 1;
        uint32_t c;
        while (((unsigned char)s->data[at] & 0xc0) == 0x80) at--;
        chars_decode(s->data + at, &c);
        if (chars_is_space(c)) break;
        end = at;
    }
    return end;
}

static ingle_status split_words(struct run *r, const struct str *s, int64_t max, struct seq *list) {
    for (size_t at = 0;; max--) {
        at += chars_space_before(s->data + at, s->len - at);
        if (at == s->len) return INGLE_OK;
        size_t end = max == 0 ? s->len : word_end(s, at);
        INGLE_TRY(add_part(r, s, at, end, list));
        at = end;
    }
}

static ingle_status split_words_right(struct run *r, const struct str *s, int64_t max,
                                      struct seq *list) {
    for (size_t end = s->len;; max--) {
        end -= chars_space_after(s->data, end);
        if (end == 0) break;
        size_t start = max == 0 ? 0 : word_start(s, end);
        INGLE_TRY(add_part(r, s, start, end, list));
        end = start;
    }
    turn_round(list);
    return INGLE_OK;
}

static ingle_status split_at(struct run *r, const struct str *s, const struct str *sep, int64_t max,
                             struct seq *list) {
    for (size_t at = 0;; max--) {
        size_t found = max == 0 ? SIZE_MAX : str_find(s, sep, at, s->len);
        INGLE_TRY(add_part(r, s, at, found == SIZE_MAX ? s->len : found, list));
        if (found == SIZE_MAX) return INGLE_OK;
        at = found + sep->len;
    }
}

static ingle_status split_at_right(struct run *r, const struct str *s, const struct str *sep,
                                   int64_t max, struct seq *list) {
    for (size_t end = s->len;; max--) {
        size_t found = max == 0 ? SIZE_MAX : str_find_last(s, sep, 0, end);
        INGLE_TRY(add_part(r, s, found == SIZE_MAX ? 0 : found + sep->len, end, list));
        if (found == SIZE_MAX) break;
        end = found;
    }
    turn_round(list);
    return INGLE_OK;
}

ingle_status str_split(struct run *r, struct str *s, const struct str *sep, int64_t max,
                       bool from_right, struct value *out) {
    struct seq *list;
    INGLE_TRY(run_work(r, s->len));
    INGLE_TRY(seq_new(r, SEQ_LIST, 0, &list));
    *out = value_of_seq(list);
    if (!sep) {
        return from_right ? split_words_right(r, s, max, list) : split_words(r, s, max, list);
    }
    if (sep->len == 0) return run_invalid(r, "a string cannot be split at an empty one");
    INGLE_TRY(str_find_work(r, s, sep, from_right));
    return from_right ? split_at_right(r, s, sep, max, list) : split_at(r, s, sep, max, list);
}

ingle_status str_split_lines(struct run *r, const struct str *s, bool keep_ends,
                             struct value *out) {
    struct seq *list;
    INGLE_TRY(run_work(r, s->len));
    INGLE_TRY(seq_new(r, SEQ_LIST, 0, &list));
    *out = value_of_seq(list);
    for (size_t start = 0, at = 0; at < s->len;) {
        uint32_t c;
        size_t len = chars_decode(s->data + at, &c);
        bool ends = chars_is_line_end(c);
        size_t line_end = ends ? at : at + len;
        if (c == '\r' && at + 1 < s->len && s->data[at + 1] == '\n') len = 2;
        at += len;
        if (!ends && at < s->len) continue;
        INGLE_TRY(add_part(r, s, start, keep_ends ? at : line_end, list));
        start = at;
    }
    return INGLE_OK;
}

ingle_status str_pad(struct run *r, struct str *s, int64_t width, const struct str *fill, int share,
                     struct value *out) {
    int64_t n = (int64_t)str_count(s), left = 0;
    struct build b;
    build_init(&b, r);
    int64_t pad = width > n ? width - n : 0;
    if (share == 1) left = pad / 2 + (pad & width & 1);
    if (share == 2) left = pad;
    INGLE_TRY(build_repeat(&b, fill, left));
    INGLE_TRY(build_add_str(&b, s));
    INGLE_TRY(build_repeat(&b, fill, pad - left));
    return build_end(&b, out);
}
