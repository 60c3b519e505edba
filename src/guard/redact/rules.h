/* Personal data and secrets that need no model: a checksum or a strict shape tells them. */
#ifndef INGLE_GUARD_REDACT_RULES_H
#define INGLE_GUARD_REDACT_RULES_H

#include "guard/redact/redact_spans.h"

/* Adds what the rules find, in order and without overlaps. Any bytes; linear time. */
BASE_NODISCARD ingle_status redact_rules(struct redact_spans *out, const char *text, size_t len,
                                         ingle_error *err);

/* The same for what begins in text[*at..end): moves *at to where the next part begins. For who may
 * be told to stop between two parts. */
BASE_NODISCARD ingle_status redact_rules_part(struct redact_spans *out, const char *text,
                                              size_t len, size_t *at, size_t end, ingle_error *err);

/* The kinds that rules tell; NULL past the last. */
const char *redact_rule_kind(size_t i);

#endif
