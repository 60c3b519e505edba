/* Reading the log from its beginning, record by record, and naming the first that breaks a rule.
 * Everything in it may come from somebody who wants to be believed. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "guard/audit/audit_read_internal.h"
#include "guard/vault/private_folder.h"

static const char *const rule_texts[] = {
#define AUDIT_RULE_ROW(code, text) text,
    AUDIT_RULE_MAP(AUDIT_RULE_ROW)
#undef AUDIT_RULE_ROW
};

const char *audit_rule_text(enum audit_rule rule) {
    return rule_texts[rule];
}

/* ---- records ---- */

void audit_check_broken(struct audit_check *c, enum audit_rule rule) {
    if (c->report->rule != AUDIT_RULE_NONE) return;
    c->report->rule = rule;
    c->report->bad_seq = c->report->last.seq + 1;
    c->report->bad_offset = c->offset;
}

static enum audit_rule against_head(const struct audit_check *c, const struct audit_record *r) {
    const struct audit_mark *told[] = {&c->head.last.mark, &c->head.synced.mark};
    for (size_t i = 0; i < BASE_COUNT(told) && c->has_head; i++) {
        if (told[i]->seq == r->seq && memcmp(told[i]->hash, r->hash, AUDIT_HASH_SIZE) != 0) {
            return AUDIT_RULE_HEAD;
        }
    }
    return AUDIT_RULE_NONE;
}

static enum audit_rule judge(struct audit_check *c, struct audit_record *r, const char *line,
                             size_t size) {
    enum audit_rule rule = audit_record_read(r, line, size);
    if (rule == AUDIT_RULE_NONE) rule = audit_record_follows(r, &c->report->last, c->report->key);
    if (rule == AUDIT_RULE_NONE && c->has_key &&
        memcmp(c->key, c->report->key, sizeof c->key) != 0) {
        rule = AUDIT_RULE_KEY;
    }
    return rule == AUDIT_RULE_NONE ? against_head(c, r) : rule;
}

static void count(struct audit_check *c, const struct audit_record *r) {
    struct audit_report *report = c->report;
    uint64_t expected = report->last.seq + 1;
    report->n_records++;
    report->n_lost += r->seq - expected;
    report->last.seq = r->seq;
    memcpy(report->last.hash, r->hash, AUDIT_HASH_SIZE);
    report->n_unsigned++;
    if (audit_is_kind(r, AUDIT_CHECKPOINT)) {
        report->n_checkpoints++;
        report->n_unsigned = 0;
    }
    if (c->noted && memcmp(c->noted, r->hash, AUDIT_HASH_SIZE) == 0) report->is_anchored = true;
}

void audit_check_line(struct audit_check *c, const char *line, size_t size) {
    struct audit_record r;
    enum audit_rule rule = judge(c, &r, line, size);
    if (rule != AUDIT_RULE_NONE) {
        audit_check_broken(c, rule);
        return;
    }
    count(c, &r);
    if (c->on_record && !c->on_record(&r, c->user)) c->is_enough = true;
}

/* ---- the end ---- */

/* A power cut may take what was not synced, and only a power cut. */
static bool may_be_lost(const struct audit_check *c) {
    struct audit_moment now;
    if (c->is_export || c->report->last.seq < c->head.synced.mark.seq) return false;
    audit_moment_now(&now);
    return strcmp(now.boot, c->head.boot) != 0;
}

void audit_check_end(struct audit_check *c) {
    struct audit_report *report = c->report;
    if (report->rule != AUDIT_RULE_NONE || c->is_enough) return;
    if (!c->has_head || !c->has_whole_head) {
        audit_check_broken(c, AUDIT_RULE_NO_HEAD);
    } else if (report->last.seq < c->head.last.mark.seq) {
        if (may_be_lost(c)) {
            report->n_lost += c->head.last.mark.seq - report->last.seq;
        } else {
            audit_check_broken(c, AUDIT_RULE_CUT);
        }
    } else if (c->is_export && report->last.seq > c->head.last.mark.seq) {
        audit_check_broken(c, AUDIT_RULE_CUT);
    }
    if (c->noted && !report->is_anchored) audit_check_broken(c, AUDIT_RULE_NOTED);
}

/* ---- lines ---- */

size_t audit_check_text(struct audit_check *c, const char *data, size_t size, bool is_end) {
    size_t at = 0;
    while (at < size && c->report->rule == AUDIT_RULE_NONE && !c->is_enough) {
        const char *end = memchr(data + at, '\n', size - at);
        size_t n = end ? (size_t)(end - data) - at : size - at;
        if (!end && !is_end && n < AUDIT_LINE_MAX) return at;
        if (end) {
            c->on_line(c, data + at, n);
        } else {
            audit_check_broken(c, is_end && n < AUDIT_LINE_MAX ? AUDIT_RULE_END : AUDIT_RULE_FORM);
        }
        at += n + (end != NULL);
        c->offset += n + (end != NULL);
    }
    return at;
}

ingle_status audit_check_file(struct audit_check *c, int fd, uint64_t size, const char *path,
                              ingle_error *err) {
    static const size_t cap = (size_t)1 << 16;
    char *data = mem_alloc(cap);
    if (!data) return status_no_memory(err, "the audit log", cap);
    ingle_status status = INGLE_OK;
    for (size_t n = 0; c->report->rule == AUDIT_RULE_NONE && !c->is_enough;) {
        ssize_t got = read(fd, data + n, size < cap - n ? (size_t)size : cap - n);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            status = status_errno(err, errno, "read", path);
            break;
        }
        size -= (uint64_t)got;
        n += (size_t)got;
        size_t used = audit_check_text(c, data, n, got == 0);
        memmove(data, data + used, n - used);
        n -= used;
        if (got == 0) break;
    }
    mem_free(data);
    return status;
}

