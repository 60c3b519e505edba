/* SentencePiece's BPE: neighbours merge while the vocabulary has what they make, best score
 * first; what is left falls back to bytes. */
#ifndef INGLE_ENGINE_TEXT_SPM_H
#define INGLE_ENGINE_TEXT_SPM_H

#include "engine/text/joints.h"
#include "engine/text/parts.h"
#include "engine/text/vocab.h"

struct spm {
    const struct vocab *vocab;
    bool space_first; /* a text, and what follows a special token, begins with one nobody wrote */
    struct joints joints; /* wherever a token could be taken apart */
};

/* Borrows the vocabulary, which needs scores. */
BASE_NODISCARD ingle_status spm_init(struct spm *spm, const struct vocab *vocab,
                                     const struct gguf *g, ingle_error *err);

/* Ids of a raw fragment, of any bytes; of an open one only those that no more text can change. */
BASE_NODISCARD ingle_status spm_encode(const struct spm *spm, const char *text, size_t len,
                                       struct text_scratch *scratch, struct id_sink *out,
                                       ingle_error *err);

#endif
