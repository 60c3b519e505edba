/* The options by which a person says what a text must be: shared by the commands that know
 * constraints. */
#ifndef INGLE_CLI_CONSTRAINT_ARG_H
#define INGLE_CLI_CONSTRAINT_ARG_H

#include "cli/options.h"
#include "worker/wire/message.h"

struct constraint_args {
    const char *schema, *grammar, *regex; /* NULL = not given */
    struct option_list choices;
};

/* Rows for a command whose struct has a field `constraint`. */
#define OPTION_CONSTRAINT_ROW(args, name, kind, value, help, field)                                \
    { name, '\0', kind, value, help, .offset = offsetof(args, constraint.field) }
#define OPTION_CONSTRAINT(args)                                                                    \
    OPTION_CONSTRAINT_ROW(args, "schema", OPTION_TEXT, "FILE",                                     \
                          "The text must be JSON that satisfies this JSON Schema", schema),        \
        OPTION_CONSTRAINT_ROW(args, "grammar", OPTION_TEXT, "FILE",                                \
                              "The text must be one of this grammar (GBNF)", grammar),             \
        OPTION_CONSTRAINT_ROW(args, "regex", OPTION_TEXT, "TEXT",                                  \
                              "The text must match this regular expression as a whole", regex),    \
        OPTION_CONSTRAINT_ROW(args, "choice", OPTION_LIST, "TEXT",                                 \
                              "The text must be this one; several: one of these", choices)

/* BAD_ARGUMENT if more than one kind of them is given. */
BASE_NODISCARD ingle_status constraint_args_check(const struct constraint_args *args,
                                                  ingle_error *err);
bool constraint_args_given(const struct constraint_args *args);

/* The constraint that is asked for, as part of a message to a worker, which borrows from args and
 * *text; the caller clears that. */
BASE_NODISCARD ingle_status constraint_args_message(struct msg_constraint *out, struct buf *text,
                                                    const struct constraint_args *args,
                                                    ingle_error *err);

#endif
