/* Writing the log: under its lock, at its end, and only if its end is what its head says. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "guard/audit/audit_log_internal.h"
#include "guard/vault/private_folder.h"

/* ---- opening ---- */

static ingle_status open_file(int *fd, const struct audit *log, const char *name, int flags,
                              ingle_error *err) {
    char path[PATH_MAX + 32];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", log->path, name);
    *fd = openat(log->folder, name,
                 flags | O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
    if (*fd < 0) return status_errno(err, errno, "open", path);
    if (fstat(*fd, &st) != 0) return status_errno(err, errno, "look at", path);
    if (!S_ISREG(st.st_mode)) {
        return status_set(err, INGLE_INVALID, 0, "'%s' is not a regular file.", path);
    }
    if (st.st_uid != geteuid() || (st.st_mode & 077)) {
        return status_set(err, INGLE_REFUSED, 0,
                          "'%s' belongs to another user or is open to others: its mode is %03o and "
                          "should be 600.",
                          path, (unsigned)st.st_mode & 0777);
    }
    return INGLE_OK;
}

static void free_log(struct audit *log) {
    audit_key_close(&log->key);
    if (log->head_fd >= 0) close(log->head_fd);
    if (log->log_fd >= 0) close(log->log_fd);
    if (log->folder >= 0) close(log->folder);
    mem_free(log);
}

static ingle_status open_all(struct audit *log, ingle_error *err) {
    INGLE_TRY(crypt_start(err)); /* nothing is made on disk by a build that cannot use it */
    INGLE_TRY(private_folder_make(&log->folder, log->path, err));
    INGLE_TRY(audit_key_open(&log->key, log->path, err));
    INGLE_TRY(open_file(&log->log_fd, log, AUDIT_LOG, O_APPEND, err));
    return open_file(&log->head_fd, log, AUDIT_HEAD, 0, err);
}

ingle_status audit_open(struct audit **out, const char *folder, ingle_error *err) {
    *out = NULL;
    struct audit *log = mem_calloc(1, sizeof *log);
    if (!log) return status_no_memory(err, "the audit log", sizeof *log);
    log->folder = log->log_fd = log->head_fd = -1;
    int n = snprintf(log->path, sizeof log->path, "%s", folder);
    ingle_status status =
        n < (int)sizeof log->path
            ? open_all(log, err)
            : status_set(err, INGLE_NOT_FOUND, 0, "The path of the audit log is too long.");
    if (status == INGLE_OK) {
        *out = log;
    } else {
        free_log(log);
    }
    return status;
}

/* ---- one record ---- */

ingle_status audit_append(struct audit *log, enum audit_kind kind, const struct audit_field *fields,
                          size_t n, ingle_error *err) {
    char line[AUDIT_LINE_MAX];
    size_t size;
    struct audit_moment now;
    struct audit_head *h = &log->head;
    audit_moment_now(&now);
    INGLE_TRY(audit_record_write(line, &size, h->last.mark.hash, &now, kind, fields, n,
                                 &h->last.mark, log->key.salt, err));
    ssize_t written = write(log->log_fd, line, size);
    if (written != (ssize_t)size) {
        return status_errno(err, written < 0 ? errno : ENOSPC, "write to the audit log", log->path);
    }
    h->last.mark.seq++;
    h->last.end += size;
    if (kind == AUDIT_CHECKPOINT) h->checkpoint = h->last.mark.seq;
    memcpy(h->boot, now.boot, sizeof h->boot);
    return INGLE_OK;
}

static ingle_status append_start(struct audit *log, ingle_error *err) {
    const struct audit_field fields[] = {
        AUDIT_FIELD_NUMBER("format", AUDIT_FORMAT),
        AUDIT_FIELD_HEX("key", log->key.public_key, CRYPT_PUBLIC_SIZE)};
    return audit_append(log, AUDIT_START, fields, BASE_COUNT(fields), err);
}

static ingle_status append_checkpoint(struct audit *log, ingle_error *err) {
    char text[AUDIT_SIGNED_MAX];
    uint8_t signature[CRYPT_SIGNATURE_SIZE];
    size_t n = audit_checkpoint_text(text, &log->head.last.mark);
    crypt_sign(signature, log->key.signer, text, n);
    const struct audit_field fields[] = {AUDIT_FIELD_HEX("sig", signature, sizeof signature)};
    return audit_append(log, AUDIT_CHECKPOINT, fields, BASE_COUNT(fields), err);
}

/* ---- all of a write ---- */

ingle_status audit_store_head(struct audit *log, ingle_error *err) {
    char slot[AUDIT_SLOT];
    log->head.n++;
    audit_slot_write(slot, &log->head, log->key.signer);
    off_t at = (off_t)(log->head.n % 2 * AUDIT_SLOT);
    ssize_t n = pwrite(log->head_fd, slot, sizeof slot, at);
    if (n == (ssize_t)sizeof slot) return INGLE_OK;
    return status_errno(err, n < 0 ? errno : ENOSPC, "write the head of the audit log", log->path);
}

ingle_status audit_commit(struct audit *log, bool is_synced, ingle_error *err) {
    if (is_synced) {
        if (fdatasync(log->log_fd) != 0) return status_errno(err, errno, "sync", log->path);
        log->head.synced = log->head.last;
    }
    return audit_store_head(log, err);
}

static ingle_status append_all(struct audit *log, enum audit_kind kind,
                               const struct audit_field *fields, size_t n, ingle_error *err) {
    if (log->head.last.mark.seq == 0) INGLE_TRY(append_start(log, err));
    bool is_first = log->head.last.mark.seq == 1;
    if (kind == AUDIT_CHECKPOINT) {
        INGLE_TRY(append_checkpoint(log, err));
    } else {
        INGLE_TRY(audit_append(log, kind, fields, n, err));
        if (log->head.last.mark.seq - log->head.checkpoint >= AUDIT_CHECKPOINT_EVERY) {
            INGLE_TRY(append_checkpoint(log, err));
        }
    }
    return audit_commit(log, is_first || audit_kind_is_synced(kind), err);
}

/* What was not acknowledged is not there. */
static ingle_status write_locked(struct audit *log, enum audit_kind kind,
                                 const struct audit_field *fields, size_t n, ingle_error *err) {
    INGLE_TRY(audit_recover(log, err));
    uint64_t end = log->head.last.end;
    ingle_status status = append_all(log, kind, fields, n, err);
    if (status != INGLE_OK && ftruncate(log->log_fd, (off_t)end) != 0) {
        return status; /* then it is a torn one, for the next to move aside */
    }
    return status;
}

ingle_status audit_write(struct audit *log, enum audit_kind kind, const struct audit_field *fields,
                         size_t n, ingle_error *err) {
    INGLE_TRY(audit_lock(log->log_fd, LOCK_EX, log->path, err));
    ingle_status status = write_locked(log, kind, fields, n, err);
    (void)flock(log->log_fd, LOCK_UN);
    if (status == INGLE_OK) log->has_written = kind != AUDIT_CHECKPOINT;
    return status;
}

ingle_status audit_close(struct audit *log, ingle_error *err) {
    if (!log) return INGLE_OK;
    ingle_status status = INGLE_OK;
    if (log->has_written) {
        status = audit_write(log, AUDIT_CHECKPOINT, NULL, 0, err);
        /* The disk may begin; nobody waits for it. */
        (void)sync_file_range(log->log_fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    }
    free_log(log);
    return status;
}
