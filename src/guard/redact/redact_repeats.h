/* What was found as personal in one place and stands in others too. */
#ifndef INGLE_GUARD_REDACT_REDACT_REPEATS_H
#define INGLE_GUARD_REDACT_REDACT_REPEATS_H

#include "guard/redact/redact_spans.h"

/* Adds to *out, in order and without overlaps, what was found (in order, without overlaps) and,
 * with the kind of each, where its value stands again as whole words: case and white space aside,
 * and of a person's name each part too. Values that say too little are not looked for: dates, ages,
 * titles, nationalities, numbers of less than five digits, words in small letters; and those that
 * are words as well ("Will") only where the spelling and the place in the sentence speak for a
 * name. Any bytes; linear time. */
BASE_NODISCARD ingle_status redact_repeats(struct redact_spans *out, const char *text, size_t len,
                                           const struct redact_spans *found, ingle_error *err);

#endif
