/* The documented range of every sampling option, and the sentences that name it. */
#include <math.h>
#include <string.h>

#include "engine/run/sampler_internal.h"

ingle_sampling_options sampler_default_options(void) {
    return (ingle_sampling_options){
        .size = sizeof(ingle_sampling_options),
        .temperature = 0.8f,
        .top_k = 40,
        .top_p = 0.95f,
        .min_p = 0.05f,
        .typical_p = 1,
        .penalty_last_n = 64,
        .repetition_penalty = 1,
        .dry_base = 1.75f,
        .dry_allowed_length = 2,
        .dry_last_n = -1,
    };
}

static ingle_status bad_number(ingle_error *err, const char *option, double value,
                               const char *range) {
    return status_set(err, INGLE_BAD_ARGUMENT, 0, "The sampling option %s is %g; it must be %s.",
                      option, value, range);
}

static ingle_status check_numbers(const ingle_sampling_options *o, ingle_error *err) {
    /* Written so that NaN fails every test. */
    const struct {
        const char *name;
        double value;
        bool ok;
        const char *range;
    } rows[] = {
        {"temperature", o->temperature, o->temperature >= 0 && isfinite(o->temperature),
         "0 or more and finite"},
        {"top_k", o->top_k, o->top_k >= 0, "0 or more"},
        {"top_p", o->top_p, o->top_p >= 0 && o->top_p <= 1, "from 0 to 1"},
        {"min_p", o->min_p, o->min_p >= 0 && o->min_p <= 1, "from 0 to 1"},
        {"typical_p", o->typical_p, o->typical_p >= 0 && o->typical_p <= 1, "from 0 to 1"},
        {"penalty_last_n", o->penalty_last_n,
         o->penalty_last_n >= -1 && o->penalty_last_n <= SAMPLER_MAX_WINDOW, "from -1 to 1048576"},
        {"repetition_penalty", o->repetition_penalty,
         o->repetition_penalty > 0 && isfinite(o->repetition_penalty), "above 0 and finite"},
        {"presence_penalty", o->presence_penalty, isfinite(o->presence_penalty), "finite"},
        {"frequency_penalty", o->frequency_penalty, isfinite(o->frequency_penalty), "finite"},
        {"dry_multiplier", o->dry_multiplier, o->dry_multiplier >= 0 && isfinite(o->dry_multiplier),
         "0 or more and finite"},
        {"dry_base", o->dry_base, o->dry_base > 1 && isfinite(o->dry_base), "above 1 and finite"},
        {"dry_allowed_length", o->dry_allowed_length, o->dry_allowed_length >= 0, "0 or more"},
        {"dry_last_n", o->dry_last_n, o->dry_last_n >= -1 && o->dry_last_n <= SAMPLER_MAX_WINDOW,
         "from -1 to 1048576"},
    };
    for (size_t i = 0; i < BASE_COUNT(rows); i++) {
        if (!rows[i].ok) return bad_number(err, rows[i].name, rows[i].value, rows[i].range);
    }
    return INGLE_OK;
}

static ingle_status check_breakers(const ingle_sampling_options *o, ingle_error *err) {
    if (o->n_dry_breakers > SAMPLER_MAX_BREAKERS) {
        return bad_number(err, "n_dry_breakers", (double)o->n_dry_breakers, "at most 256");
    }
    if (o->n_dry_breakers && !o->dry_breakers) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The sampling option n_dry_breakers is %zu but dry_breakers is NULL.",
                          o->n_dry_breakers);
    }
    for (size_t i = 0; i < o->n_dry_breakers; i++) {
        if (!o->dry_breakers[i] || !o->dry_breakers[i][0]) {
            return status_set(err, INGLE_BAD_ARGUMENT, 0,
                              "The sampling option dry_breakers[%zu] is empty.", i);
        }
    }
    return INGLE_OK;
}

static ingle_status check_bias(const ingle_sampling_options *o, int n_vocab, ingle_error *err) {
    if (o->n_logit_bias > SAMPLER_MAX_BIASES) {
        return bad_number(err, "n_logit_bias", (double)o->n_logit_bias, "at most 1048576");
    }
    if (o->n_logit_bias && !o->logit_bias) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "The sampling option n_logit_bias is %zu but logit_bias is NULL.",
                          o->n_logit_bias);
    }
    for (size_t i = 0; i < o->n_logit_bias; i++) {
        ingle_logit_bias b = o->logit_bias[i];
        if (b.token < 0 || b.token >= n_vocab) {
            return status_set(err, INGLE_BAD_ARGUMENT, 0,
                              "The sampling option logit_bias[%zu] names token %d; the vocabulary "
                              "has 0 to %d.",
                              i, b.token, n_vocab - 1);
        }
        if (isnan(b.bias) || b.bias == INFINITY) {
            return status_set(err, INGLE_BAD_ARGUMENT, 0,
                              "The sampling option logit_bias[%zu] is %g; it must be finite or "
                              "-infinity.",
                              i, (double)b.bias);
        }
    }
    return INGLE_OK;
}

ingle_status sampler_check_options(const ingle_sampling_options *opt, int n_vocab,
                                   ingle_error *err) {
    INGLE_TRY(check_numbers(opt, err));
    INGLE_TRY(check_breakers(opt, err));
    return check_bias(opt, n_vocab, err);
}
