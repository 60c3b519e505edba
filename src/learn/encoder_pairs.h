/* What an encoder learns from: pairs of texts that mean nearly the same, as JSON lines
 *     {"a": "put off the alarm", "b": "let me sleep longer", "topic": "snooze"}
 * "topic" may be left out: pairs of one topic are never held against each other. Of the texts only
 * their words' numbers are kept. */
#ifndef INGLE_LEARN_ENCODER_PAIRS_H
#define INGLE_LEARN_ENCODER_PAIRS_H

#include "base/status.h"
#include "engine/pack/encoder_text.h"

#define PAIR_MAX_WORDS 256 /* of one text; those behind do not count */

/* A word of the texts. */
struct pair_word {
    uint32_t hash;
    uint32_t count;
    uint32_t first_piece; /* in pieces[], n_pieces of them */
    uint32_t n_pieces;
};

struct encoder_pairs {
    size_t n_pairs;
    uint32_t *words;  /* [n_words] of all texts, one text after another: numbers into vocab[] */
    uint32_t *starts; /* [2 n_pairs + 1] where the texts begin: pair i has the texts 2i and 2i+1 */
    uint32_t *sums;   /* [2 n_pairs] equal for texts of equal words */
    uint32_t *topics; /* [n_pairs] equal for pairs of one topic; 0 = of none */
    struct pair_word *vocab; /* [n_vocab] in order of first use */
    uint32_t *pieces;        /* [n_pieces] hashes */
    size_t n_words, n_vocab, n_pieces;
    size_t n_slots;
    uint32_t *slots; /* [n_slots] hash table: 1 + number into vocab[]; 0 = empty */
    size_t pairs_cap, words_cap, vocab_cap, pieces_cap;
};

/* Reads all lines; empty ones are passed over. INVALID names the line of `name` and what is wrong
 * with it; LIMIT for more than 2^31 words. *p is zeroed before and cleared by the caller, after a
 * failure too. */
BASE_NODISCARD ingle_status encoder_pairs_read(struct encoder_pairs *p, const char *jsonl,
                                               size_t len, const char *name, ingle_error *err);
void encoder_pairs_clear(struct encoder_pairs *p);

#endif
