/* The text of the file of settings (config.h): its lines, and one of them replaced. Knows no key.
 */
#ifndef INGLE_CLI_CONFIG_FILE_H
#define INGLE_CLI_CONFIG_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

#define CONFIG_FILE_MAX ((size_t)64 << 10)

struct config_text {
    char *data; /* owned; NULL = there is no file */
    size_t size;
};

struct config_line {
    int number;              /* from 1 */
    size_t from, to;         /* in the text, with its newline */
    bool is_blank;           /* nothing, or a comment */
    bool is_setting;         /* has the form key = value */
    const char *key, *value; /* borrowed, without white space around them */
    size_t n_key, n_value;
};

/* No file is an empty text. INVALID for what is no regular file or no text, LIMIT for more than
 * CONFIG_FILE_MAX. */
BASE_NODISCARD ingle_status config_read(struct config_text *out, const char *path,
                                        ingle_error *err);
void config_text_clear(struct config_text *text);

/* The line that begins at *at, which moves on; l->number counts on from what it was. */
BASE_NODISCARD bool config_next_line(struct config_line *l, const struct config_text *text,
                                     size_t *at);

/* Replaces the line of this key, or adds one at the end; value NULL: leaves it out. All other bytes
 * stay. One process at a time. */
BASE_NODISCARD ingle_status config_rewrite(const char *path, const char *key, const char *value,
                                           ingle_error *err);

#endif
