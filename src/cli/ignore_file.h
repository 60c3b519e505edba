/* What .gitignore files say of a path: names, wildcards (* ? [a-z] and **), a / that ties a pattern
 * to its folder, one behind it that means folders only, and ! that takes back. */
#ifndef INGLE_CLI_IGNORE_FILE_H
#define INGLE_CLI_IGNORE_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the file at root/path, or a folder that it lies in, is ignored by the .gitignore files of
 * these folders, or hidden. What cannot be read says nothing. */
bool ignore_file_says(const char *root, const char *path);

/* One pattern, without ! and the / behind it, against a path relative to the pattern's folder. */
bool ignore_pattern_matches(const char *pattern, size_t len, const char *path);

#endif
