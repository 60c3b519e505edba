/* ingle complete. */
#include "cli/command.h"

struct complete_args {
    bool json;
};

static const struct option complete_options[] = {
    {"json", '\0', OPTION_FLAG, NULL, "One JSON object",
     .offset = offsetof(struct complete_args, json)},
};

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct complete_args args = {0};
    struct words words;
    INGLE_TRY(options_parse(cli->command, argc, argv, &args, &words, err));
    return status_set(err, INGLE_REFUSED, 0, "ingle complete is not there yet.");
}

const struct command cmd_complete = {
    .name = "complete",
    .summary = "Complete code at a place in a file",
    .arguments = "--file FILE --line N --column M [options]",
    .example = "complete -m model.gguf --file main.c --line 12 --column 5",
    COMMAND_OPTIONS(complete_options),
    .run = run,
};
