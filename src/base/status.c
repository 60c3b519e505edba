#include "base/status.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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

ingle_status status_set(ingle_error *err, ingle_status code, uint64_t where, const char *fmt, ...) {
    if (err) {
        va_list args;
        va_start(args, fmt);
        err->code = code;
        err->where = where;
        vsnprintf(err->msg, sizeof err->msg, fmt, args);
        va_end(args);
    }
    return code;
}

ingle_status status_no_memory(ingle_error *err, const char *what, uint64_t size) {
    return status_set(err, INGLE_NO_MEMORY, 0, "Out of memory: %s needs %" PRIu64 " bytes.", what,
                      size);
}

ingle_status status_errno(ingle_error *err, int errnum, const char *action, const char *path) {
    ingle_status code = INGLE_FAILED;
    switch (errnum) {
    case ENOENT:
    case ENOTDIR:
        code = INGLE_NOT_FOUND;
        break;
    case ENOMEM:
        code = INGLE_NO_MEMORY;
        break;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
        code = INGLE_LIMIT;
        break;
    default:
        break;
    }
    return status_set(err, code, 0, "Cannot %s '%s': %s.", action, path, strerror(errnum));
}
