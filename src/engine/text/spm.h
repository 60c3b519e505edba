/* SentencePiece's BPE: neighbours merge while the vocabulary has what they make, best score
 * first; what is left falls back to bytes. */
#ifndef INGLE_ENGINE_TEXT_SPM_H
#define INGLE_ENGINE_TEXT_SPM_H

#include "engine/text/bpe.h"

struct spm {
    const struct vocab *vocab;
    bool space_first;         /* a text begins with a space that nobody wrote */
    struct byte_pairs joints; /* what stands side by side in tokens */
};

/* Borrows the vocabulary, which needs scores. */
BASE_NODISCARD ingle_status spm_init(struct spm *spm, const struct vocab *vocab,
                                     const struct gguf *g, ingle_error *err);

/* Ids of a raw fragment, of any bytes. after_special: it begins the text or follows a special
 * token. */
BASE_NODISCARD ingle_status spm_encode(const struct spm *spm, const char *text, size_t len,
                                       bool after_special, struct text_scratch *scratch,
                                       struct id_sink *out, ingle_error *err);

#endif
