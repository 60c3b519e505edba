/* The encoder of a pack. */
#ifndef INGLE_ENGINE_PACK_ENCODER_H
#define INGLE_ENGINE_PACK_ENCODER_H

#include "engine/pack/pack.h"

/* What the tensors hold: encoder.c. */
#define ENCODER_WORD_HASH "encoder.word_hash"
#define ENCODER_WORD "encoder.word"
#define ENCODER_WORD_SCALE "encoder.word_scale"
#define ENCODER_PIECE "encoder.piece"
#define ENCODER_PIECE_SCALE "encoder.piece_scale"
enum { ENCODER_TYPE_F32 = 0, ENCODER_TYPE_I8 = 24, ENCODER_TYPE_I32 = 26 }; /* GGUF's numbers */

/* ingle_encode(), arguments checked. */
BASE_NODISCARD ingle_status encoder_run(const struct ingle_pack *p, const char *text, size_t len,
                                        float *vector, ingle_error *err);

#endif
