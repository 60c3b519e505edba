/* ingle learn. */
#include "cli/command.h"

struct learn_args {
    bool json;
};

static const struct option learn_options[] = {
    {"json", '\0', OPTION_FLAG, NULL, "One JSON object",
     .offset = offsetof(struct learn_args, json)},
};

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct learn_args args = {0};
    struct words words;
    INGLE_TRY(options_parse(cli->command, argc, argv, &args, &words, err));
    return status_set(err, INGLE_REFUSED, 0, "ingle learn is not there yet.");
}

const struct command cmd_learn = {
    .name = "learn",
    .summary = "Train a small model on this machine from your own examples",
    .arguments = "intents --data FILE -o PACK [options]",
    .example = "learn intents --data examples.csv -o my.pack",
    COMMAND_OPTIONS(learn_options),
    .run = run,
};
