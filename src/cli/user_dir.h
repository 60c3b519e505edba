/* The user's folders, as the XDG base directory specification places them. */
#ifndef INGLE_CLI_USER_DIR_H
#define INGLE_CLI_USER_DIR_H

#include <stdbool.h>

#define USER_DIR_CAP 4096

/* "ingle" and what is below it (such as "" or "/packed") in XDG_CACHE_HOME or ~/.cache: what can be
 * made again at any time. False if neither is known, as an absolute path, or the name is too long.
 */
bool user_cache_dir(char out[USER_DIR_CAP], const char *below);

/* The same in XDG_CONFIG_HOME or ~/.config: what the user has set. */
bool user_config_dir(char out[USER_DIR_CAP], const char *below);

/* The same in XDG_STATE_HOME or ~/.local/state: what stays until somebody deletes it. */
bool user_state_dir(char out[USER_DIR_CAP], const char *below);

#endif
