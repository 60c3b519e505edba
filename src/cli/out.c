#include "cli/out.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/interrupt.h"

#define REPLACEMENT 0xfffd
#define REPLACEMENT_UTF8 "\xef\xbf\xbd"

void out_init(struct out *o, int fd, const char *name) {
    *o = (struct out){.fd = fd, .is_terminal = isatty(fd) == 1, .ends_line = true, .name = name};
}

static void write_all(struct out *o, const char *data, size_t size) {
    while (size > 0 && o->errnum == 0) {
        ssize_t n = write(o->fd, data, size);
        if (n >= 0) {
            data += n;
            size -= (size_t)n;
        } else if (errno != EINTR || interrupt_came()) {
            o->errnum = errno;
        }
    }
}

static void drain(struct out *o) {
    write_all(o, o->data, o->n_data);
    o->n_data = 0;
}

void out_bytes(struct out *o, const void *data, size_t size) {
    if (size == 0) return;
    o->ends_line = ((const char *)data)[size - 1] == '\n';
    if (size > sizeof o->data - o->n_data) drain(o);
    if (size > sizeof o->data) {
        write_all(o, data, size);
        return;
    }
    memcpy(o->data + o->n_data, data, size);
    o->n_data += size;
}

void out_str(struct out *o, const char *text) {
    out_bytes(o, text, strlen(text));
}

void out_f(struct out *o, const char *fmt, ...) {
    char line[512];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    if (n > 0) out_bytes(o, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

void out_text(struct out *o, const char *text, size_t len) {
    if (!o->is_terminal) {
        out_bytes(o, text, len);
        return;
    }
    for (size_t i = 0, n; i < len; i += n) {
        unsigned c = utf8_next(text + i, len - i, &n);
        bool is_control = (c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0);
        if (is_control || c == REPLACEMENT) {
            out_str(o, REPLACEMENT_UTF8);
        } else {
            out_bytes(o, text + i, n);
        }
    }
}

ingle_status out_flush(struct out *o, ingle_error *err) {
    drain(o);
    if (o->errnum == 0) return INGLE_OK;
    if (o->errnum == EINTR) return status_set(err, INGLE_CANCELLED, 0, "Interrupted.");
    return status_errno(err, o->errnum, "write to", o->name);
}

unsigned utf8_next(const char *text, size_t len, size_t *n) {
    const unsigned char *p = (const unsigned char *)text;
    unsigned first = p[0];
    *n = 1;
    if (first < 0x80) return first;
    size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || size > len) return REPLACEMENT;
    unsigned c = first & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((p[i] & 0xc0) != 0x80) return REPLACEMENT;
        c = c << 6 | (p[i] & 0x3f);
    }
    bool is_overlong = c < (size == 4 ? 0x10000u : size == 3 ? 0x800u : 0x80u);
    if (is_overlong || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return REPLACEMENT;
    *n = size;
    return c;
}

bool utf8_is_valid(const char *text, size_t len) {
    for (size_t i = 0, n; i < len; i += n) {
        /* A written U+FFFD is three bytes long; a bad byte is one. */
        if (utf8_next(text + i, len - i, &n) == REPLACEMENT && n == 1) return false;
    }
    return true;
}
