#include "cli/sampling_arg.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"

static ingle_status parse_bias(const char *text, ingle_logit_bias *out, ingle_error *err) {
    char *end;
    errno = 0;
    long id = strtol(text, &end, 10);
    char *value_end = end;
    float value = 0;
    bool ok = end != text && *end == '=' && errno == 0 && id >= 0 && id <= INT32_MAX;
    if (ok) value = strtof(end + 1, &value_end);
    bool is_number = value_end != end + 1 && *value_end == '\0' && !isnan(value);
    if (!ok || !is_number || value == INFINITY) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "Option --logit-bias is '%.40s'; it must be like 15=-2.5 or 15=-inf.",
                          text);
    }
    *out = (ingle_logit_bias){.token = (ingle_token)id, .bias = value};
    return INGLE_OK;
}

ingle_status sampling_args_finish(struct sampling_args *args, ingle_error *err) {
    ingle_sampling_options *opt = &args->options;
    for (size_t i = 0; i < args->biases.n; i++) {
        INGLE_TRY(parse_bias(args->biases.items[i], &args->values[i], err));
    }
    opt->logit_bias = args->values;
    opt->n_logit_bias = args->biases.n;
    if (args->breakers.n) {
        opt->dry_breakers = args->breakers.items;
        opt->n_dry_breakers = args->breakers.n;
    }
    opt->seed = args->seed.value;
    if (!args->seed.is_given && getrandom(&opt->seed, sizeof opt->seed, 0) != sizeof opt->seed) {
        opt->seed = clock_ns();
    }
    return INGLE_OK;
}
