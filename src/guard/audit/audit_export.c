/* The log as one text for others, and reading it back:
 *
 *     {"ingle_audit":1,"key":"<64 hex>","head":{...},"records":[
 *     {"seq":1,...},
 *     {"seq":2,...}
 *     ]}
 *
 * It is JSON, and every record is the line that it is in the log, for who checks the hashes. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "guard/audit/audit_read_internal.h"

#define BEGIN "{\"ingle_audit\":1,\"key\":\""
#define HEAD "\",\"head\":"
#define RECORDS ",\"records\":["
#define END "]}"

/* ---- writing ---- */

struct export {
    bool (*write)(const void *data, size_t size, void *user);
    void *user;
    bool has_failed;
    uint64_t n, last; /* records given out; number of the last one to be */
};

static void put(struct export *e, const void *data, size_t size) {
    if (!e->has_failed) e->has_failed = !e->write(data, size, e->user);
}

static bool put_record(const struct audit_record *r, void *user) {
    struct export *e = user;
    if (e->n++ > 0) put(e, ",", 1);
    put(e, "\n", 1);
    put(e, r->line, r->line_size);
    return !e->has_failed && r->seq < e->last; /* others may be writing on */
}

static void put_begin(struct export *e, const uint8_t *key, const char *head) {
    char text[sizeof BEGIN + 2 * CRYPT_PUBLIC_SIZE + AUDIT_SLOT + 64],
        hex[2 * CRYPT_PUBLIC_SIZE + 1];
    audit_put_hex(hex, key, CRYPT_PUBLIC_SIZE);
    int n = snprintf(text, sizeof text, "%s%s%s%s%s", BEGIN, hex, HEAD, head, RECORDS);
    put(e, text, (size_t)n);
}

/* Of a log that is good, nothing else is given out; the head is signed anew for its last record,
 * which a crash may have left without. */
static ingle_status export_head(char slot[AUDIT_SLOT], const struct audit_report *report,
                                const char *folder, ingle_error *err) {
    struct audit_key key;
    struct audit_head head = {.last.mark = report->last, .synced.mark = report->last};
    struct audit_moment now;
    audit_moment_now(&now);
    memcpy(head.boot, now.boot, sizeof head.boot);
    INGLE_TRY(audit_key_open(&key, folder, err));
    audit_slot_write(slot, &head, key.signer);
    audit_key_close(&key);
    size_t n = AUDIT_SLOT;
    while (n > 0 && (slot[n - 1] == '\n' || slot[n - 1] == ' ')) n--;
    slot[n] = '\0';
    return INGLE_OK;
}

static ingle_status not_good(const struct audit_report *report, const char *folder,
                             ingle_error *err) {
    return status_set(err, INGLE_INVALID, report->bad_offset,
                      "The audit log in '%s' is not what was written ('ingle audit verify' says "
                      "where); it is not exported.",
                      folder);
}

ingle_status audit_export(const char *folder, bool (*write)(const void *data, size_t size, void *),
                          void *user, ingle_error *err) {
    struct audit_report report, again;
    char slot[AUDIT_SLOT];
    INGLE_TRY(audit_verify(&report, folder, NULL, NULL, NULL, err));
    if (report.rule != AUDIT_RULE_NONE) return not_good(&report, folder, err);
    struct export e = {.write = write, .user = user, .last = report.last.seq};
    INGLE_TRY(export_head(slot, &report, folder, err));
    put_begin(&e, report.key, slot);
    INGLE_TRY(audit_verify(&again, folder, NULL, put_record, &e, err));
    if (again.rule != AUDIT_RULE_NONE) return not_good(&again, folder, err);
    put(&e, "\n" END "\n", sizeof "\n" END);
    if (e.has_failed) return status_set(err, INGLE_FAILED, 0, "The audit log was not exported.");
    return INGLE_OK;
}

/* ---- reading ---- */

static bool begins(const char **at, const char *end, const char *text) {
    size_t n = strlen(text);
    if ((size_t)(end - *at) < n || memcmp(*at, text, n) != 0) return false;
    *at += n;
    return true;
}

/* The head is at the place of its "n" in a file that has both. */
static bool read_begin(struct audit_check *c, const char *line, size_t size) {
    const char *at = line, *end = line + size;
    char slots[2 * AUDIT_SLOT];
    if (!begins(&at, end, BEGIN) || end - at < 2 * CRYPT_PUBLIC_SIZE ||
        !audit_get_hex(c->key, at, CRYPT_PUBLIC_SIZE)) {
        return false;
    }
    at += 2 * CRYPT_PUBLIC_SIZE;
    size_t n_tail = sizeof RECORDS - 1;
    if (!begins(&at, end, HEAD) || (size_t)(end - at) < n_tail) return false;
    size_t n = (size_t)(end - at) - n_tail;
    if (n == 0 || n >= AUDIT_SLOT || at[n - 1] != '}' || memcmp(at + n, RECORDS, n_tail) != 0)
        return false;
    memset(slots, ' ', sizeof slots);
    memcpy(slots, at, n);
    slots[AUDIT_SLOT - 1] = slots[2 * AUDIT_SLOT - 1] = '\n';
    c->has_key = true;
    c->has_head = c->has_whole_head = audit_slots_read(&c->head, slots, c->key);
    return true;
}

static void export_line(struct audit_check *c, const char *line, size_t size) {
    bool is_end = size == sizeof END - 1 && memcmp(line, END, size) == 0;
    if (!c->has_begun) {
        c->has_begun = true;
        if (!read_begin(c, line, size)) audit_check_broken(c, AUDIT_RULE_FORM);
    } else if (c->has_ended ||
               (is_end ? c->has_comma : c->report->n_records > 0 && !c->has_comma)) {
        audit_check_broken(c, AUDIT_RULE_FORM);
    } else if (is_end) {
        c->has_ended = true;
    } else {
        c->has_comma = size > 0 && line[size - 1] == ',';
        audit_check_line(c, line, size - c->has_comma);
    }
}

ingle_status audit_check_export(struct audit_check *c, const char *path, ingle_error *err) {
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) return status_unreadable(err, errno, "open", path);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return status_set(err, INGLE_INVALID, 0, "'%s' is not a regular file.", path);
    }
    c->on_line = export_line;
    c->is_export = true;
    ingle_status status = audit_check_file(c, fd, UINT64_MAX, path, err);
    close(fd);
    if (status != INGLE_OK) return status;
    if (!c->has_ended) audit_check_broken(c, AUDIT_RULE_END);
    audit_check_end(c);
    return INGLE_OK;
}
