/* Learns a byte-level BPE vocabulary from text (Sennrich et al. 2016; bytes as in GPT-2): text is
 * cut into pieces by GPT-2's pattern, and the pair of neighbouring symbols that occurs most in all
 * pieces becomes one symbol, again and again. Writes it as the tokenizer keys of a GGUF file.
 *
 *     struct bpe_learn b;
 *     bpe_learn_init(&b);
 *     bpe_learn_add(&b, text, len)            any number of times; UTF-8
 *     bpe_learn_run(&b, n_vocab, err)
 *     bpe_learn_write(&b, &writer)                                                              */
#ifndef INGLE_LEARN_TEXT_BPE_LEARN_H
#define INGLE_LEARN_TEXT_BPE_LEARN_H

#include "base/buf.h"
#include "base/status.h"
#include "engine/format/gguf_write.h"

#define BPE_MAX_VOCAB 65536
#define BPE_MIN_VOCAB 257       /* the bytes and what ends a text */
#define BPE_END "<|endoftext|>" /* begins and ends texts; the last token */

/* Different pieces are noted up to this size; of those that turn up later none is: by then what is
 * frequent is known. It bounds memory to some 30 times as much. */
#define BPE_LEARN_MAX_TEXT ((size_t)8 << 20)

struct bpe_piece {
    size_t at; /* in texts, later in symbols */
    uint32_t len, count;
};

struct bpe_merge {
    int32_t left, right;
};

struct bpe_learn {
    struct buf texts; /* of the different pieces */
    struct bpe_piece *pieces;
    int32_t *slots; /* piece numbers by content */
    size_t n_pieces, pieces_cap, n_slots;
    bool failed;
    struct bpe_merge *merges; /* of token 256 + i */
    int n_merges;
};

void bpe_learn_init(struct bpe_learn *b);
void bpe_learn_clear(struct bpe_learn *b);
void bpe_learn_add(struct bpe_learn *b, const char *text, size_t len);

/* Up to n_vocab tokens, the bytes and BPE_END among them; fewer if no pair occurs twice. */
BASE_NODISCARD ingle_status bpe_learn_run(struct bpe_learn *b, int n_vocab, ingle_error *err);
int bpe_learn_n_vocab(const struct bpe_learn *b);
BASE_NODISCARD ingle_status bpe_learn_write(const struct bpe_learn *b, struct gguf_write *w,
                                            ingle_error *err);

#endif
