/* ingle notify. */
#include "cli/command.h"

struct notify_args {
    bool json;
};

static const struct option notify_options[] = {
    {"json", '\0', OPTION_FLAG, NULL, "One JSON object",
     .offset = offsetof(struct notify_args, json)},
};

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct notify_args args = {0};
    struct words words;
    INGLE_TRY(options_parse(cli->command, argc, argv, &args, &words, err));
    return status_set(err, INGLE_REFUSED, 0, "ingle notify is not there yet.");
}

const struct command cmd_notify = {
    .name = "notify",
    .summary = "Make a digest of notifications",
    .arguments = "[--watch] [options]",
    .example = "notify < notifications.jsonl",
    COMMAND_OPTIONS(notify_options),
    .run = run,
};
