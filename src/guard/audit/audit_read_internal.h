/* What a reader of the log keeps while it goes through it: of a folder (audit_verify.c) or of an
 * exported text (audit_export.c). */
#ifndef INGLE_GUARD_AUDIT_AUDIT_READ_INTERNAL_H
#define INGLE_GUARD_AUDIT_AUDIT_READ_INTERNAL_H

#include "guard/audit/audit_internal.h"

struct audit_check {
    struct audit_report *report;
    const uint8_t *noted;
    audit_record_fn on_record;
    void *user;
    void (*on_line)(struct audit_check *c, const char *line, size_t size);

    bool has_key; /* the log must have this one */
    uint8_t key[CRYPT_PUBLIC_SIZE];
    bool has_head, has_whole_head;
    struct audit_head head;

    uint64_t offset; /* of the line in the file */
    bool is_enough;

    bool is_export, has_begun, has_ended, has_comma; /* of an exported text */
};

void audit_check_line(struct audit_check *c, const char *line, size_t size);
void audit_check_broken(struct audit_check *c, enum audit_rule rule); /* if none was before */
void audit_check_end(struct audit_check *c);
/* The lines of a text, as far as they are whole; at the end of all, what is not, too. Returns how
 * many bytes were taken. A record that has not ended by AUDIT_LINE_MAX is none. */
size_t audit_check_text(struct audit_check *c, const char *data, size_t size, bool is_end);
/* The lines of a file, of `size` bytes at most. */
BASE_NODISCARD ingle_status audit_check_file(struct audit_check *c, int fd, uint64_t size,
                                             const char *path, ingle_error *err);
BASE_NODISCARD ingle_status audit_check_export(struct audit_check *c, const char *path,
                                               ingle_error *err);

#endif
