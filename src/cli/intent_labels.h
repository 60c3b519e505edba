/* A person's own labels from a file: a label a line, with a description if there is one to give,
 * and indented lines under it that are examples of it:
 *
 *   pay_bill: pay an invoice or a bill
 *       my rent is due
 *       transfer 20 euros to the plumber
 *   weather<TAB>what the weather is or will be
 *   small talk
 *
 * Blank lines count for nothing. The docs of it are docs/intent-labels.md. */
#ifndef INGLE_CLI_INTENT_LABELS_H
#define INGLE_CLI_INTENT_LABELS_H

#include "base/arena.h"
#include "base/status.h"
#include "ingle/intent.h"

struct intent_labels {
    struct arena arena;
    ingle_label *labels; /* [n] */
    size_t n;
};

/* path may be - for standard input. INVALID, naming the line, for bytes that are no UTF-8, labels
 * that are empty, too long or there twice, an example that stands under none; INVALID for fewer
 * than two labels. intent_labels_clear() also after a failure. */
BASE_NODISCARD ingle_status intent_labels_read(struct intent_labels *l, const char *path,
                                               ingle_error *err);

/* The same from memory; name is for messages. */
BASE_NODISCARD ingle_status intent_labels_parse(struct intent_labels *l, const char *text,
                                                size_t len, const char *name, ingle_error *err);
void intent_labels_clear(struct intent_labels *l);

#endif
