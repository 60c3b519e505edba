/* Text as a language model learns from it: token ids, of which every twentieth stretch is held
 * out. Batches are windows of one context each, drawn by seed and number alone, so that a run can
 * go on where it stopped without remembering what it drew.
 *
 *     |<- 19 stretches to learn from ->|<- held out ->|<- 19 stretches ...
 *
 * A window is BPE_END and the tokens before those to be predicted: as a text begins for who uses
 * the model. */
#ifndef INGLE_LEARN_TEXT_TEXT_DATA_H
#define INGLE_LEARN_TEXT_TEXT_DATA_H

#include "engine/format/gguf.h"
#include "engine/text/tokenizer.h"
#include "learn/text/bpe_learn.h"

/* A text to learn from: borrowed. */
struct text_source {
    const char *name; /* for messages */
    const char *text;
    size_t len;
};

struct text_data {
    struct buf vocabulary; /* a GGUF file with the tokenizer's keys alone */
    struct gguf *file;     /* of it */
    struct tokenizer *tokenizer;
    int n_vocab, n_ctx;
    int32_t end;          /* the token BPE_END */
    uint16_t *token_size; /* [n_vocab] bytes */
    uint16_t *tokens;     /* owned */
    size_t n_tokens, tokens_cap;
    size_t stretch; /* tokens */
    uint64_t hash;  /* of all that training depends on here */
};

/* Learns a vocabulary of n_vocab tokens and cuts the texts by it. INVALID, naming file and place,
 * for what is no UTF-8; BAD_ARGUMENT for too little text for the context. Zeroed by the caller,
 * cleared by it also after a failure. */
BASE_NODISCARD ingle_status text_data_init(struct text_data *d, const struct text_source *sources,
                                           size_t n_sources, int n_vocab, int n_ctx,
                                           ingle_error *err);
void text_data_clear(struct text_data *d);

/* Window `number` of the run with this seed: ids and targets [n_ctx]. */
void text_data_window(const struct text_data *d, uint64_t seed, uint64_t number, int32_t *ids,
                      int32_t *targets);

/* Windows of the held-out text, and number i of them: its length, at most n_ctx. *n_bytes is how
 * much text its targets are. */
size_t text_data_n_held_out(const struct text_data *d);
int text_data_held_out(const struct text_data *d, size_t i, int32_t *ids, int32_t *targets,
                       size_t *n_bytes);

#endif
