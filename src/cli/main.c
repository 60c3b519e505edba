/* The ingle command: finds the command in the table, runs it, and turns its status into a sentence
 * on standard error and an exit code. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/audit_note.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/say.h"
#include "cli/seal_here.h"
#include "ingle/ingle.h"
#include "worker/serve/worker_main.h"

static const struct command *const commands[] = {
    &cmd_run,       &cmd_chat,   &cmd_summarize, &cmd_rewrite, &cmd_draft,  &cmd_complete,
    &cmd_serve,     &cmd_intent, &cmd_notify,    &cmd_redact,  &cmd_vault,  &cmd_learn,
    &cmd_constrain, &cmd_tokens, &cmd_template,  &cmd_logits,  &cmd_bench,  &cmd_cpu,
    &cmd_show,      &cmd_prove,  &cmd_audit,     &cmd_config,  &cmd_doctor,
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
    if (name[0] == '-') {
        return status_set(err, INGLE_BAD_ARGUMENT, 0,
                          "A command comes before '%.60s'; ingle --help lists them.", name);
    }
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

/* The command that argv[2] names; NULL if there is no such word. */
static ingle_status find_named(int argc, char **argv, const struct command **out,
                               ingle_error *err) {
    *out = argc > 2 ? command_find(argv[2]) : NULL;
    return argc > 2 && !*out ? unknown_command(argv[2], err) : INGLE_OK;
}

/* Everything that is not a command: argv[1] exists. */
static ingle_status run_global(struct cli *cli, int argc, char **argv, ingle_error *err) {
    const char *word = argv[1];
    const struct command *c;
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        INGLE_TRY(find_named(argc, argv, &c, err));
        help_print(&cli->out, c);
    } else if (strcmp(word, "--version") == 0) {
        out_f(&cli->out, "ingle %s\n", ingle_version());
    } else if (strcmp(word, "--man") == 0) {
        INGLE_TRY(find_named(argc, argv, &c, err));
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
    if (!cli->command->has_network) INGLE_TRY(seal_front(cli, cli->command->local_sockets, err));
    return cli->command->run(cli, argc - 2, argv + 2, err);
}

/* A standard stream that is closed would be the number of the next file opened, and the text of
 * that stream would go there. What stands in its place fails as a closed one does. */
static void hold_standard_streams(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) != -1) continue;
        if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd) return;
    }
}

/* `ingle` alone is no usage: the help, as an error. */
static int without_command(void) {
    struct out o;
    out_init(&o, STDERR_FILENO, "standard error");
    help_print(&o, NULL);
    ingle_status unheard = out_flush(&o, NULL);
    (void)unheard; /* nobody is left to tell */
    return status_exit_code(INGLE_BAD_ARGUMENT);
}

int main(int argc, char **argv) {
    if (worker_is_role(argc, argv)) return worker_main();
    hold_standard_streams();
    interrupt_init();
    if (argc < 2) return without_command();
    struct cli cli = {0};
    out_init(&cli.out, STDOUT_FILENO, "standard output");
    ingle_error err = {0};
    ingle_status status = dispatch(&cli, argc, argv, &err);
    ingle_status flushed = out_flush(&cli.out, status == INGLE_OK ? &err : NULL);
    if (status == INGLE_OK) status = flushed;
    if (!cli.is_sealed) audit_note_end();
    if (status != INGLE_OK && status != INGLE_CANCELLED) say(cli.command, err.msg);
    int code = status_exit_code(status);
    if (cli.is_sealed) _exit(code); /* what exit() runs may be more than the seal allows */
    return code;
}
