/* What of a text is rewritten: its prose, in units that the model is given one by one. Code,
 * tables, front matter, HTML, definitions of links are no part of any unit and stay byte for byte.
 */
#ifndef INGLE_TASK_REWRITE_PLAN_H
#define INGLE_TASK_REWRITE_PLAN_H

#include "base/buf.h"
#include "base/status.h"
#include "ingle/rewrite.h"

struct rewrite_unit {
    size_t from, to;               /* bytes of the text */
    size_t line;                   /* from 1 */
    size_t width;                  /* to which it is wrapped; 0: it is one line */
    size_t prefix_from, prefix_to; /* what its further lines begin with: bytes of the text */
    bool has_returns;              /* its lines end in \r\n */
};

struct rewrite_plan {
    struct rewrite_unit *units; /* owned; in order */
    size_t n, cap;
};

/* Headings only where their words are to change: proofreading and free instructions. */
BASE_NODISCARD ingle_status rewrite_plan_new(struct rewrite_plan *out, const char *text, size_t len,
                                             ingle_rewrite_manner manner, ingle_error *err);
void rewrite_plan_clear(struct rewrite_plan *plan);

/* Adds the unit as one line. */
void rewrite_unit_flat(const struct rewrite_unit *unit, const char *text, struct buf *out);

/* Adds a line, wrapped and indented as the unit is; never within code or a link, and never so that
 * a word becomes the mark of a list or a heading. */
void rewrite_unit_wrap(const struct rewrite_unit *unit, const char *text, const char *line,
                       size_t len, struct buf *out);

#endif
