/* Records of this process in the user's audit log (guard/audit/audit.h). The log is opened by the
 * first record; main.c ends it. One thread. */
#ifndef INGLE_CLI_AUDIT_NOTE_H
#define INGLE_CLI_AUDIT_NOTE_H

#include "guard/audit/audit.h"

/* Writes one record, or says once on standard error why there is none; the command goes on either
 * way. Nothing in a build without libsodium, or where the setting `audit` is off. A model:
 *
 *     const struct audit_field fields[] = {AUDIT_FIELD_DIGEST("name", path, strlen(path)),
 *                                          AUDIT_FIELD_HEX("identity", hash, 8),
 *                                          AUDIT_FIELD_NUMBER("size", size)};
 *     audit_note(AUDIT_LOAD, fields, BASE_COUNT(fields)); */
void audit_note(enum audit_kind kind, const struct audit_field *fields, size_t n);

/* For what must not happen without a record (--unsealed, a hand-off): OK only if it is on the disk.
 * Also where `audit` is off. */
BASE_NODISCARD ingle_status audit_require(enum audit_kind kind, const struct audit_field *fields,
                                          size_t n, ingle_error *err);

/* The end of the process: a checkpoint, if there was a record. */
void audit_note_end(void);

#endif
