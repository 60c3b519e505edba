/* The faithfulness guard: whether every number, date, amount, name, quotation and negation of a
 * text is in its source, after both are brought to a normal form (1,200 = 1.2k = twelve hundred;
 * 2024-03-05 = March 5th, 2024). What a source says is collected once; many outputs are then
 * checked against it. docs/faithful.md says what is told apart, and how well. */
#ifndef INGLE_TASK_FAITHFUL_H
#define INGLE_TASK_FAITHFUL_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/status.h"
#include "ingle/pack.h"

enum faithful_kind {
    FAITHFUL_NUMBER,
    FAITHFUL_AMOUNT, /* of money */
    FAITHFUL_DATE,
    FAITHFUL_TIME,
    FAITHFUL_NAME,    /* of a person, place, product; acronyms, versions */
    FAITHFUL_ADDRESS, /* e-mail, web, file */
    FAITHFUL_QUOTE,
    FAITHFUL_NEGATION, /* the output denies what the source says, or the other way round */
    FAITHFUL_N_KINDS
};

#define FAITHFUL_NORMAL 48
#define FAITHFUL_MAX_PROBLEMS 64

/* Something that the output says and the source does not. */
struct faithful_problem {
    enum faithful_kind kind;
    size_t from, to;              /* bytes of the output */
    char normal[FAITHFUL_NORMAL]; /* its normal form: "1200", "2024-03-05", "15:00", "silva" */
};

struct faithful_report {
    struct faithful_problem problems[FAITHFUL_MAX_PROBLEMS]; /* in the order of the output */
    size_t n;                                                /* of problems */
    size_t n_all;     /* also those past FAITHFUL_MAX_PROBLEMS */
    size_t n_checked; /* facts of the output */
};

struct faithful_source;

/* Collects what the text says, in time linear in its length. Any bytes; nothing of it is kept
 * borrowed but the tagger, which helps to tell names (NULL = by their shape alone). */
BASE_NODISCARD ingle_status faithful_source_new(struct faithful_source **out, const char *text,
                                                size_t len, const ingle_pack *tagger,
                                                ingle_error *err);
void faithful_source_free(struct faithful_source *source); /* NULL is fine */

/* More of the same source: another document, or what was asked for. */
BASE_NODISCARD ingle_status faithful_source_add(struct faithful_source *source, const char *text,
                                                size_t len, ingle_error *err);

/* *report is overwritten: report->n_all == 0 means that nothing was found missing. */
BASE_NODISCARD ingle_status faithful_source_check(struct faithful_source *source,
                                                  const char *output, size_t len,
                                                  struct faithful_report *report, ingle_error *err);

/* Whether every capitalised word of a text that is known to be a name ("Maria Silva", of a greeting
 * or a signature) is a word of the source, in any language. */
BASE_NODISCARD ingle_status faithful_source_has_name(const struct faithful_source *source,
                                                     const char *text, size_t len, bool *has,
                                                     ingle_error *err);

/* The three of them for one output. */
BASE_NODISCARD ingle_status faithful_check(const char *source, size_t source_len,
                                           const char *output, size_t len, const ingle_pack *tagger,
                                           struct faithful_report *report, ingle_error *err);

/* "number", "amount", "date" ... */
const char *faithful_kind_name(enum faithful_kind kind);

/* Adds a list for people and for a second try: the number "15", the name "Silva", the negation in
 * "was not paid". At most n_max, then "and 3 more". */
void faithful_describe(const struct faithful_report *report, const char *output, size_t n_max,
                       struct buf *out);

#endif
