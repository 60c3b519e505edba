/* The words of a text in a form that compares across languages: lower case, without accents, and
 * phrases of such words, looked up in tables. For the rules of digests and for finding secrets. */
#ifndef INGLE_TASK_DIGEST_WORDS_H
#define INGLE_TASK_DIGEST_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

#define WORD_FOLDED_MAX 32

enum word_kind { WORD_LETTERS, WORD_DIGITS, WORD_MIXED };

struct word {
    uint32_t at, len; /* bytes of the text */
    enum word_kind kind;
    bool is_upper; /* no letter of it is in lower case */
    uint8_t n_folded;
    char folded[WORD_FOLDED_MAX]; /* NUL-terminated; the beginning of a longer word */
};

/* Zeroed is empty; the storage is kept from text to text. */
struct words_of {
    struct word *items; /* owned */
    size_t n, cap;
};

void words_clear(struct words_of *w);

/* The words of text[0..len), len < 4 GiB, instead of those before. */
BASE_NODISCARD ingle_status words_split(struct words_of *w, const char *text, size_t len,
                                        ingle_error *err);

/* A row of a table. The words are folded, with one space between; "*" at the end of a word stands
 * for any ending. */
struct phrase {
    const char *words;
    uint8_t meaning; /* the caller's, not 0 */
};

#define PHRASES_MAX 1024

/* A table (borrowed), ready to be looked up. */
struct phrases {
    const struct phrase *rows;
    uint16_t first[256], next[PHRASES_MAX]; /* row + 1 by the first byte; 0 = none */
};

void phrases_init(struct phrases *p, const struct phrase *rows, size_t n);

/* The longest phrase that begins at word `at`: its number of words, 0 if there is none. */
size_t phrases_match(const struct phrases *p, const struct words_of *w, size_t at,
                     uint8_t *meaning);

#endif
