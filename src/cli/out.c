#include "cli/out.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/utf8.h"
#include "cli/interrupt.h"

void out_init(struct out *o, int fd, const char *name) {
    *o = (struct out){.fd = fd, .is_terminal = isatty(fd) == 1, .ends_line = true, .name = name};
}

bool out_has_colours(const struct out *o) {
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    return o->is_terminal && !(no_color && no_color[0]) && !(term && strcmp(term, "dumb") == 0);
}

static void write_all(struct out *o, const char *data, size_t size) {
    while (size > 0 && o->errnum == 0) {
        ssize_t n = write(o->fd, data, size);
        if (n >= 0) {
            data += n;
            size -= (size_t)n;
        } else if (errno == EAGAIN) {
            /* A pipe that its other owner made non-blocking. */
            (void)poll(&(struct pollfd){.fd = o->fd, .events = POLLOUT}, 1, -1);
            if (interrupt_came()) o->errnum = EINTR;
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

static void harmless(struct out *o, const char *text, size_t len, bool in_line) {
    for (size_t i = 0, n; i < len; i += n) {
        unsigned c = utf8_next(text + i, len - i, &n);
        bool is_space = c == '\n' || c == '\t';
        if (is_space && in_line) {
            out_str(o, " ");
        } else if (c == UTF8_REPLACEMENT || (utf8_is_control(c) && !is_space)) {
            out_str(o, "\xef\xbf\xbd");
        } else {
            out_bytes(o, text + i, n);
        }
    }
}

void out_text(struct out *o, const char *text, size_t len) {
    if (o->is_terminal) {
        harmless(o, text, len, false);
    } else {
        out_bytes(o, text, len);
    }
}

void out_line_text(struct out *o, const char *text, size_t len) {
    harmless(o, text, len, true);
}

void out_end_line(struct out *o) {
    if (o->is_terminal && !o->ends_line) out_str(o, "\n");
}

void out_resume(struct out *o) {
    if (o->errnum == EINTR) o->errnum = 0;
}

ingle_status out_flush(struct out *o, ingle_error *err) {
    drain(o);
    switch (o->errnum) {
    case 0:
        return INGLE_OK;
    case EINTR:
        return status_set(err, INGLE_CANCELLED, 0, "Interrupted.");
    case EBADF:
        return status_set(err, INGLE_FAILED, 0, "The %s is not open for writing.", o->name);
    case EPIPE:
        return status_set(err, INGLE_FAILED, 0, "The reader of the %s is gone.", o->name);
    default:
        return status_errno(err, o->errnum, "write to", o->name);
    }
}
