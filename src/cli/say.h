/* A sentence of the program itself on standard error. */
#ifndef INGLE_CLI_SAY_H
#define INGLE_CLI_SAY_H

#include "cli/command.h"

/* "ingle NAME: sentence", one line; c NULL: "ingle: sentence". Parts of it may come from a file:
 * nothing that could drive a terminal passes. */
void say(const struct command *c, const char *sentence);

/* What every command says of an answer that ended in INGLE_STOP_LOOP. */
void say_it_was_a_loop(const struct command *c);

#endif
