/* Options of a command: rows of a table, and the parser that fills the command's struct from a
 * command line by them: --name VALUE, --name=VALUE, -n VALUE, -nVALUE; -- ends the options. */
#ifndef INGLE_CLI_OPTIONS_H
#define INGLE_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum option_kind {
    OPTION_FLAG,   /* bool; takes no value */
    OPTION_INT,    /* int */
    OPTION_UINT64, /* struct option_uint64 */
    OPTION_FLOAT,  /* float */
    OPTION_TEXT,   /* const char * */
    OPTION_LIST,   /* struct option_list: may be given several times */
    OPTION_CHOICE  /* int: index of the value among the choices "a|b|c" in `value` */
};

#define OPTION_LIST_MAX 64
struct option_list {
    const char *items[OPTION_LIST_MAX]; /* none is empty */
    size_t n;
};

struct option_uint64 {
    uint64_t value;
    bool is_given;
};

struct option {
    const char *name; /* without the dashes */
    int letter;       /* '\0' = no short form */
    enum option_kind kind;
    const char *value; /* name of the value in the help; the choices of OPTION_CHOICE */
    const char *help;  /* one line, default included, no full stop */
    size_t offset;     /* of the field in the command's struct */
    double min, max;   /* of OPTION_INT and OPTION_FLOAT */
    bool above_min;    /* OPTION_FLOAT: min itself is excluded */
    bool is_optional;  /* OPTION_INT: without a number it is 0 */
    bool has_auto;     /* OPTION_INT: the word "auto" means 0 */
    bool is_rare;      /* told in the manual; --help only names it */
};

/* Words of the command line that are no options, in order. */
struct words {
    char **items;
    int n;
};

struct command;

/* Parses argv[0..argc) into *args, which holds the defaults; words are collected (in argv's own
 * storage). BAD_ARGUMENT names the option at fault. */
BASE_NODISCARD ingle_status options_parse(const struct command *c, int argc, char **argv,
                                          void *args, struct words *words, ingle_error *err);

/* The same for a command that takes no words; the hint ("" = none) says what was meant instead. */
BASE_NODISCARD ingle_status options_parse_all(const struct command *c, int argc, char **argv,
                                              void *args, const char *hint, ingle_error *err);

/* True if the command line asks for help (every command understands -h and --help). */
bool options_ask_help(const struct command *c, int argc, char **argv);

/* The one of the names that `word` most likely means; NULL if none is close. */
const char *nearest(const char *word, const char *const *names, size_t n);

#endif
