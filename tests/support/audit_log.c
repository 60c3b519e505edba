#include "support/audit_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/files.h"

struct audit *log_open(const char *folder) {
    struct audit *log;
    ingle_error err;
    if (audit_open(&log, folder, &err) != INGLE_OK) fail_msg("%s", err.msg);
    return log;
}

void log_write(struct audit *log, enum audit_kind kind, uint64_t number) {
    ingle_error err;
    const struct audit_field fields[] = {
        AUDIT_FIELD_NUMBER("n", number), AUDIT_FIELD_WORDS("what", "test 1.0"),
        AUDIT_FIELD_FLAG("ok", number % 2), AUDIT_FIELD_HEX("bytes", &number, sizeof number),
        AUDIT_FIELD_DIGEST("name", &number, sizeof number)};
    if (audit_write(log, kind, fields, BASE_COUNT(fields), &err) != INGLE_OK) {
        fail_msg("%s", err.msg);
    }
}

void log_close(struct audit *log) {
    ingle_error err;
    if (audit_close(log, &err) != INGLE_OK) fail_msg("%s", err.msg);
}

void log_make(const char *folder, size_t n) {
    struct audit *log = log_open(folder);
    struct audit_mark mark = {0};
    while (mark.seq + 1 < n) { /* the checkpoint at the end is one */
        log_write(log, AUDIT_LOAD, mark.seq);
        assert_int_equal(audit_head(&mark, folder, NULL), INGLE_OK);
    }
    log_close(log);
    assert_int_equal(audit_head(&mark, folder, NULL), INGLE_OK);
    assert_int_equal(mark.seq, n);
}

struct audit_report log_verify(const char *path, const uint8_t *noted) {
    struct audit_report report;
    ingle_error err;
    if (audit_verify(&report, path, noted, NULL, NULL, &err) != INGLE_OK) fail_msg("%s", err.msg);
    return report;
}

struct audit_report log_expect_good(const char *folder) {
    struct audit_report report = log_verify(folder, NULL);
    if (report.rule != AUDIT_RULE_NONE) {
        fail_msg("record %d breaks: %s", (int)report.bad_seq, audit_rule_text(report.rule));
    }
    return report;
}

void log_expect_bad(const char *folder, enum audit_rule rule, uint64_t bad_seq) {
    struct audit_report report = log_verify(folder, NULL);
    if (report.rule != rule || report.bad_seq != bad_seq) {
        fail_msg("record %d breaks '%s', instead of record %d '%s'", (int)report.bad_seq,
                 audit_rule_text(report.rule), (int)bad_seq, audit_rule_text(rule));
    }
}

const char *log_file(const char *folder, const char *name) {
    static char paths[4][256];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

void log_copy(const char *to, const char *from) {
    static const char *const names[] = {AUDIT_LOG, AUDIT_HEAD, "vault.key"};
    (void)mkdir(to, 0700);
    for (size_t i = 0; i < BASE_COUNT(names); i++) {
        size_t size;
        uint8_t *data = file_read(log_file(from, names[i]), &size);
        file_write(log_file(to, names[i]), data, size);
        free(data);
    }
}

struct audit_head log_head(const char *folder) {
    struct audit_key key;
    struct audit_head head;
    size_t size;
    char *slots = (char *)file_read(log_file(folder, AUDIT_HEAD), &size);
    assert_int_equal(size, 2 * AUDIT_SLOT);
    assert_int_equal(audit_key_open(&key, folder, NULL), INGLE_OK);
    assert_true(audit_slots_read(&head, slots, key.public_key));
    audit_key_close(&key);
    free(slots);
    return head;
}

void log_put_head(const char *folder, const struct audit_head *head) {
    struct audit_key key;
    struct audit_head other = *head;
    char slots[2 * AUDIT_SLOT];
    assert_int_equal(audit_key_open(&key, folder, NULL), INGLE_OK);
    audit_slot_write(slots + head->n % 2 * AUDIT_SLOT, head, key.signer);
    other.n--;
    audit_slot_write(slots + other.n % 2 * AUDIT_SLOT, &other, key.signer);
    audit_key_close(&key);
    file_write(log_file(folder, AUDIT_HEAD), slots, sizeof slots);
}
