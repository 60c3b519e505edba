#include "engine/model/rope.h"

#include <math.h>

#define TWO_PI 6.283185307179586

/* The pair index (fractional) whose wave turns `turns` times within the original context. */
static double yarn_pair_of(const struct rope_params *rope, double turns) {
    double base = rope->freq_base;
    return rope->n_rot * log(rope->n_ctx_orig / (turns * TWO_PI)) / (2.0 * log(base));
}

/* YaRN: fast pairs keep their speed, slow ones are divided by the factor, a ramp between. */
static void yarn_apply(double *speed, const struct rope_params *rope) {
    double low = fmax(0.0, floor(yarn_pair_of(rope, rope->yarn_beta_fast)));
    double high = fmin(rope->n_rot - 1.0, ceil(yarn_pair_of(rope, rope->yarn_beta_slow)));
    for (int i = 0; i < rope->n_rot / 2; i++) {
        double ramp = (i - low) / fmax(0.001, high - low);
        double keep = 1.0 - fmin(1.0, fmax(0.0, ramp));
        speed[i] = speed[i] / rope->factor * (1.0 - keep) + speed[i] * keep;
    }
}

static float yarn_magnitude(const struct rope_params *rope) {
    double log_factor = log(rope->factor);
    if (rope->factor <= 1.0f) return 1.0f;
    double magnitude = 1.0 + 0.1 * log_factor;
    if (rope->yarn_log_multiplier != 0.0f) {
        magnitude /= 1.0 + 0.1 * rope->yarn_log_multiplier * log_factor;
    }
    return (float)magnitude;
}

bool rope_is_long(const struct rope_params *rope, int n_ctx) {
    return rope->divisors_long && n_ctx > rope->n_ctx_orig;
}

float rope_speeds(double *speed, const struct rope_params *rope, int n_ctx) {
    const float *divisors = rope->divisors;
    if (rope_is_long(rope, n_ctx))
        divisors = rope->divisors_long;
    else if (rope->divisors_short)
        divisors = rope->divisors_short;

    for (int i = 0; i < rope->n_rot / 2; i++) {
        speed[i] = pow((double)rope->freq_base, -2.0 * i / rope->n_rot);
        if (divisors) speed[i] /= (double)divisors[i];
    }
    if (rope->scaling == ROPE_SCALING_YARN) {
        yarn_apply(speed, rope);
        return yarn_magnitude(rope) * rope->attn_factor;
    }
    for (int i = 0; i < rope->n_rot / 2; i++) speed[i] /= (double)rope->factor;
    return rope->attn_factor;
}

void rope_angles(float *cs, const double *speed, float magnitude, int n_rot, int pos) {
    for (int i = 0; i < n_rot / 2; i++) {
        double angle = pos * speed[i];
        cs[2 * i] = magnitude * (float)cos(angle);
        cs[2 * i + 1] = magnitude * (float)sin(angle);
    }
}
