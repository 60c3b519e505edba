/* A command is one row of a table: its name, its options and what runs it. The same row makes the
 * parser (options.c), --help and the shell completion (help.c) and the man page (man.c), so that
 * they cannot disagree. One file a command; main.c dispatches. */
#ifndef INGLE_CLI_COMMAND_H
#define INGLE_CLI_COMMAND_H

#include "cli/options.h"
#include "cli/out.h"

struct cli {
    struct out out; /* standard output */
    const struct command *command;
    bool is_sealed;     /* seal_here(): nothing can be opened, and the audit log has ended */
    bool keeps_network; /* seal_front(): nothing here can take it away; that was said */
};

struct command {
    const char *name;
    const char *summary;   /* one line, no full stop */
    const char *arguments; /* after "ingle NAME" in the synopsis */
    const char *example;   /* after "$ ingle " */
    const char *details;   /* sentences for help and man page; NULL = none */
    const struct option *options;
    size_t n_options;
    bool local_sockets; /* it speaks to other programs of this machine */
    bool has_network;   /* it reads nobody's words, and tries what the others may not */
    ingle_status (*run)(struct cli *cli, int argc, char **argv, ingle_error *err);
};

#define COMMAND_OPTIONS(rows) .options = (rows), .n_options = BASE_COUNT(rows)

extern const struct command cmd_run, cmd_chat, cmd_summarize, cmd_rewrite, cmd_draft, cmd_complete,
    cmd_intent, cmd_notify, cmd_redact, cmd_vault, cmd_learn, cmd_constrain, cmd_tokens,
    cmd_template, cmd_logits, cmd_bench, cmd_cpu, cmd_show, cmd_prove, cmd_audit, cmd_config,
    cmd_doctor, cmd_serve;

/* All commands in the order of the help; NULL past the last. */
const struct command *command_at(size_t i);
const struct command *command_find(const char *name);

/* help.c, man.c: what a command is and takes; c NULL: of ingle itself. */
void help_print(struct out *o, const struct command *c);
void help_print_man(struct out *o, const struct command *c);
void help_print_bash(struct out *o);

#endif
