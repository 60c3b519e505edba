/* Where personal data is in a text: spans found by rules and by a tagger, and one list of both. */
#ifndef INGLE_GUARD_REDACT_REDACT_SPANS_H
#define INGLE_GUARD_REDACT_REDACT_SPANS_H

#include <stddef.h>

#include "base/status.h"

enum redact_by { REDACT_BY_MODEL, REDACT_BY_RULE, REDACT_BY_REPETITION };

struct redact_span {
    size_t from, to;  /* bytes of the text */
    const char *kind; /* borrowed: "PERSON"; capitals, digits and _ */
    float confidence; /* 1 for rules; of a repetition, that of the value found */
    enum redact_by by;
};

/* Zeroed = empty. */
struct redact_spans {
    struct redact_span *items; /* owned */
    size_t n, cap;
};

void redact_spans_clear(struct redact_spans *s);
BASE_NODISCARD ingle_status redact_spans_add(struct redact_spans *s, const struct redact_span *span,
                                             ingle_error *err);

/* Adds to *out, in order and without overlaps, all that rules and tagged (each in order and without
 * overlaps) cover. Where both do, the rule's span stands and the tagger's keeps what is left of
 * it. Neighbours of one kind that only white space parts become one. A sum of money that the
 * tagger takes for a part of an address is left out. */
BASE_NODISCARD ingle_status redact_spans_merge(struct redact_spans *out, const char *text,
                                               size_t len, const struct redact_spans *rules,
                                               const struct redact_spans *tagged, ingle_error *err);

#endif
