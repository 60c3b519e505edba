/* A trained language model as an ordinary GGUF file of architecture llama: its vocabulary and its
 * parameters, the embeddings serving as the head. */
#ifndef INGLE_LEARN_TEXT_TEXT_FILE_H
#define INGLE_LEARN_TEXT_TEXT_FILE_H

#include "learn/text/text_run.h"

enum text_file_type { TEXT_FILE_F16, TEXT_FILE_F32, TEXT_FILE_Q8_0 };

/* What the file says of itself; "" = nothing. */
struct text_file_labels {
    const char *name, *licence, *attribution;
};

/* Whether a model of this shape can be stored so; BAD_ARGUMENT. */
BASE_NODISCARD ingle_status text_file_check(enum text_file_type type,
                                            const struct transformer_hparams *hp, ingle_error *err);

/* *out is initialised by the caller. */
BASE_NODISCARD ingle_status text_file_make(const struct text_run *r, enum text_file_type type,
                                           const struct text_file_labels *labels, struct buf *out,
                                           ingle_error *err);

#endif
