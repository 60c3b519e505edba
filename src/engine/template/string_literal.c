#include "engine/template/string_literal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/utf8.h"
#include "engine/template/chars.h"
#include "engine/template/lexer.h"

struct reader {
    struct template *t;
    size_t pos, end;
    char *out;
    size_t n;
    ingle_error *err;
};

static void put(struct reader *x, uint32_t c) {
    x->n += utf8_put(x->out + x->n, c);
}

static ingle_status take_hex(struct reader *x, size_t where, int n_digits) {
    uint32_t c = 0;
    for (int i = 0; i < n_digits; i++) {
        int digit = x->pos < x->end ? ascii_hex_value(x->t->source[x->pos]) : -1;
        if (digit < 0) {
            return lexer_broken(x->t, x->err, where, "this escape needs %d hexadecimal digits",
                                n_digits);
        }
        c = c << 4 | (uint32_t)digit;
        x->pos++;
    }
    if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
        return lexer_broken(x->t, x->err, where, "this escape is no character");
    }
    put(x, c);
    return INGLE_OK;
}

static void take_octal(struct reader *x) {
    uint32_t c = 0;
    for (int i = 0; i < 3 && x->pos < x->end; i++, x->pos++) {
        char digit = x->t->source[x->pos];
        if (digit < '0' || digit > '7') break;
        c = c * 8 + (uint32_t)(digit - '0');
    }
    put(x, c);
}

/* An escape that is none stays as it is; of a character beyond ASCII, what jinja2 leaves is how
 * Python escapes it. */
static void keep_escape(struct reader *x) {
    uint32_t c;
    x->pos += chars_decode(x->t->source + x->pos, &c);
    put(x, '\\');
    if (c < 0x80) {
        put(x, c);
        return;
    }
    char text[16];
    int n = snprintf(text, sizeof text,
                     c < 0x100     ? "x%02" PRIx32
                     : c < 0x10000 ? "u%04" PRIx32
                                   : "U%08" PRIx32,
                     c);
    memcpy(x->out + x->n, text, (size_t)n);
    x->n += (size_t)n;
}

static ingle_status take_escape(struct reader *x) {
    static const char names[] = "\\'\"abfnrtv", values[] = "\\'\"\a\b\f\n\r\t\v";
    size_t where = x->pos - 1;
    char c = x->t->source[x->pos];
    const char *found = c ? strchr(names, c) : NULL;
    if (c == '\n') {
        x->pos++;
        return INGLE_OK;
    }
    if (found) {
        x->pos++;
        put(x, (unsigned char)values[found - names]);
        return INGLE_OK;
    }
    if (c >= '0' && c <= '7') {
        take_octal(x);
        return INGLE_OK;
    }
    if (c == 'N') {
        return lexer_broken(x->t, x->err, where, "characters by name (\\N) are not supported");
    }
    int n_digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (n_digits == 0) {
        keep_escape(x);
        return INGLE_OK;
    }
    x->pos++;
    return take_hex(x, where, n_digits);
}

ingle_status string_literal_read(struct template *t, size_t start, size_t len, const char **out,
                                 size_t *out_len, ingle_error *err) {
    *out = t->source + start;
    *out_len = len;
    if (len == 0 || !memchr(t->source + start, '\\', len)) return INGLE_OK;
    /* The longest that an escape becomes: a backslash and 4 bytes make 11. */
    char *room = arena_array(&t->arena, len + 8, 3);
    if (!room) return lexer_no_room(t, err);
    struct reader x = {.t = t, .pos = start, .end = start + len, .out = room, .err = err};
    while (x.pos < x.end) {
        char c = t->source[x.pos++];
        if (c == '\\' && x.pos < x.end) {
            INGLE_TRY(take_escape(&x));
        } else {
            x.out[x.n++] = c;
        }
    }
    *out = x.out;
    *out_len = x.n;
    return INGLE_OK;
}
