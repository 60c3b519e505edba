/* What `ingle learn` can train: a row of a table, and one file learn_<kind>.c each. */
#ifndef INGLE_CLI_LEARN_KIND_H
#define INGLE_CLI_LEARN_KIND_H

#include "base/buf.h"
#include "cli/command.h"
#include "learn/learn.h"

/* Of the kind text alone; 0 = not given. */
struct learn_text_args {
    int n_vocab, n_embd, n_layer, n_head, n_ctx, n_batch, n_steps;
    float minutes, rate, dropout;
    int type; /* enum text_file_type */
    const char *resume, *checkpoint;
};

/* All options of the command; a kind refuses those that are not its own. */
struct learn_args {
    struct option_list data;
    const char *output;
    const char *name, *licence, *attribution; /* for the file's metadata; NULL = not given */
    struct option_uint64 seed;
    int n_threads;
    const char *words; /* of the kind tagger alone; NULL = not given */
    struct learn_text_args text;
    bool json;
};

struct learn_kind {
    const char *name;
    const char *makes; /* what becomes of the data, a few words */
    /* Trains on what args->data names and appends the file's bytes to *out. l->user is the
     * struct learn_view that shows how it goes. */
    ingle_status (*run)(struct cli *cli, const struct learn_args *args, struct learn *l,
                        struct buf *out, ingle_error *err);
    bool takes_text_options;
};

extern const struct learn_kind learn_intents_kind, learn_tagger_kind, learn_encoder_kind,
    learn_text_kind;

#endif
