/* The parts of a letter: where its subject, greeting and closing are, and what a thread says of
 * them. */
#ifndef INGLE_TASK_DRAFT_FORM_H
#define INGLE_TASK_DRAFT_FORM_H

#include <stdbool.h>
#include <stddef.h>

struct draft_range {
    size_t from, to; /* bytes; empty if there is none */
};

struct draft_form {
    struct draft_range subject;   /* without "Subject:" */
    struct draft_range body;      /* all behind the subject */
    struct draft_range greeting;  /* its line */
    struct draft_range name;      /* within the greeting: whom it greets */
    struct draft_range closing;   /* its lines, the name included */
    struct draft_range signature; /* the name's line */
};

struct draft_form draft_read_form(const char *text, size_t len);

/* The value of the last header line `name` ("From", "Subject") of a thread, without "Re:"; of From
 * the name, without its address. */
struct draft_range draft_header(const char *thread, size_t len, const char *name);

#endif
