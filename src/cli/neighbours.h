/* Other files of a project that a completion may take pieces from: those that the file includes or
 * imports, its counterpart (x.h of x.c), and those of the same kind in its folder. Nothing is read
 * outside of the project folder (the nearest parent with .git in it, else the file's own folder),
 * through symbolic links that lead out of it, hidden or ignored. */
#ifndef INGLE_CLI_NEIGHBOURS_H
#define INGLE_CLI_NEIGHBOURS_H

#include <limits.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"
#include "cli/options.h"
#include "ingle/complete.h"

#define NEIGHBOURS_MAX 48                       /* files that are found */
#define NEIGHBOURS_MAX_FILE ((size_t)256 << 10) /* bytes of one */
#define NEIGHBOURS_MAX_ALL ((size_t)4 << 20)    /* of all */

struct neighbours {
    char root[PATH_MAX]; /* of the project */
    const char *project; /* its name */
    char own[PATH_MAX];  /* the file's real path, and its name in the project: */
    const char *name;
    struct arena arena; /* names and texts */
    ingle_complete_file files[NEIGHBOURS_MAX + OPTION_LIST_MAX];
    size_t n, n_found, found_size;
};

/* Finds the project of the file at path, whose text is given: it need not be on disk. */
BASE_NODISCARD ingle_status neighbours_init(struct neighbours *n, const char *path,
                                            ingle_error *err);
void neighbours_clear(struct neighbours *n);

/* A file that was named: it may lie anywhere, and failing to read it is a failure. */
BASE_NODISCARD ingle_status neighbours_add(struct neighbours *n, const char *path,
                                           ingle_error *err);

/* The others. */
BASE_NODISCARD ingle_status neighbours_find(struct neighbours *n, const struct buf *text,
                                            ingle_error *err);

#endif
