#include "base/json_quote.h"

static const char *short_escape(unsigned char c) {
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    case '\b':
        return "\\b";
    case '\f':
        return "\\f";
    default:
        return NULL;
    }
}

void json_quote(struct buf *out, const char *text, size_t len) {
    size_t start = 0;
    buf_add(out, "\"", 1);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        buf_add(out, text + start, i - start);
        start = i + 1;
        const char *escape = short_escape(c);
        if (escape) {
            buf_add_str(out, escape);
        } else {
            buf_addf(out, "\\u%04x", (unsigned)c);
        }
    }
    buf_add(out, text + start, len - start);
    buf_add(out, "\"", 1);
}
