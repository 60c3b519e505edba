/* What a tagger sees of a text: tokens (words, numbers, single marks) with what their letters,
 * their shape and their surroundings are like, in windows of bounded size, so that a text of any
 * length takes linear time. Training sees texts through the same code. */
#ifndef INGLE_ENGINE_PACK_TAG_TEXT_H
#define INGLE_ENGINE_PACK_TAG_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TAG_N_AFFIXES 4 /* characters of the longest prefix and suffix that count */

enum tag_gap { TAG_JOINED, TAG_SPACE, TAG_LINE, TAG_PARAGRAPH }; /* what stands before a token */

struct tag_token {
    size_t from, to; /* bytes of the text */
    uint32_t word;   /* the following are hashes: of the letters, lower-cased */
    uint32_t prefix[TAG_N_AFFIXES], suffix[TAG_N_AFFIXES]; /* of the first / last 1, 2 .. of them */
    uint32_t shape;                                        /* "Xx", "dddd", "," */
    uint32_t piece; /* shape of the whole piece between two spaces */
    uint32_t line;  /* the line's first word */
    uint8_t gap;    /* enum tag_gap */
    uint8_t rank;   /* 0: not among the common words; 1 the most common .. 3 */
    uint8_t place;  /* in the line; 3: fourth or later */
    char mark;      /* the ASCII character that the token is; 0: another token */
};

/* Common words by hash, as a pack has them: slots, 0 = empty; a word's slot holds its hash with the
 * rank in the lowest two bits, at most TAG_WORD_PROBES behind where the hash points. */
#define TAG_WORD_PROBES 16
struct tag_words {
    const uint32_t *slots; /* NULL = no words */
    size_t n_slots;        /* a power of two */
};

uint32_t tag_hash_word(const char *word, size_t len); /* lower-cases */

/* False if there is no room near the word's place. The first rank a word is given stays. */
bool tag_words_add(uint32_t *slots, size_t n_slots, uint32_t hash, unsigned rank);

#define TAG_MAX_TOKENS 256 /* that are decided together */
#define TAG_CONTEXT 4      /* more on either side that are only looked at */

/* Walks a text, which must be UTF-8. */
struct tag_windows {
    const char *text; /* borrowed */
    size_t len;
    struct tag_words words;
    size_t at, piece_end;
    uint32_t piece, line;
    uint8_t place;
    bool is_started, is_over;
    size_t n;           /* tokens held */
    size_t first, last; /* those of the window, in between their context */
    struct tag_token tokens[TAG_MAX_TOKENS + 2 * TAG_CONTEXT];
};

void tag_windows_init(struct tag_windows *w, const char *text, size_t len,
                      const struct tag_words *words);
bool tag_windows_next(struct tag_windows *w); /* false at the end */

#endif
