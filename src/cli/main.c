/* The ingle command: finds the command in the table, runs it, and turns its status into a sentence
 * on standard error and an exit code. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "ingle/ingle.h"

static const struct command *const commands[] = {
    &cmd_run, &cmd_tokens, &cmd_logits, &cmd_bench, &cmd_cpu, &cmd_show,
};

const struct command *command_at(size_t i) {
    return i < BASE_COUNT(commands) ? commands[i] : NULL;
}

const struct command *command_find(const char *name) {
    for (size_t i = 0; command_at(i); i++) {
        if (strcmp(command_at(i)->name, name) == 0) return command_at(i);
    }
    return NULL;
}

static ingle_status unknown_command(const char *name, ingle_error *err) {
    const char *names[BASE_COUNT(commands)];
    for (size_t i = 0; i < BASE_COUNT(commands); i++) names[i] = commands[i]->name;
    const char *near = nearest(name, names, BASE_COUNT(commands));
    if (near) {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "'%.60s' is no command; did you mean 'ingle %s'?", name, near);
    }
    return status_set(err, INGLE_BAD_ARGUMENT, 0, "'%.60s' is no command; ingle --help lists them.",
                      name);
}

static bool is_help(const char *arg) {
    return strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0;
}

static ingle_status find(const char *name, const struct command **out, ingle_error *err) {
    *out = command_find(name);
    return *out ? INGLE_OK : unknown_command(name, err);
}

/* Everything that is not a command: argv[1] exists. */
static ingle_status run_global(struct cli *cli, int argc, char **argv, ingle_error *err) {
    const char *word = argv[1];
    const struct command *c = NULL;
    if (is_help(word) || strcmp(word, "help") == 0) {
        if (argc > 2) INGLE_TRY(find(argv[2], &c, err));
        if (c) help_print(&cli->out, c);
        if (!c) help_print_all(&cli->out);
    } else if (strcmp(word, "--version") == 0) {
        out_f(&cli->out, "ingle %s\n", ingle_version());
    } else if (strcmp(word, "--man") == 0) {
        if (argc > 2) INGLE_TRY(find(argv[2], &c, err));
        help_print_man(&cli->out, c);
    } else if (strcmp(word, "--completion") == 0) {
        help_print_bash(&cli->out);
    } else {
        return unknown_command(word, err);
    }
    return INGLE_OK;
}

static ingle_status dispatch(struct cli *cli, int argc, char **argv, ingle_error *err) {
    cli->command = command_find(argv[1]);
    if (!cli->command) return run_global(cli, argc, argv, err);
    if (options_ask_help(cli->command, argc - 2, argv + 2)) {
        help_print(&cli->out, cli->command);
        return INGLE_OK;
    }
    return cli->command->run(cli, argc - 2, argv + 2, err);
}

/* One line on standard error. Parts of it may come from a file: nothing that could drive a
 * terminal passes. */
static void say(const struct cli *cli, const char *message) {
    char line[512];
    int n = snprintf(line, sizeof line, "ingle%s%s: %s", cli->command ? " " : "",
                     cli->command ? cli->command->name : "", message);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof line ? (size_t)n : sizeof line - 1;
    struct out o;
    out_init(&o, STDERR_FILENO, "standard error");
    o.is_terminal = true;
    for (size_t i = 0; i < len; i++) {
        if (line[i] == '\n' || line[i] == '\t') line[i] = ' ';
    }
    out_text(&o, line, len);
    out_str(&o, "\n");
    ingle_error ignored;
    if (out_flush(&o, &ignored) != INGLE_OK) return; /* nobody is left to tell */
}

int main(int argc, char **argv) {
    struct cli cli = {0};
    out_init(&cli.out, STDOUT_FILENO, "standard output");
    interrupt_init();
    if (argc < 2) {
        out_init(&cli.out, STDERR_FILENO, "standard error");
        help_print_all(&cli.out);
        ingle_error ignored;
        ingle_status status = out_flush(&cli.out, &ignored);
        return status == INGLE_OK ? status_exit_code(INGLE_BAD_ARGUMENT) : status_exit_code(status);
    }
    ingle_error err = {0};
    ingle_status status = dispatch(&cli, argc, argv, &err);
    ingle_error flush_err = {0};
    ingle_status flushed = out_flush(&cli.out, &flush_err);
    if (status == INGLE_OK && flushed != INGLE_OK) {
        status = flushed;
        err = flush_err;
    }
    if (status != INGLE_OK && status != INGLE_CANCELLED) say(&cli, err.msg);
    return status_exit_code(status);
}
