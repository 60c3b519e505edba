/* ingle redact. */
#include "cli/command.h"

struct redact_args {
    bool json;
};

static const struct option redact_options[] = {
    {"json", '\0', OPTION_FLAG, NULL, "One JSON object",
     .offset = offsetof(struct redact_args, json)},
};

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct redact_args args = {0};
    struct words words;
    INGLE_TRY(options_parse(cli->command, argc, argv, &args, &words, err));
    return status_set(err, INGLE_REFUSED, 0, "ingle redact is not there yet.");
}

const struct command cmd_redact = {
    .name = "redact",
    .summary = "Take personal data out of a text and put placeholders in",
    .arguments = "[FILE] [--restore MAP] [options]",
    .example = "redact letter.txt --map letter.map",
    COMMAND_OPTIONS(redact_options),
    .run = run,
};
