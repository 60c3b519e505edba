/* Logs for the tests of guard/audit. A failure ends the test. For programs with cmocka. */
#ifndef INGLE_TESTS_SUPPORT_AUDIT_LOG_H
#define INGLE_TESTS_SUPPORT_AUDIT_LOG_H

#include "guard/audit/audit_internal.h"

struct audit *log_open(const char *folder);

/* One record of this kind with a number in it. */
void log_write(struct audit *log, enum audit_kind kind, uint64_t number);
void log_close(struct audit *log);

/* A new log in this folder: n records in all, closed. */
void log_make(const char *folder, size_t n);

struct audit_report log_verify(const char *path, const uint8_t *noted);

/* Fails unless the log is as it was written; returns what is told of it. */
struct audit_report log_expect_good(const char *folder);

/* Fails unless this rule is broken, first by this record. */
void log_expect_bad(const char *folder, enum audit_rule rule, uint64_t bad_seq);

/* "<folder>/<name>"; overwritten by the fourth call from now. */
const char *log_file(const char *folder, const char *name);

/* Copies the files of a log. */
void log_copy(const char *to, const char *from);

/* The head as it is, and another one in its place, signed with the key of the folder. */
struct audit_head log_head(const char *folder);
void log_put_head(const char *folder, const struct audit_head *head);

#endif
