#include "base/status.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define MAX_TEXT 5120 /* a path of 4,096 bytes and what is said of it */
#define GAP "..."

struct status_row {
    const char *name;
    const char *text;
    int exit_code;
};

static const struct status_row rows[] = {
#define STATUS_ROW(code, name, exit_code, text) [code] = {#name, text, exit_code},
    INGLE_STATUS_MAP(STATUS_ROW)
#undef STATUS_ROW
};

static const struct status_row *status_row(ingle_status status) {
    static const struct status_row unknown = {"UNKNOWN", "unknown status", 1};
    if ((unsigned)status >= BASE_COUNT(rows)) return &unknown;
    return &rows[status];
}

const char *ingle_status_name(ingle_status status) {
    return status_row(status)->name;
}

const char *ingle_status_text(ingle_status status) {
    return status_row(status)->text;
}

int status_exit_code(ingle_status status) {
    return status_row(status)->exit_code;
}

/* A sentence too long is so because of a path or a name in its middle: its two ends tell more. */
static void shorten(char *out, size_t cap, const char *text, size_t len) {
    size_t n_head = cap / 3, n_tail = cap - 1 - n_head - strlen(GAP);
    const char *tail = text + len - n_tail;
    while (n_head > 0 && ((unsigned char)text[n_head] & 0xc0) == 0x80) n_head--;
    while (*tail && ((unsigned char)*tail & 0xc0) == 0x80) tail++;
    snprintf(out, cap, "%.*s" GAP "%s", (int)n_head, text, tail);
}

ingle_status status_set(ingle_error *err, ingle_status code, uint64_t where, const char *fmt, ...) {
    if (err) {
        char text[MAX_TEXT];
        va_list args;
        va_start(args, fmt);
        int n = vsnprintf(text, sizeof text, fmt, args);
        va_end(args);
        size_t len = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
        err->code = code;
        err->where = where;
        if (len < sizeof err->msg)
            memcpy(err->msg, text, len + 1);
        else
            shorten(err->msg, sizeof err->msg, text, len);
    }
    return code;
}

ingle_status status_no_memory(ingle_error *err, const char *what, uint64_t size) {
    return status_set(err, INGLE_NO_MEMORY, 0, "Out of memory: %s needs %" PRIu64 " bytes.", what,
                      size);
}

static ingle_status code_of(int errnum) {
    switch (errnum) {
    case ENOENT:
    case ENOTDIR:
        return INGLE_NOT_FOUND;
    case ENOMEM:
        return INGLE_NO_MEMORY;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
        return INGLE_LIMIT;
    default:
        return INGLE_FAILED;
    }
}

ingle_status status_errno(ingle_error *err, int errnum, const char *action, const char *path) {
    return status_set(err, code_of(errnum), 0, "Cannot %s '%s': %s.", action, path,
                      strerror(errnum));
}

ingle_status status_unreadable(ingle_error *err, int errnum, const char *action, const char *path) {
    bool no_way = errnum == EACCES || errnum == EPERM || errnum == ELOOP || errnum == ENAMETOOLONG;
    return status_set(err, no_way ? INGLE_NOT_FOUND : code_of(errnum), 0, "Cannot %s '%s': %s.",
                      action, path, strerror(errnum));
}
