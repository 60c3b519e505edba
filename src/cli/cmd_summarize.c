/* ingle summarize. */
#include "cli/command.h"

struct summarize_args {
    bool json;
};

static const struct option summarize_options[] = {
    {"json", '\0', OPTION_FLAG, NULL, "One JSON object",
     .offset = offsetof(struct summarize_args, json)},
};

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct summarize_args args = {0};
    struct words words;
    INGLE_TRY(options_parse(cli->command, argc, argv, &args, &words, err));
    return status_set(err, INGLE_REFUSED, 0, "ingle summarize is not there yet.");
}

const struct command cmd_summarize = {
    .name = "summarize",
    .summary = "Summarise documents of any length",
    .arguments = "[FILE...] [options]",
    .example = "summarize report.pdf --style bullets",
    COMMAND_OPTIONS(summarize_options),
    .run = run,
};
