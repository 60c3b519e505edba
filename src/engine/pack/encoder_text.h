/* What an encoder sees of a text: its words, each as a number, and the pieces of a word. Used where
 * encoders run and where they are trained; part of the layout of version 1, so it never changes. */
#ifndef INGLE_ENGINE_PACK_ENCODER_TEXT_H
#define INGLE_ENGINE_PACK_ENCODER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENCODER_WORD_CHARS 32 /* the rest of a longer word does not count */
#define ENCODER_MIN_PIECE 3
#define ENCODER_MAX_PIECE 5
#define ENCODER_MAX_PIECES (3 * (ENCODER_WORD_CHARS + 2))

/* Letters in lower case, without apostrophes, between '<' and '>'. A character of a script that
 * writes no spaces is a word by itself. */
struct encoder_word {
    char bytes[4 * ENCODER_WORD_CHARS + 2];
    uint8_t at[ENCODER_WORD_CHARS + 3]; /* where the characters begin; the last one = the end */
    size_t n_chars;                     /* with '<' and '>' */
};

/* The next word at or behind *at, which moves behind it; false if there is none. */
bool encoder_next_word(const char *text, size_t len, size_t *at, struct encoder_word *out);

uint32_t encoder_word_hash(const struct encoder_word *w);

/* Hashes of all runs of 3 to 5 characters; returns how many: at least one. */
size_t encoder_pieces(const struct encoder_word *w, uint32_t out[ENCODER_MAX_PIECES]);

#endif
