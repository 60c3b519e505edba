#include "task/document/mime.h"

#include <string.h>

#include "base/ascii.h"
#include "task/document/charset.h"

size_t mime_header_len(const char *mail, size_t len) {
    for (size_t at = 0; at < len;) {
        struct doc_piece line = doc_line(mail, len, &at);
        if (line.len == 0) return at;
    }
    return len;
}

struct doc_piece mime_field(const char *header, size_t len, const char *name) {
    size_t n_name = strlen(name);
    for (size_t at = 0; at < len;) {
        struct doc_piece line = doc_line(header, len, &at);
        if (!doc_starts(line.data, line.len, name) || line.len == n_name) continue;
        size_t i = n_name;
        while (i < line.len && (line.data[i] == ' ' || line.data[i] == '\t')) i++;
        if (i == line.len || line.data[i] != ':') continue;
        while (at < len && (header[at] == ' ' || header[at] == '\t')) {
            (void)doc_line(header, len, &at);
        }
        const char *from = line.data + i + 1;
        return doc_trim(from, (size_t)(header + at - from));
    }
    return (struct doc_piece){"", 0};
}

static int base64_value(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (ascii_is_digit(c)) return c - '0' + 52;
    if (c == '+' || c == '-') return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

void mime_base64(struct buf *out, const char *text, size_t len) {
    unsigned bits = 0;
    int n_bits = 0;
    for (size_t i = 0; i < len; i++) {
        int value = base64_value(text[i]);
        if (text[i] == '=') n_bits = 0; /* another block may follow */
        if (value < 0) continue;
        bits = (bits << 6 | (unsigned)value) & 0xffffu;
        n_bits += 6;
        if (n_bits < 8) continue;
        n_bits -= 8;
        char c = (char)(bits >> n_bits & 0xff);
        buf_add(out, &c, 1);
    }
}

static bool hex_byte(const char *text, size_t len, char *c) {
    int byte = len < 2 ? -1 : ascii_hex_byte(text);
    if (byte < 0) return false;
    *c = (char)byte;
    return true;
}

void mime_quoted_printable(struct buf *out, const char *text, size_t len, bool is_word) {
    for (size_t i = 0; i < len;) {
        char c = text[i];
        if (c == '=' && hex_byte(text + i + 1, len - i - 1, &c)) {
            i += 3;
        } else if (c == '=' && !is_word) { /* a line that goes on */
            size_t end = i + 1;
            while (end < len && (text[end] == ' ' || text[end] == '\t')) end++;
            if (end == len || text[end] == '\n') {
                i = end + 1;
                continue;
            }
            i++;
        } else {
            if (is_word && c == '_') c = ' ';
            i++;
        }
        buf_add(out, &c, 1);
    }
}

/* An encoded word at text[0..len): =?charset?B?...?=. Returns the bytes it takes, 0 if none. */
static size_t take_word(struct buf *out, const char *text, size_t len) {
    if (len < 8 || text[0] != '=' || text[1] != '?') return 0;
    size_t room = len < 1000 ? len : 1000; /* RFC 2047 allows 75 */
    const char *mark = memchr(text + 2, '?', room - 2);
    if (!mark || (size_t)(mark - text) + 3 > room || mark[2] != '?') return 0;
    const char *from = mark + 3;
    const char *end = memmem(from, room - (size_t)(from - text), "?=", 2);
    char how = ascii_lower(mark[1]);
    if (!end || (how != 'b' && how != 'q')) return 0;
    struct doc_piece charset = {text + 2, (size_t)(mark - text) - 2};
    const char *star = memchr(charset.data, '*', charset.len); /* a language, RFC 2231 */
    if (star) charset.len = (size_t)(star - charset.data);
    struct buf bytes;
    buf_init(&bytes, room);
    if (how == 'b')
        mime_base64(&bytes, from, (size_t)(end - from));
    else
        mime_quoted_printable(&bytes, from, (size_t)(end - from), true);
    bool is_known = charset_convert(out, charset, bytes.data ? bytes.data : "", bytes.size);
    if (buf_failed(&bytes)) out->failed = true;
    buf_clear(&bytes);
    return is_known ? (size_t)(end - text) + 2 : 0;
}

void mime_words(struct buf *out, struct doc_piece value) {
    const char *text = value.data;
    bool after_word = false;
    struct buf raw;
    buf_init(&raw, 8 * value.len + 64);
    for (size_t i = 0; i < value.len;) {
        size_t blank = i;
        while (blank < value.len && ascii_is_space(text[blank])) blank++;
        size_t before = raw.size, taken = 0;
        /* Between encoded words white space is no text; it is written first and taken back. */
        if (blank > i) buf_add_str(&raw, " ");
        size_t gap_end = raw.size;
        if (blank < value.len) taken = take_word(&raw, text + blank, value.len - blank);
        if (taken && after_word && gap_end > before && !buf_failed(&raw)) {
            memmove(raw.data + before, raw.data + gap_end, raw.size - gap_end);
            raw.size -= gap_end - before;
        }
        after_word = taken != 0;
        i = blank + taken;
        if (taken || i == value.len) continue;
        buf_add(&raw, text + i, 1);
        i++;
    }
    struct doc_piece trimmed = doc_trim(raw.data ? raw.data : "", raw.size);
    /* Bytes that stand there bare are no header, and common. */
    struct decoded d;
    ingle_status status =
        charset_decode(&d, trimmed.data, trimmed.len, (struct doc_piece){"", 0}, "", NULL);
    if (status == INGLE_OK) buf_add(out, d.text.data ? d.text.data : "", d.text.size);
    if (buf_failed(&raw) || status == INGLE_NO_MEMORY) out->failed = true;
    buf_clear(&d.text);
    buf_clear(&raw);
}

struct doc_piece mime_value(struct doc_piece field) {
    const char *end = memchr(field.data, ';', field.len);
    return doc_trim(field.data, end ? (size_t)(end - field.data) : field.len);
}

/* One parameter of a field. */
struct parameter {
    struct doc_piece name, value;
};

/* The next one from field.data[*at] on, which is behind a ';'. */
static bool next_parameter(struct parameter *p, struct doc_piece field, size_t *at) {
    const char *text = field.data;
    size_t i = *at;
    while (i < field.len && (ascii_is_space(text[i]) || text[i] == ';')) i++;
    if (i == field.len) return false;
    size_t from = i;
    while (i < field.len && text[i] != '=' && text[i] != ';') i++;
    p->name = doc_trim(text + from, i - from);
    p->value = (struct doc_piece){"", 0};
    if (i < field.len && text[i] == '=') {
        i++;
        while (i < field.len && ascii_is_space(text[i])) i++;
        bool is_quoted = i < field.len && text[i] == '"';
        if (is_quoted) {
            const char *end = memchr(text + i + 1, '"', field.len - i - 1);
            size_t to = end ? (size_t)(end - text) : field.len;
            p->value = (struct doc_piece){text + i + 1, to - i - 1};
            i = end ? to + 1 : to;
        } else {
            from = i;
            while (i < field.len && text[i] != ';') i++;
            p->value = doc_trim(text + from, i - from);
        }
    }
    *at = i;
    return true;
}

/* charset'language'bytes with percent signs. */
static void add_extended(struct buf *out, struct doc_piece value) {
    struct doc_piece charset = {"utf-8", 5};
    const char *one = memchr(value.data, '\'', value.len);
    const char *two =
        one ? memchr(one + 1, '\'', value.len - (size_t)(one + 1 - value.data)) : NULL;
    if (two) {
        charset = (struct doc_piece){value.data, (size_t)(one - value.data)};
        value = (struct doc_piece){two + 1, value.len - (size_t)(two + 1 - value.data)};
    }
    struct buf bytes;
    buf_init(&bytes, value.len + 1);
    for (size_t i = 0; i < value.len; i++) {
        char c = value.data[i];
        if (c == '%' && hex_byte(value.data + i + 1, value.len - i - 1, &c)) i += 2;
        buf_add(&bytes, &c, 1);
    }
    const char *data = bytes.data ? bytes.data : "";
    if (!charset_convert(out, charset, data, bytes.size)) {
        charset_convert(out, (struct doc_piece){"utf-8", 5}, data, bytes.size);
    }
    if (buf_failed(&bytes)) out->failed = true;
    buf_clear(&bytes);
}

bool mime_parameter(struct buf *out, struct doc_piece field, const char *name) {
    const char *semicolon = memchr(field.data, ';', field.len);
    if (!semicolon) return false;
    bool found = false;
    size_t n_name = strlen(name);
    struct parameter p;
    for (size_t at = (size_t)(semicolon - field.data); next_parameter(&p, field, &at);) {
        if (!doc_starts(p.name.data, p.name.len, name)) continue;
        bool is_exact = p.name.len == n_name;
        if (!is_exact && p.name.data[n_name] != '*') continue;
        if (found && is_exact) continue;
        if (is_exact) {
            mime_words(out, p.value); /* not allowed there, and common */
        } else if (p.name.data[p.name.len - 1] == '*') {
            add_extended(out, p.value);
        } else {
            mime_words(out, p.value);
        }
        found = true;
    }
    return found;
}
