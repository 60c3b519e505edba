/* Rotary position embedding: the angles of every position, as cos and sin. */
#ifndef INGLE_ENGINE_MODEL_ROPE_H
#define INGLE_ENGINE_MODEL_ROPE_H

#include "engine/model/hparams.h"

/* Fills speed[0 .. n_rot/2): the angle of pair i at position p is p * speed[i]. Returns the factor
 * that cos and sin are multiplied by. n_ctx is the session's: it selects long-rope divisors, as
 * llama.cpp does (docs/decisions/long-rope.md). */
float rope_speeds(double *speed, const struct rope_params *rope, int n_ctx);

/* Whether a session of n_ctx positions is one for the long factors of a long-rope model. */
bool rope_is_long(const struct rope_params *rope, int n_ctx);

/* cs[2*i], cs[2*i + 1] = magnitude * cos, sin of the angle of pair i at position pos. */
void rope_angles(float *cs, const double *speed, float magnitude, int n_rot, int pos);

#endif
