/* ingle draft. */
#include "cli/command.h"

struct draft_args {
    bool json;
};

static const struct option draft_options[] = {
    {"json", '\0', OPTION_FLAG, NULL, "One JSON object",
     .offset = offsetof(struct draft_args, json)},
};

static ingle_status run(struct cli *cli, int argc, char **argv, ingle_error *err) {
    struct draft_args args = {0};
    struct words words;
    INGLE_TRY(options_parse(cli->command, argc, argv, &args, &words, err));
    return status_set(err, INGLE_REFUSED, 0, "ingle draft is not there yet.");
}

const struct command cmd_draft = {
    .name = "draft",
    .summary = "Draft an e-mail, a reply, a message or a note from a few words",
    .arguments = "KIND [options]",
    .example = "draft -m model.gguf email --to Ana --about \"the invoice is late\"",
    COMMAND_OPTIONS(draft_options),
    .run = run,
};
