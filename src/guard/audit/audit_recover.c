/* What the log ends with, compared with what its head says it should end with.
 *
 *     the log ends where the head says        nothing to do
 *     it has more, and that chains on         a process was killed before it wrote the head
 *     it has more, and that does not          a torn record: moved aside, and recorded
 *     it has less, since another start of     a power cut took records that were not synced: their
 *     the machine, but all that was synced    numbers are left out, and that is recorded
 *     anything else                           somebody changed it: nothing is written any more */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "guard/audit/audit_log_internal.h"

#define TAIL_MAX ((uint64_t)16 << 20) /* what may have to be looked through */

/* ---- reading the end ---- */

static ingle_status read_at(const struct audit *log, int fd, void *out, size_t size, uint64_t at,
                            ingle_error *err) {
    for (size_t done = 0; done < size;) {
        ssize_t n = pread(fd, (char *)out + done, size - done, (off_t)(at + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return status_errno(err, errno, "read the audit log", log->path);
        if (n == 0) {
            memset((char *)out + done, 0, size - done);
            break;
        }
        done += (size_t)n;
    }
    return INGLE_OK;
}

/* Is the record of this place there, ending where it should? */
static ingle_status is_there(bool *out, const struct audit *log, const struct audit_place *place,
                             uint64_t size, ingle_error *err) {
    char text[AUDIT_LINE_MAX];
    struct audit_record r;
    *out = place->mark.seq == 0 && place->end == 0;
    if (*out || place->end > size || place->end == 0) return INGLE_OK;
    size_t n = place->end < sizeof text ? (size_t)place->end : sizeof text;
    INGLE_TRY(read_at(log, log->log_fd, text, n, place->end - n, err));
    if (text[n - 1] != '\n') return INGLE_OK;
    size_t from = n - 1;
    while (from > 0 && text[from - 1] != '\n') from--;
    *out = audit_record_read(&r, text + from, n - 1 - from) == AUDIT_RULE_NONE &&
           r.seq == place->mark.seq && memcmp(r.hash, place->mark.hash, AUDIT_HASH_SIZE) == 0;
    return INGLE_OK;
}

/* The records of a text that chain on to *place, which moves on with them. */
static void walk(struct audit *log, struct audit_place *place, const char *text, size_t size) {
    uint8_t key[CRYPT_PUBLIC_SIZE];
    memcpy(key, log->key.public_key, sizeof key);
    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        struct audit_record r;
        if (!end) return;
        size_t n = (size_t)(end - text) - at;
        if (audit_record_read(&r, text + at, n) != AUDIT_RULE_NONE ||
            audit_record_follows(&r, &place->mark, key) != AUDIT_RULE_NONE ||
            memcmp(key, log->key.public_key, sizeof key) != 0) {
            return;
        }
        at += n + 1;
        place->mark.seq = r.seq;
        memcpy(place->mark.hash, r.hash, AUDIT_HASH_SIZE);
        place->end += n + 1;
        if (audit_is_kind(&r, AUDIT_CHECKPOINT)) log->head.checkpoint = r.seq;
    }
}

/* ---- moving a torn record aside ---- */

static ingle_status save_aside(const struct audit *log, const char *name, const char *text,
                               size_t size, ingle_error *err) {
    int fd = openat(log->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return status_errno(err, errno, "keep a torn record of the audit log in", log->path);
    int errnum = 0;
    ssize_t n = write(fd, text, size);
    if (n != (ssize_t)size) {
        errnum = n < 0 ? errno : ENOSPC;
    } else if (fsync(fd) != 0) {
        errnum = errno;
    }
    close(fd);
    if (!errnum) return INGLE_OK;
    (void)unlinkat(log->folder, name, 0);
    return status_errno(err, errnum, "keep a torn record of the audit log in", log->path);
}

/* The log then ends with the last good record. */
static ingle_status move_aside(struct audit *log, const char *text, size_t size, ingle_error *err) {
    char name[64];
    struct audit_moment now;
    audit_moment_now(&now);
    snprintf(name, sizeof name, "torn-%" PRIu64 "-%" PRId64, log->head.last.mark.seq, now.time_ns);
    INGLE_TRY(save_aside(log, name, text, size, err));
    if (ftruncate(log->log_fd, (off_t)log->head.last.end) == 0) return INGLE_OK;
    return status_errno(err, errno, "cut the audit log in", log->path);
}

static ingle_status record_torn(struct audit *log, const char *text, size_t size,
                                ingle_error *err) {
    const struct audit_field fields[] = {AUDIT_FIELD_NUMBER("bytes", size),
                                         AUDIT_FIELD_DIGEST("content", text, size)};
    if (log->head.last.mark.seq == 0) return INGLE_OK; /* not even the start was whole */
    return audit_append(log, AUDIT_TORN, fields, BASE_COUNT(fields), err);
}

/* ---- what is missing ---- */

static ingle_status record_gap(struct audit *log, const struct audit_mark *told, ingle_error *err) {
    const struct audit_field fields[] = {
        AUDIT_FIELD_NUMBER("from", log->head.last.mark.seq + 1),
        AUDIT_FIELD_NUMBER("to", told->seq),
        AUDIT_FIELD_HEX("last", told->hash, AUDIT_HASH_SIZE),
    };
    log->head.last.mark.seq = told->seq; /* numbers that are lost are not used again */
    return audit_append(log, AUDIT_GAP, fields, BASE_COUNT(fields), err);
}

static ingle_status changed(const struct audit *log, ingle_error *err) {
    return status_set(err, INGLE_INVALID, 0,
                      "The audit log in '%s' is not what was written: 'ingle audit verify' says "
                      "where; nothing is added to it.",
                      log->path);
}

/* From `base`, which is there: `text` is all that follows it. */
static ingle_status resume_from(struct audit *log, const struct audit_place *base, const char *text,
                                size_t size, ingle_error *err) {
    struct audit_mark told = log->head.last.mark;
    log->head.last = *base;
    walk(log, &log->head.last, text, size);
    size_t good = (size_t)(log->head.last.end - base->end);
    if (good < size) INGLE_TRY(move_aside(log, text + good, size - good, err));
    if (log->head.last.mark.seq < told.seq) INGLE_TRY(record_gap(log, &told, err));
    if (good < size) INGLE_TRY(record_torn(log, text + good, size - good, err));
    return audit_commit(log, true, err);
}

static ingle_status resume(struct audit *log, const struct audit_place *base, uint64_t size,
                           ingle_error *err) {
    uint64_t rest = size - base->end;
    if (rest > TAIL_MAX) return changed(log, err);
    char *text = mem_alloc((size_t)rest + 1);
    if (!text) return status_no_memory(err, "the end of the audit log", rest);
    ingle_status status = read_at(log, log->log_fd, text, (size_t)rest, base->end, err);
    if (status == INGLE_OK) status = resume_from(log, base, text, (size_t)rest, err);
    mem_free(text);
    return status;
}

/* ---- the head ---- */

/* Before the first record: both copies, on the disk, before the log has its first byte. */
static ingle_status make_head(struct audit *log, ingle_error *err) {
    log->head = (struct audit_head){.boot = "unknown", .n = UINT64_MAX};
    for (int i = 0; i < 2; i++) INGLE_TRY(audit_store_head(log, err));
    if (fsync(log->head_fd) != 0 || (fsync(log->folder) != 0 && errno != EINVAL)) {
        return status_errno(err, errno, "sync the head of the audit log in", log->path);
    }
    return INGLE_OK;
}

static ingle_status read_head(struct audit *log, uint64_t size, ingle_error *err) {
    char slots[2 * AUDIT_SLOT];
    INGLE_TRY(read_at(log, log->head_fd, slots, sizeof slots, 0, err));
    if (audit_slots_read(&log->head, slots, log->key.public_key)) return INGLE_OK;
    return size == 0 ? make_head(log, err) : changed(log, err);
}

ingle_status audit_recover(struct audit *log, ingle_error *err) {
    struct stat st;
    struct audit_moment now;
    bool ok;
    if (fstat(log->log_fd, &st) != 0) return status_errno(err, errno, "look at", log->path);
    uint64_t size = (uint64_t)st.st_size;
    INGLE_TRY(read_head(log, size, err));
    INGLE_TRY(is_there(&ok, log, &log->head.last, size, err));
    if (ok && size == log->head.last.end) return INGLE_OK;
    struct audit_place base = log->head.last;
    if (!ok) {
        audit_moment_now(&now);
        if (strcmp(now.boot, log->head.boot) == 0) return changed(log, err);
        base = log->head.synced;
        INGLE_TRY(is_there(&ok, log, &base, size, err));
        if (!ok) return changed(log, err);
    }
    return resume(log, &base, size, err);
}
