/* Whether a full stop ends a sentence. */
#ifndef INGLE_TASK_SENTENCE_END_H
#define INGLE_TASK_SENTENCE_END_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum stop_kind {
    STOP_NONE,
    STOP_DOT,
    STOP_MARK,     /* question and exclamation marks */
    STOP_ELLIPSIS, /* of one character */
    STOP_WIDE      /* of scripts that write no space behind it */
};

enum stop_kind stop_kind(uint32_t c);

/* Closing quotation marks and brackets, and the marks of emphasis: part of the sentence before. */
bool stop_is_closer(uint32_t c);

/* A letter that begins no sentence in careful writing: small letters of Latin, Greek, Cyrillic. */
bool stop_is_small(uint32_t c);

/* What is known where stops and the closers behind them end. */
struct stop {
    enum stop_kind kind; /* of the last one */
    size_t from;         /* where the stops begin */
    size_t n_dots;       /* in a row */
    bool has_closer;     /* a quotation or bracket is closed behind them */
    bool has_space;      /* white space follows */
    size_t next;         /* the next character that is none; the block's end if none follows */
    size_t sentence, block_end;
};

/* text[stop->sentence .. stop->from) is the sentence so far. */
bool stop_ends_sentence(const char *text, const struct stop *stop);

#endif
