/* What `ingle learn` can train: a row of a table, and one file learn_<kind>.c each. */
#ifndef INGLE_CLI_LEARN_KIND_H
#define INGLE_CLI_LEARN_KIND_H

#include "base/buf.h"
#include "cli/command.h"
#include "learn/learn.h"

/* All options of the command; a kind refuses those that are not its own. */
struct learn_args {
    struct option_list data;
    const char *output;
    const char *name, *licence, *attribution; /* for the file's metadata; NULL = not given */
    struct option_uint64 seed;
    int n_threads;
    bool json;
};

struct learn_kind {
    const char *name;
    const char *makes; /* what becomes of the data, a few words */
    /* Trains on what args->data names and appends the file's bytes to *out. */
    ingle_status (*run)(struct cli *cli, const struct learn_args *args, struct learn *l,
                        struct buf *out, ingle_error *err);
};

extern const struct learn_kind learn_encoder_kind;

#endif
