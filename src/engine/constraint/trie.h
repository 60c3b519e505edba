/* The tokens of a vocabulary as bytes, in a tree: what masks walk. Immutable, shared by threads.
 *
 * Nodes lie in depth-first order, children by byte; a node says how many nodes its subtree has, so
 * that a walk leaves a subtree out by one addition:
 *
 *     a  ->  ab  ->  abc  |  b  ->  ba        tokens: a, abc, b, ba
 *     3      2       1       2      1         size
 *
 * Two trees stand one behind the other: that of plain texts, then that of the rest. Plain is what a
 * JSON string holds as it is: whole UTF-8 characters but control characters, quotes and
 * backslashes. Most tokens are, and often all of them may follow.
 *
 * Ordinary and user-defined tokens are their text, control tokens what machine.h says. No token's
 * path: end tokens (they are listed), unused ones, and text that can never be part of UTF-8. */
#ifndef INGLE_ENGINE_CONSTRAINT_TRIE_H
#define INGLE_ENGINE_CONSTRAINT_TRIE_H

#include "engine/text/tokenizer.h"

#define TRIE_MAX_LEN 255 /* bytes of a path; longer tokens are left out */
#define TRIE_NO_TOKEN 0xffffffu

struct trie_node {
    uint32_t size : 24; /* nodes of the subtree, this one included */
    uint32_t byte : 8;
    uint32_t token : 24; /* that ends here, or TRIE_NO_TOKEN; of equal ones each has a node */
    uint32_t depth : 8;  /* from 1 */
};

struct trie {
    const struct tokenizer *tokenizer; /* borrowed */
    int n_vocab;
    struct trie_node *nodes; /* [n_nodes] */
    uint32_t n_nodes;
    uint32_t n_plain;     /* of them in the first tree, whose paths have up to LEXER_FAR bytes */
    uint64_t *below;      /* [n_plain] trie_ascii_bit() of all ASCII bytes below each plain node */
    uint64_t *plain_bits; /* [LEXER_FAR + 1][n_words] bit sets of the plain tokens of up to so many
                             characters; the last one has all */
    size_t n_words;       /* n_vocab / 64 + 1 */
    int32_t *ends;        /* [n_ends] end tokens */
    int n_ends;
};

/* Borrows the tokenizer. LIMIT for a vocabulary of more than 2^24 nodes. */
BASE_NODISCARD ingle_status trie_new(struct trie **out, const struct tokenizer *t,
                                     ingle_error *err);
void trie_free(struct trie *trie);

/* What a byte of a plain text may be. */
static inline bool trie_is_plain(uint8_t byte) {
    return byte >= 0x20 && byte != '"' && byte != '\\';
}

/* A bit for every ASCII character that is no letter; letters share some. */
static inline uint64_t trie_ascii_bit(uint8_t byte) {
    if (byte < 0x40) return UINT64_C(1) << (byte & 0x1f); /* 0x20 .. 0x3f */
    if (byte >= 'a' && byte <= 'z') return UINT64_C(1) << (32 + (byte - 'a') / 2);
    if (byte >= 'A' && byte <= 'Z') return UINT64_C(1) << (45 + (byte - 'A') / 3);
    return UINT64_C(1) << (54 + (byte & 0x1f) % 10); /* @ [ ] ^ _ ` { | } ~ DEL, most apart */
}

/* The longest token whose path is a beginning of bytes[0..len); *used is the length of the path.
 * TOKENIZER_NONE if there is none. */
int32_t trie_longest(const struct trie *trie, const uint8_t *bytes, size_t len, size_t *used);

/* Can tokens make the text up? */
BASE_NODISCARD ingle_status trie_spells(const struct trie *trie, const char *text, size_t len,
                                        bool *spelt, ingle_error *err);

#endif
