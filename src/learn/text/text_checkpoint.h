/* The state of a training run as bytes, to go on with it later. Little endian:
 *
 *     "INGLELM1"                       what it is
 *     u32 n_vocab n_embd n_layer n_head n_ctx n_batch n_steps step
 *     u64 seed, data hash, n floats    n of each of the three arrays
 *     f64 seconds of all, seconds done
 *     f32 rate, dropout, loss, 0
 *     f32 parameters, means, squares   [n] each
 *     u64 seal                         of all that stands before it (base/hash.h)
 *
 * Whoever reads one checks the seal first, and then everything against the run it is for. */
#ifndef INGLE_LEARN_TEXT_TEXT_CHECKPOINT_H
#define INGLE_LEARN_TEXT_TEXT_CHECKPOINT_H

#include "learn/text/text_run.h"

struct text_checkpoint {
    struct text_options opt;
    int n_vocab; /* of the vocabulary that the text made */
    int step;
    double seconds;
    float loss;
    uint64_t data_hash, n;
    const uint8_t *floats; /* borrowed from the bytes; 3 * n, unaligned */
};

/* The seal that bytes should have which say that they hold 3 * n floats. */
uint64_t text_checkpoint_seal(const uint8_t *data, uint64_t n);

/* Where the run stands; `name` stands for the bytes in messages. INVALID for what is damaged or no
 * checkpoint. */
BASE_NODISCARD ingle_status text_checkpoint_read(struct text_checkpoint *c, const void *data,
                                                 size_t size, const char *name, ingle_error *err);

/* Brings a run that was begun with c->opt to where the checkpoint stands. BAD_ARGUMENT if it is of
 * another text. */
BASE_NODISCARD ingle_status text_checkpoint_apply(const struct text_checkpoint *c,
                                                  struct text_run *r, const char *name,
                                                  ingle_error *err);

/* Hands the bytes of a run's checkpoint to put(), piece by piece. */
void text_checkpoint_write(const struct text_run *r,
                           void (*put)(void *to, const void *data, size_t size), void *to);

#endif