/* ---- the log of a folder ---- */

static ingle_status no_log(const char *path, ingle_error *err) {
    return status_set(err, INGLE_NOT_FOUND, 0, "There is no audit log in '%s'.", path);
}

static void read_head(struct audit_check *c, int folder) {
    char slots[2 * AUDIT_SLOT] = {0};
    int fd = openat(folder, AUDIT_HEAD, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return;
    ssize_t n = pread(fd, slots, sizeof slots, 0);
    char more;
    bool has_size = n == (ssize_t)sizeof slots && pread(fd, &more, 1, sizeof slots) == 0;
    close(fd);
    c->has_head = audit_slots_read(&c->head, slots, c->key);
    c->has_whole_head = has_size && audit_slots_are_whole(slots, c->key);
}

/* Without a key in the folder there is nothing to check the head with. */
static ingle_status read_key(struct audit_check *c, int folder, const char *path,
                             ingle_error *err) {
    struct audit_key key;
    if (faccessat(folder, "vault.key", F_OK, AT_SYMLINK_NOFOLLOW) != 0) {
        c->has_key = true; /* the zeros are nobody's */
        return INGLE_OK;
    }
    INGLE_TRY(audit_key_open(&key, path, err));
    memcpy(c->key, key.public_key, sizeof c->key);
    c->has_key = true;
    audit_key_close(&key);
    return INGLE_OK;
}

static bool is_empty(int folder, const char *name) {
    struct stat st;
    return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || st.st_size == 0;
}

/* How long the log is, and what its head says then. */
static ingle_status look_locked(struct audit_check *c, uint64_t *size, int folder, int fd,
                                const char *path, ingle_error *err) {
    struct stat st;
    INGLE_TRY(audit_lock(fd, LOCK_SH, path, err));
    int errnum = fstat(fd, &st) == 0 ? 0 : errno;
    read_head(c, folder);
    (void)flock(fd, LOCK_UN);
    if (errnum) return status_errno(err, errnum, "look at the audit log in", path);
    *size = (uint64_t)st.st_size;
    return INGLE_OK;
}

/* Records are read without the lock, which who looks at them slowly would hold for long: what was
 * written by now does not change any more. */
static ingle_status check_log(struct audit_check *c, int folder, int fd, const char *path,
                              ingle_error *err) {
    uint64_t size = 0;
    INGLE_TRY(read_key(c, folder, path, err));
    INGLE_TRY(look_locked(c, &size, folder, fd, path, err));
    INGLE_TRY(audit_check_file(c, fd, size, path, err));
    audit_check_end(c);
    return INGLE_OK;
}

static ingle_status check_folder(struct audit_check *c, const char *path, ingle_error *err) {
    int folder;
    INGLE_TRY(private_folder_open(&folder, path, err));
    int fd = openat(folder, AUDIT_LOG, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    int errnum = errno;
    ingle_status status;
    c->on_line = audit_check_line;
    if (is_empty(folder, AUDIT_LOG) && is_empty(folder, AUDIT_HEAD)) {
        status = no_log(path, err);
    } else if (fd < 0 && errnum == ENOENT) {
        audit_check_broken(c, AUDIT_RULE_CUT); /* a head without a log */
        status = INGLE_OK;
    } else if (fd < 0) {
        status = status_errno(err, errnum, "open the audit log in", path);
    } else {
        status = check_log(c, folder, fd, path, err);
    }
    if (fd >= 0) close(fd);
    close(folder);
    return status;
}

static ingle_status check_path(struct audit_check *c, const char *path, ingle_error *err) {
    struct stat st;
    if (stat(path, &st) != 0) {
        return errno == ENOENT ? no_log(path, err) : status_unreadable(err, errno, "open", path);
    }
    return S_ISDIR(st.st_mode) ? check_folder(c, path, err) : audit_check_export(c, path, err);
}

ingle_status audit_verify(struct audit_report *out, const char *path, const uint8_t *noted,
                          audit_record_fn on_record, void *user, ingle_error *err) {
    struct audit_check c = {.report = out, .noted = noted, .on_record = on_record, .user = user};
    *out = (struct audit_report){0};
    INGLE_TRY(crypt_start(err));
    return check_path(&c, path, err);
}

ingle_status audit_head(struct audit_mark *out, const char *folder, ingle_error *err) {
    struct audit_check c = {0};
    struct stat st;
    int fd;
    *out = (struct audit_mark){0};
    INGLE_TRY(crypt_start(err));
    if (stat(folder, &st) != 0 && errno == ENOENT) return no_log(folder, err);
    INGLE_TRY(private_folder_open(&fd, folder, err));
    ingle_status status =
        is_empty(fd, AUDIT_HEAD) ? no_log(folder, err) : read_key(&c, fd, folder, err);
    if (status == INGLE_OK) read_head(&c, fd);
    close(fd);
    if (status != INGLE_OK) return status;
    if (!c.has_head) {
        return status_set(err, INGLE_INVALID, 0, "The head of the audit log in '%s' is damaged.",
                          folder);
    }
    if (c.head.last.mark.seq == 0) return no_log(folder, err);
    *out = c.head.last.mark;
    return INGLE_OK;
}

ingle_status audit_digest(uint8_t out[AUDIT_HASH_SIZE], const char *folder, const char *field,
                          const void *data, size_t size, ingle_error *err) {
    struct audit_key key;
    INGLE_TRY(crypt_start(err));
    INGLE_TRY(audit_key_open(&key, folder, err));
    vault_key_hash(out, key.salt, field, strlen(field), data, size);
    audit_key_close(&key);
    return INGLE_OK;
}
