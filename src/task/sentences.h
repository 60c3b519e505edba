/* Sentences of a text, as ranges of its bytes: one after another, without allocating, in time
 * linear in the text. Full stops of many scripts; abbreviations, initials, numbers, addresses,
 * ellipses, quotations and brackets are told from ends; a line that was broken on purpose ends a
 * sentence, one that was wrapped does not. Any bytes: what is no UTF-8 counts as some letter. */
#ifndef INGLE_TASK_SENTENCES_H
#define INGLE_TASK_SENTENCES_H

#include "base/status.h"
#include "task/text_block.h"

/* No sentence is longer: what runs on is cut at a clause, a space, or between characters. Only
 * what is verbatim stays whole. */
#define SENTENCE_MAX 1024

struct text_range {
    size_t from, to; /* bytes */
};

struct sentence {
    struct text_range range; /* no white space at its ends; never empty */
    enum text_kind kind;
    bool begins_block; /* the first of its paragraph, item, heading, ... */
};

/* A walk through a text; in it: where the walk is. */
struct sentences {
    const char *text; /* borrowed */
    size_t len, next_block, at;
    struct text_block block;
};

void sentences_init(struct sentences *s, const char *text, size_t len);

/* The next sentence, in the order of the text and without overlap; false behind the last. What
 * lies between sentences is white space and marks of layout. */
bool sentences_next(struct sentences *s, struct sentence *out);

/* All of them as an array that the caller frees; *out is NULL if there are none. */
BASE_NODISCARD ingle_status sentences_split(const char *text, size_t len, struct sentence **out,
                                            size_t *n, ingle_error *err);

#endif
