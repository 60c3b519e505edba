/* A sentence of the program itself on standard error. */
#ifndef INGLE_CLI_SAY_H
#define INGLE_CLI_SAY_H

#include "cli/command.h"

/* "ingle NAME: sentence", one line; c NULL: "ingle: sentence". Parts of it may come from a file:
 * nothing that could drive a terminal passes. */
void say(const struct command *c, const char *sentence);

#endif
