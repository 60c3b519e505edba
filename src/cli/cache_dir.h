/* The user's folder for what can be made again at any time. */
#ifndef INGLE_CLI_CACHE_DIR_H
#define INGLE_CLI_CACHE_DIR_H

#include <stdbool.h>

#define CACHE_DIR_CAP 4096

/* "ingle" and what is below it (such as "" or "/packed") in XDG_CACHE_HOME or ~/.cache. False if
 * neither is known, as an absolute path, or the name is too long. */
bool cache_dir(char out[CACHE_DIR_CAP], const char *below);

#endif
