/* How every layer reports failure: fill an ingle_error and return its code.
 * This header is the lowest of the tree; it must never learn what a model is. */
#ifndef INGLE_BASE_STATUS_H
#define INGLE_BASE_STATUS_H

#include "base/compiler.h"
#include "ingle/status.h"

/* Returns `code` after storing it, `where` and the formatted sentence in *err (err may be NULL). A
 * sentence that does not fit loses its middle. */
BASE_NODISCARD BASE_PRINTF(4, 5) ingle_status
    status_set(ingle_error *err, ingle_status code, uint64_t where, const char *fmt, ...);

/* INGLE_NO_MEMORY with a sentence that names `what` and its size in bytes. */
BASE_NODISCARD ingle_status status_no_memory(ingle_error *err, const char *what, uint64_t size);

/* From errno: NOT_FOUND for ENOENT/ENOTDIR, NO_MEMORY for ENOMEM, LIMIT for what is full or used up
 * (ENOSPC, EDQUOT, EFBIG, EMFILE, ENFILE), else FAILED. The sentence is
 * "Cannot <action> '<path>': <strerror>." */
BASE_NODISCARD ingle_status status_errno(ingle_error *err, int errnum, const char *action,
                                         const char *path);

/* The same for what should be read: a path that leads nowhere, or is not for this user to follow
 * (EACCES, EPERM, ELOOP, ENAMETOOLONG), is NOT_FOUND too. */
BASE_NODISCARD ingle_status status_unreadable(ingle_error *err, int errnum, const char *action,
                                              const char *path);

/* Exit code of the command line for a status (docs: the contract in man ingle(1)). */
int status_exit_code(ingle_status status);

/* Forward a failing code upward; nothing to release in between. */
#define INGLE_TRY(expr)                                                                            \
    do {                                                                                           \
        ingle_status try_status_ = (expr);                                                         \
        if (try_status_ != INGLE_OK) return try_status_;                                           \
    } while (0)

#endif
