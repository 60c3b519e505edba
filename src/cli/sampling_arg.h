/* The options by which a person says how tokens are drawn: shared by the commands that generate. */
#ifndef INGLE_CLI_SAMPLING_ARG_H
#define INGLE_CLI_SAMPLING_ARG_H

#include <math.h>

#include "cli/options.h"
#include "ingle/sampling.h"

/* Its fields `options` hold the defaults before the command line is parsed: the rows' targets. */
struct sampling_args {
    ingle_sampling_options options;
    struct option_uint64 seed;
    struct option_list breakers, biases;
    ingle_logit_bias values[OPTION_LIST_MAX]; /* of the biases */
};

/* Rows for a command whose struct has a field `sampling`. */
#define OPTION_SAMPLING_ROW(args, name, kind, value, help, field, ...)                             \
    { name, '\0', kind, value, help, .offset = offsetof(args, sampling.field), __VA_ARGS__ }
#define OPTION_SAMPLING(args)                                                                      \
    OPTION_SAMPLING_ROW(args, "temp", OPTION_FLOAT, "T",                                           \
                        "Temperature; 0 always takes the likeliest (default 0.8)",                 \
                        options.temperature, .min = 0, .max = INFINITY),                           \
        OPTION_SAMPLING_ROW(args, "top-k", OPTION_INT, "K",                                        \
                            "Keep the K likeliest tokens (default 40; 0: all)", options.top_k,     \
                            .min = 0, .max = INT32_MAX),                                           \
        OPTION_SAMPLING_ROW(args, "top-p", OPTION_FLOAT, "P",                                      \
                            "Keep the likeliest with this mass (default 0.95; 1: all)",            \
                            options.top_p, .min = 0, .max = 1),                                    \
        OPTION_SAMPLING_ROW(args, "min-p", OPTION_FLOAT, "P",                                      \
                            "Drop below this share of the likeliest (default 0.05)",               \
                            options.min_p, .min = 0, .max = 1),                                    \
        OPTION_SAMPLING_ROW(args, "typical", OPTION_FLOAT, "P",                                    \
                            "Keep the typical ones with this mass (default 1: all)",               \
                            options.typical_p, .min = 0, .max = 1, .is_rare = true),               \
        OPTION_SAMPLING_ROW(args, "seed", OPTION_UINT64, "N",                                      \
                            "Replays the same draws (default: another one each time)", seed,       \
                            .min = 0),                                                             \
        OPTION_SAMPLING_ROW(args, "repeat-penalty", OPTION_FLOAT, "R",                             \
                            "Divide logits of recent tokens (default 1: off)",                     \
                            options.repetition_penalty, .min = 0, .max = INFINITY,                 \
                            .above_min = true),                                                    \
        OPTION_SAMPLING_ROW(args, "presence-penalty", OPTION_FLOAT, "X",                           \
                            "Lower logits of recent tokens once (default 0)",                      \
                            options.presence_penalty, .min = -INFINITY, .max = INFINITY,           \
                            .is_rare = true),                                                      \
        OPTION_SAMPLING_ROW(args, "frequency-penalty", OPTION_FLOAT, "X",                          \
                            "Lower them per occurrence (default 0)", options.frequency_penalty,    \
                            .min = -INFINITY, .max = INFINITY, .is_rare = true),                   \
        OPTION_SAMPLING_ROW(args, "repeat-last-n", OPTION_INT, "N",                                \
                            "Recent means the last N (default 64; -1: all)",                       \
                            options.penalty_last_n, .min = -1, .max = 1 << 20, .is_rare = true),   \
        OPTION_SAMPLING_ROW(args, "dry-multiplier", OPTION_FLOAT, "X",                             \
                            "Strength of DRY repetition control (default 0)",                      \
                            options.dry_multiplier, .min = 0, .max = INFINITY, .is_rare = true),   \
        OPTION_SAMPLING_ROW(args, "dry-base", OPTION_FLOAT, "X",                                   \
                            "Its growth with the repeat's length (default 1.75)",                  \
                            options.dry_base, .min = 1, .max = INFINITY, .above_min = true,        \
                            .is_rare = true),                                                      \
        OPTION_SAMPLING_ROW(args, "dry-allowed-length", OPTION_INT, "N",                           \
                            "Repeats so long are free (default 2)", options.dry_allowed_length,    \
                            .min = 0, .max = INT32_MAX, .is_rare = true),                          \
        OPTION_SAMPLING_ROW(args, "dry-last-n", OPTION_INT, "N",                                   \
                            "Tokens it looks back at (default -1: all)", options.dry_last_n,       \
                            .min = -1, .max = 1 << 20, .is_rare = true),                           \
        OPTION_SAMPLING_ROW(args, "dry-breaker", OPTION_LIST, "STRING",                            \
                            "Tokens with it end a repeat (default newline : \" *)", breakers,      \
                            .min = 0, .is_rare = true),                                            \
        OPTION_SAMPLING_ROW(args, "logit-bias", OPTION_LIST, "ID=X",                               \
                            "Add X to the token's logit; -inf forbids it", biases, .min = 0,       \
                            .is_rare = true)

/* What needs more than its row in the table: afterwards args->options is complete, its seed drawn
 * if none was given, and borrows from args, which must stay where it is. BAD_ARGUMENT. */
BASE_NODISCARD ingle_status sampling_args_finish(struct sampling_args *args, ingle_error *err);

#endif
