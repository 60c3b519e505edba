/* ingle rewrite. */
#include "cli/command.h"

struct rewrite_args {
    bool json;
};

static const struct option rewrite_options[] = {
    {"json", '\0', OPTION_FLAG, NULL, "One JSON object",
     .offset = offsetof(struct rewrite_args, json)},
};

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct rewrite_args args = {0};
    struct words words;
    INGLE_TRY(options_parse(cli->command, argc, argv, &args, &words, err));
    return status_set(err, INGLE_REFUSED, 0, "ingle rewrite is not there yet.");
}

const struct command cmd_rewrite = {
    .name = "rewrite",
    .summary = "Refine a text: proofread it, make it shorter, plainer or more formal",
    .arguments = "--as MANNER [FILE] [options]",
    .example = "rewrite -m model.gguf --as concise letter.md",
    COMMAND_OPTIONS(rewrite_options),
    .run = run,
};
