/* Times of notifications. */
#ifndef INGLE_TASK_DIGEST_TIME_H
#define INGLE_TASK_DIGEST_TIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Seconds since 1970 from ISO 8601 ("2026-11-27T09:30:00+01:00"; without a zone it is UTC; a date
 * alone is its first second) or from a number of seconds or, past the year 5138, milliseconds.
 * False for anything else, and for years before 1970 and after 9999. */
bool digest_time_parse(const char *text, size_t len, int64_t *time_s);

/* "2 min ago", "in 5 min", "just now". */
void digest_time_ago(char *out, size_t cap, int64_t time_s, int64_t now_s);

/* "2026-11-27T09:30:00Z"; out holds 32 bytes. */
void digest_time_iso(char out[32], int64_t time_s);

#endif
