/* Byte-pair encoding by ranked merges: GPT-2's over bytes, Gemma 4's over characters. */
#ifndef INGLE_ENGINE_TEXT_BPE_H
#define INGLE_ENGINE_TEXT_BPE_H

#include "engine/text/merge_table.h"
#include "engine/text/parts.h"
#include "engine/text/pretoken.h"

struct bpe {
    const struct vocab *vocab;
    struct pretoken_rule rule;
    struct merge_table merges;
};

/* Reads tokenizer.ggml.merges. Borrows the vocabulary. Zeroed by the caller, cleared by it also
 * after a failure. */
BASE_NODISCARD ingle_status bpe_init(struct bpe *bpe, const struct vocab *vocab,
                                     struct pretoken_rule rule, const struct gguf *g,
                                     ingle_error *err);
void bpe_clear(struct bpe *bpe);

/* Ids of a raw fragment; of an open one only those that no more text can change. Bytes that are no
 * UTF-8 count as U+FFFD, one for each; what the vocabulary has no tokens for, not even of single
 * bytes, is left out. */
BASE_NODISCARD ingle_status bpe_encode(const struct bpe *bpe, const char *text, size_t len,
                                       struct text_scratch *scratch, struct id_sink *out,
                                       ingle_error *err);

#endif
