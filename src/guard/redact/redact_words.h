/* A text as words and marks, compared by hashes of what they are without regard to case. */
#ifndef INGLE_GUARD_REDACT_REDACT_WORDS_H
#define INGLE_GUARD_REDACT_REDACT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A run of letters and digits, one character of a script without spaces, or one mark. */
struct redact_word {
    size_t from, to; /* bytes; equal at the end of the text */
    uint64_t hash;   /* of the folded characters */
    uint32_t n_letters, n_digits;
    bool is_spaced;  /* white space before it */
    bool has_case;   /* its first letter is of a script that has */
    bool is_capital; /* its first letter is one */
    bool is_small;   /* its first letter is a small one */
    bool is_all_capital;
    bool is_first; /* of a sentence, or of something that may be one */
};

struct redact_reader {
    const char *text;
    size_t len, at;
    uint64_t seed;
    bool is_first;
};

struct redact_reader redact_reader_at(const char *text, size_t from, size_t to, uint64_t seed);
struct redact_word redact_read_word(struct redact_reader *r);

/* English words, with blanks between. Never a name by themselves: articles, months, titles. */
extern const char redact_words_never[];
/* Names that are words as well. */
extern const char redact_words_also[];

#endif
