/* The lists of numbers that ingle bench takes, in llama-bench's notation. */
#ifndef INGLE_CLI_BENCH_VALUES_H
#define INGLE_CLI_BENCH_VALUES_H

#include "cli/options.h"

#define BENCH_MAX_VALUES 64

struct bench_values {
    int items[BENCH_MAX_VALUES];
    int n;
};

/* From 64,512 or ranges 64-256+64 and 64-1024*2, each from low to high; the option may be given
 * several times. `name` is the option's, for the message. An empty list leaves *v as it is. */
BASE_NODISCARD ingle_status bench_values_parse(struct bench_values *v,
                                               const struct option_list *list, const char *name,
                                               int low, int high, ingle_error *err);

/* The greatest value, at least 1. */
int bench_values_greatest(const struct bench_values *v);

#endif
