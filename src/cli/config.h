/* The user's settings: ingle/ingle.conf in XDG_CONFIG_HOME or ~/.config, a line each.
 *
 *     # words behind a hash at the beginning of a line count for nothing
 *     model = /data/smollm2.gguf
 *     threads = 4
 *
 * White space around key and value is nothing; the value goes on to the end of its line. Read
 * strictly: an unknown key, a key that is there twice, a value that its key does not take is an
 * error that names the line. A setting is one row of a table (config.c). */
#ifndef INGLE_CLI_CONFIG_H
#define INGLE_CLI_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

#define CONFIG_VALUE_MAX 4096

enum config_key { CONFIG_MODEL, CONFIG_THREADS, CONFIG_CPU, CONFIG_AUDIT, CONFIG_N_KEYS };

enum config_source { CONFIG_DEFAULT, CONFIG_FILE, CONFIG_ENVIRONMENT };

struct config_value {
    char text[CONFIG_VALUE_MAX]; /* as it is to be used; "" = none */
    enum config_source source;
    int line; /* of a FILE: where; else 0 */
};

struct config {
    struct config_value values[CONFIG_N_KEYS];
};

/* All settings. A missing file is all defaults. INVALID for a file that breaks a rule, naming it
 * and the line. */
BASE_NODISCARD ingle_status config_load(struct config *out, ingle_error *err);

/* One, for who needs no other. */
BASE_NODISCARD ingle_status config_get(char out[CONFIG_VALUE_MAX], enum config_key key,
                                       ingle_error *err);

/* What a row says. */
const char *config_name(enum config_key key);
const char *config_help(enum config_key key);
const char *config_variable(enum config_key key); /* of the environment, that goes before the file;
                                                     NULL = none */
bool config_find(enum config_key *out, const char *name);
ingle_status config_unknown(const char *name,
                            ingle_error *err); /* BAD_ARGUMENT, and what is near */

/* The value as it would be stored (an absolute path for a file that is there), or BAD_ARGUMENT. */
BASE_NODISCARD ingle_status config_check(char out[CONFIG_VALUE_MAX], enum config_key key,
                                         const char *value, ingle_error *err);

/* Where the file is, or would be. NOT_FOUND if no folder is known. */
BASE_NODISCARD ingle_status config_path(char out[CONFIG_VALUE_MAX], ingle_error *err);

/* Sets the key (value NULL: takes it out), keeping every other line as it is; the file is replaced
 * as a whole, or not at all. */
BASE_NODISCARD ingle_status config_set(enum config_key key, const char *value, ingle_error *err);

#endif
