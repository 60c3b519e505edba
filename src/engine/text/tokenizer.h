/* Text to token ids and back, from the tokenizer.* keys of a GGUF file. Immutable after open and
 * thread-safe. Time is linear in the text (times a logarithm for merges), the stack constant. */
#ifndef INGLE_ENGINE_TEXT_TOKENIZER_H
#define INGLE_ENGINE_TEXT_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "engine/format/gguf.h"
#include "engine/text/text_range.h"

struct tokenizer;

#define TOKENIZER_NONE (-1)

/* Borrows from g, which must outlive it. INVALID for broken arrays, UNSUPPORTED (naming it) for a
 * tokenizer model or pre-tokenizer that is not supported. */
BASE_NODISCARD ingle_status tokenizer_open(struct tokenizer **out, const struct gguf *g,
                                           ingle_error *err);
void tokenizer_close(struct tokenizer *t);

int tokenizer_n_vocab(const struct tokenizer *t);

/* See ingle_tokenize(): flags add_special, parse_special. *n_ids counts all, ids gets at most cap.
 */
BASE_NODISCARD ingle_status tokenizer_encode(const struct tokenizer *t, const char *text,
                                             size_t len, bool add_special, bool parse_special,
                                             int32_t *ids, size_t cap, size_t *n_ids,
                                             ingle_error *err);

/* The same, but control tokens are recognised only where all of one lies in one of the ranges,
 * which are in order and do not touch: what of a rendered conversation the template wrote itself.
 * What looks like one elsewhere, or in part, is text like any other. No BOS and EOS are added. */
BASE_NODISCARD ingle_status tokenizer_encode_ranges(const struct tokenizer *t, const char *text,
                                                    size_t len, const struct text_range *ranges,
                                                    size_t n_ranges, int32_t *ids, size_t cap,
                                                    size_t *n_ids, ingle_error *err);

/* The same, but only the ids that no text after this one can change: the first ones of every text
 * that begins with it. See ingle_tokenize_stable(). */
BASE_NODISCARD ingle_status tokenizer_encode_stable(const struct tokenizer *t, const char *text,
                                                    size_t len, bool add_special,
                                                    bool parse_special, int32_t *ids, size_t cap,
                                                    size_t *n_ids, ingle_error *err);

/* Bytes of a token; control and unknown tokens are empty unless special. id must be in range. */
struct gguf_str tokenizer_piece(const struct tokenizer *t, int32_t id, bool special);

/* True if the text of a whole detokenised sequence drops the first space (SentencePiece's dummy
 * prefix). */
bool tokenizer_strips_first_space(const struct tokenizer *t);

bool tokenizer_is_end(const struct tokenizer *t, int32_t id);     /* end-of-generation set */
bool tokenizer_is_control(const struct tokenizer *t, int32_t id); /* control or unknown */
bool tokenizer_adds_bos(const struct tokenizer *t);               /* where a text begins */
/* The token of any kind with these bytes; TOKENIZER_NONE. */
int32_t tokenizer_find(const struct tokenizer *t, const char *text, size_t len);
bool tokenizer_is_unused(const struct tokenizer *t, int32_t id); /* a row without a meaning */
int32_t tokenizer_bos(const struct tokenizer *t);
int32_t tokenizer_eos(const struct tokenizer *t);
int32_t tokenizer_fim(const struct tokenizer *t, int part); /* of enum vocab_fim; else NONE */

#endif
