/* ingle intent. */
#include "cli/command.h"

struct intent_args {
    bool json;
};

static const struct option intent_options[] = {
    {"json", '\0', OPTION_FLAG, NULL, "One JSON object",
     .offset = offsetof(struct intent_args, json)},
};

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct intent_args args = {0};
    struct words words;
    INGLE_TRY(options_parse(cli->command, argc, argv, &args, &words, err));
    return status_set(err, INGLE_REFUSED, 0, "ingle intent is not there yet.");
}

const struct command cmd_intent = {
    .name = "intent",
    .summary = "Say what a text asks for, with a confidence, or that it is none of these",
    .arguments = "[options] TEXT",
    .example = "intent \"wake me up at seven\"",
    COMMAND_OPTIONS(intent_options),
    .run = run,
};
