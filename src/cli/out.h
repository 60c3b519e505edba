/* Standard output (or a result file): buffered writes whose first failure is kept and reported
 * once at the flush. Text of unknown origin shown on a terminal loses its control characters, so
 * that no model or file can drive the terminal. */
#ifndef INGLE_CLI_OUT_H
#define INGLE_CLI_OUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/status.h"

struct out {
    int fd;
    bool is_terminal;
    bool ends_line;   /* the last byte written was a newline, or nothing was written */
    int errnum;       /* of the first write that failed; 0 = none. Later output is dropped */
    const char *name; /* for messages; borrowed */
    size_t n_data;
    char data[16384];
};

void out_init(struct out *o, int fd, const char *name);
void out_bytes(struct out *o, const void *data, size_t size);
void out_str(struct out *o, const char *text);
BASE_PRINTF(2, 3) void out_f(struct out *o, const char *fmt, ...);

/* Whether colours may be used: on a terminal, unless NO_COLOR or TERM=dumb say otherwise. */
bool out_has_colours(const struct out *o);

/* Like out_bytes(), but harmless on a terminal: control characters (newline and tab excepted)
 * and bytes that are not UTF-8 appear as U+FFFD there. */
void out_text(struct out *o, const char *text, size_t len);

/* The same inside a line, wherever it goes: newlines and tabs become spaces. */
void out_line_text(struct out *o, const char *text, size_t len);

/* On a terminal, ends the line that is begun, so that what comes next has its own. */
void out_end_line(struct out *o);

/* Writing goes on if it was Ctrl-C that ended it; what was not written then is gone. */
void out_resume(struct out *o);

/* Writes what is buffered. CANCELLED if Ctrl-C came while writing; else names the output and why
 * it failed. */
BASE_NODISCARD ingle_status out_flush(struct out *o, ingle_error *err);

#endif
