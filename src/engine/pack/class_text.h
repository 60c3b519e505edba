/* What a classifier sees of a text: its words, lower-cased, and of each word the numbers of its
 * grams: the word itself and every 2 to 5 characters in a row of " word ". Training sees texts
 * through the same code; changing anything here changes what the rows of every pack mean: then
 * CLASSIFIER_VERSION must change too. */
#ifndef INGLE_ENGINE_PACK_CLASS_TEXT_H
#define INGLE_ENGINE_PACK_CLASS_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define CLASS_MAX_TEXT 8192 /* bytes of a text that count */
#define CLASS_WORD_CHARS 48 /* of a word, that make grams; the word itself counts whole */
#define CLASS_MAX_GRAMS (1 + 4 * (CLASS_WORD_CHARS + 2))

struct class_word {
    uint32_t from, to; /* bytes of the lower-cased text */
};

struct class_text {
    char *bytes;              /* owned: lower-cased, as UTF-8 */
    struct class_word *words; /* owned; in order */
    size_t n_words;
};

/* Letters, digits, marks and apostrophes make words; of scripts without spaces every character is
 * one. Any bytes: what is no UTF-8 separates words. *t is cleared by the caller, also after a
 * failure. */
BASE_NODISCARD ingle_status class_text_init(struct class_text *t, const char *text, size_t len,
                                            ingle_error *err);
void class_text_clear(struct class_text *t);

/* The grams of a word, the word itself first; returns how many. The same gram may come twice. */
size_t class_word_grams(const char *word, size_t len, uint32_t grams[CLASS_MAX_GRAMS]);

/* The number of two words in a row; of the first or last word of a text, with an empty one. */
uint32_t class_pair_gram(const char *a, size_t a_len, const char *b, size_t b_len);

/* Where `hash` stands among n rising ones; n if it does not. */
size_t class_find_row(const uint32_t *hashes, size_t n, uint32_t hash);

#endif
