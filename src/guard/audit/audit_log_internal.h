/* An open log, for writing (audit_log.c) and for what a crash or a power cut left
 * (audit_recover.c). All but audit_open() under the exclusive lock. */
#ifndef INGLE_GUARD_AUDIT_AUDIT_LOG_INTERNAL_H
#define INGLE_GUARD_AUDIT_AUDIT_LOG_INTERNAL_H

#include <limits.h>

#include "guard/audit/audit_internal.h"

struct audit {
    int folder, log_fd, head_fd;
    bool has_written; /* since the last checkpoint */
    struct audit_key key;
    struct audit_head head; /* as it is on the disk while the lock is held, and what is appended */
    char path[PATH_MAX];    /* of the folder */
};

/* A record at the end of the log; the head is in memory only until audit_commit(). */
BASE_NODISCARD ingle_status audit_append(struct audit *log, enum audit_kind kind,
                                         const struct audit_field *fields, size_t n,
                                         ingle_error *err);
BASE_NODISCARD ingle_status audit_commit(struct audit *log, bool is_synced, ingle_error *err);
BASE_NODISCARD ingle_status audit_store_head(struct audit *log, ingle_error *err);

/* Reads the head and makes the end of the log agree with it, as far as a crash or a power cut
 * explains the difference. INVALID for any other difference. */
BASE_NODISCARD ingle_status audit_recover(struct audit *log, ingle_error *err);

#endif
