/* Texts with a label each, as a classifier learns from them, out of files that people write:
 *     JSON lines   {"text": "wake me at seven", "label": "alarm"}, label null: out of scope
 *     CSV          text,label as RFC 4180 has it, with or without that line at the top; an empty
 *                  label: out of scope
 * A file is JSON lines if its first character is '{'. */
#ifndef INGLE_LEARN_EXAMPLES_H
#define INGLE_LEARN_EXAMPLES_H

#include "base/arena.h"
#include "base/status.h"

#define EXAMPLES_NONE (-1) /* label of what is out of scope */
#define EXAMPLES_MAX_LABELS 4096
#define EXAMPLES_MAX_LABEL 200 /* bytes */
#define EXAMPLES_MIN 2         /* of a label */

struct example {
    const char *text;
    size_t len;
    int label; /* EXAMPLES_NONE, or one of labels */
    size_t line;
    const char *file;
};

struct examples {
    struct arena arena;
    struct example *items; /* owned array */
    size_t n, cap;
    const char **labels; /* owned array; in order of first use */
    size_t n_labels, labels_cap;
    size_t n_repeats;       /* said twice with the same label: counted once */
    size_t n_contradictory; /* said with two labels: left out */
    struct example first_contradictory[2];
};

void examples_init(struct examples *e);
void examples_clear(struct examples *e);

/* Adds a file's examples; name stands for it in messages and must outlive *e. INVALID names the
 * line and what is wrong with it. */
BASE_NODISCARD ingle_status examples_read(struct examples *e, const char *data, size_t len,
                                          const char *name, ingle_error *err);

/* After the last file. Examples with the same text become one; those with different labels are left
 * out if they are few (one in 200 at most), else INVALID names the lines of two. INVALID as well if
 * there are less than two labels, or less than EXAMPLES_MIN examples of one. */
BASE_NODISCARD ingle_status examples_finish(struct examples *e, ingle_error *err);

#endif
