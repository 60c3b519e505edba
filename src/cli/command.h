/* A command is one row of a table: its name, its options and what runs it. The same row makes the
 * parser (options.c), --help, the man page and the shell completion (help.c), so that they cannot
 * disagree. One file a command; main.c dispatches. */
#ifndef INGLE_CLI_COMMAND_H
#define INGLE_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "cli/out.h"

enum option_kind {
    OPTION_FLAG,   /* bool; takes no value */
    OPTION_INT,    /* int */
    OPTION_UINT64, /* uint64_t, and the bool after it becomes true */
    OPTION_FLOAT,  /* float */
    OPTION_TEXT,   /* const char * */
    OPTION_LIST,   /* struct option_list: may be given several times */
    OPTION_CHOICE  /* int: index of the value among the choices "a|b|c" in `value` */
};

#define OPTION_LIST_MAX 64
struct option_list {
    const char *items[OPTION_LIST_MAX];
    size_t n;
};

struct option_uint64 {
    uint64_t value;
    bool is_given;
};

struct option {
    const char *name; /* without the dashes */
    char letter;      /* '\0' = no short form */
    enum option_kind kind;
    const char *value; /* name of the value in the help; the choices of OPTION_CHOICE */
    const char *help;  /* one line, default included, no full stop */
    size_t offset;     /* of the field in the command's struct */
    double min, max;   /* of OPTION_INT and OPTION_FLOAT */
    bool has_auto;     /* OPTION_INT: the word "auto" means 0 */
};

struct cli {
    struct out out; /* standard output */
    const struct command *command;
};

/* Words of the command line that are no options, in order. */
struct words {
    char **items;
    int n;
};

struct command {
    const char *name;
    const char *summary;   /* one line, no full stop */
    const char *arguments; /* after "ingle NAME" in the synopsis */
    const char *example;   /* after "$ ingle " */
    const char *details;   /* sentences for help and man page; NULL = none */
    const struct option *options;
    size_t n_options;
    ingle_status (*run)(struct cli *cli, int argc, char **argv, ingle_error *err);
};

extern const struct command cmd_run, cmd_tokens, cmd_logits, cmd_bench, cmd_cpu, cmd_show;

/* All commands in the order of the help; NULL past the last. */
const struct command *command_at(size_t i);
const struct command *command_find(const char *name);

/* Parses argv[0..argc) into *args, which holds the defaults; words are collected (in argv's own
 * storage). BAD_ARGUMENT names the option at fault. */
BASE_NODISCARD ingle_status options_parse(const struct command *c, int argc, char **argv,
                                          void *args, struct words *words, ingle_error *err);

/* True if the command line asks for help (every command understands -h and --help). */
bool options_ask_help(const struct command *c, int argc, char **argv);

/* The one of the names that `word` most likely means; NULL if none is close. */
const char *nearest(const char *word, const char *const *names, size_t n);

/* help.c: to standard output, or where told. */
void help_print_all(struct out *o);
void help_print(struct out *o, const struct command *c);
void help_print_man(struct out *o, const struct command *c); /* c NULL: of ingle itself */
void help_print_bash(struct out *o);

#define COMMAND_OPTIONS(rows) .options = (rows), .n_options = BASE_COUNT(rows)

#endif
